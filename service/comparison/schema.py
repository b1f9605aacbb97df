"""The JSON Schema of a benchmark file: `python -m service.comparison.schema > docs/benchmark.schema.json`."""

import json
import sys
from typing import Any

from service.comparison.signed import SignedBenchmark


def schema() -> dict[str, Any]:
    """In the dialect 2020-12."""
    made = SignedBenchmark.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "Resonanz benchmark file",
    }


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, indent=1, ensure_ascii=False, sort_keys=True)
    sys.stdout.write("\n")
