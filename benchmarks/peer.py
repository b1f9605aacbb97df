"""Collects with perceval and reports what it took. Runs in perceval's own environment, so it imports nothing of the product.

Arguments: address, token, and after how many items to stop. The time is counted from the first item on: perceval lists
all contents before it, which is left out in its favour, as the items it goes through are only a part of all.
"""

import json
import sys
import time

from perceval.backends.core.confluence import Confluence

from benchmarks.memory import peak_mb


def main(url: str, token: str, most: int) -> None:
    items = 0
    started = time.perf_counter()
    for _ in Confluence(url, api_token=token).fetch():
        if items == 0:
            started = time.perf_counter()
        items += 1
        if items > most:
            break
    seconds = time.perf_counter() - started
    print(json.dumps({"items": items - 1, "seconds": seconds, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
