"""Runs one benchmark or all, prints their tables and writes the figures as JSON."""

import argparse
import json
import platform
from pathlib import Path

from benchmarks import collection

BENCHMARKS = ("collection", "log", "microsoft", "engines", "measuring", "attack", "effects")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=BENCHMARKS, help="one benchmark only")
    parser.add_argument("--quick", action="store_true", help="small amounts, some two minutes instead of ten")
    parser.add_argument(
        "--output", type=Path, default=Path("build/benchmarks/figures.json"), help="JSON file"
    )
    parser.add_argument("--histories", type=int, help="how many random histories to attack")
    chosen = parser.parse_args()
    names = [chosen.name] if chosen.name else list(BENCHMARKS)
    if "collection" in names:
        figures = {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "quick": chosen.quick,
            "collection": collection.run(quick=chosen.quick),
        }
        chosen.output.parent.mkdir(parents=True, exist_ok=True)
        chosen.output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        print(f"\nFigures: {chosen.output}")
    if "microsoft" in names:
        from benchmarks import microsoft

        microsoft.run(quick=chosen.quick)
    if "log" in names:
        from benchmarks import log

        log.main(10_000 if chosen.quick else 100_000)
    if "engines" in names:
        from benchmarks import engines

        engines.main(100_000 if chosen.quick else 1_000_000)
    if "measuring" in names:
        from benchmarks import measuring

        measuring.main(100_000 if chosen.quick else 1_000_000)
    if "attack" in names:
        from benchmarks import attack

        if attack.main(chosen.histories or (50 if chosen.quick else 1000)):
            raise SystemExit("the attacker knows more than allowed, see above")
    if "effects" in names:
        from benchmarks import effects

        effects.main(50 if chosen.quick else 300)


if __name__ == "__main__":
    main()
