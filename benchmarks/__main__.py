"""Runs one benchmark or all, prints their tables and writes the figures as JSON."""

import argparse
import json
import platform
from pathlib import Path

from benchmarks import collection

BENCHMARKS = (
    "collection",
    "log",
    "microsoft",
    "engines",
    "measuring",
    "attack",
    "fuzz",
    "utility",
    "effects",
    "pages",
    "jobs",
)

APART = ("pages", "fuzz")
"""Run by name only: the one needs a service, the other takes hours."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=BENCHMARKS, help="one benchmark only")
    parser.add_argument("--quick", action="store_true", help="small amounts, some two minutes instead of ten")
    parser.add_argument(
        "--output", type=Path, default=Path("build/benchmarks/figures.json"), help="JSON file"
    )
    parser.add_argument("--histories", type=int, help="how many random histories to attack")
    parser.add_argument("--address", default="http://127.0.0.1:8080", help="of a running demo, for the pages")
    parser.add_argument("--examples", type=int, help="how many examples of each operation to ask the API")
    chosen = parser.parse_args()
    names = [chosen.name] if chosen.name else [one for one in BENCHMARKS if one not in APART]
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
    search(names, chosen)
    if "utility" in names:
        from benchmarks import utility

        utility.main(quick=chosen.quick)
    if "effects" in names:
        from benchmarks import effects

        effects.main(50 if chosen.quick else 300)
    if "pages" in names:
        from benchmarks import pages

        pages.main(chosen.address, views=2 if chosen.quick else 5)
    if "jobs" in names:
        from benchmarks import jobs

        if not jobs.main(300 if chosen.quick else 1_500):
            raise SystemExit("an effect is missing or doubled, or a job was taken over too late, see above")


def search(names: list[str], chosen: argparse.Namespace) -> None:
    """What looks for faults instead of measuring. Ends with an error if there are any."""
    if "attack" in names:
        from benchmarks import attack

        if attack.main(chosen.histories or (50 if chosen.quick else 1000)):
            raise SystemExit("the attacker knows more than allowed, see above")
    if "fuzz" in names:
        from benchmarks import fuzz

        if fuzz.main(chosen.examples or (20 if chosen.quick else 500)):
            raise SystemExit("the API does not keep to its description, see above")


if __name__ == "__main__":
    main()
