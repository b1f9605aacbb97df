"""Counts with vivainsights and reports what it took. Runs in an environment of its own, so it imports nothing of the product.

Argument: a CSV of one row per person and week (PersonId, MetricDate, Unit, Active). Reading it is not counted.
"""

import json
import sys
import time

import pandas as pd
from vivainsights.create_line import create_line_calc


def main(file: str, least: int) -> None:
    data = pd.read_csv(file)
    started = time.perf_counter()
    found = create_line_calc(data, "Active", "Unit", mingroup=least)
    seconds = time.perf_counter() - started
    rows = [[row.MetricDate, row.Unit, row.metric, row.n] for row in found.itertuples()]
    print(json.dumps({"seconds": seconds, "rows": rows}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
