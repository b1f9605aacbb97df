"""A fake Data Center in a process of its own, so that its work and memory are not counted as the collector's."""

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self, cast

from service.demo.confluence_data_center import DataCenter
from service.demo.faults import Faults
from service.demo.uniform import uniform


class Fake:
    """Started with `contents` contents; `latency` seconds pass before every answer."""

    def __init__(self, contents: int, latency: float = 0.0) -> None:
        command = [sys.executable, "-m", "benchmarks.fake", str(contents), str(latency)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self._read()
        self.url: str = ready["url"]
        self.token: str = ready["token"]

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def requests(self) -> int:
        """How many requests came since this was asked last."""
        if self._process.stdin is None:
            raise RuntimeError("the fake has no input")
        print("requests", file=self._process.stdin, flush=True)
        return cast(int, self._read()["requests"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate("")

    def _read(self) -> dict[str, Any]:
        if self._process.stdout is None:
            raise RuntimeError("the fake has no output")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the fake server ended")
        return cast(dict[str, Any], json.loads(line))


def serve(contents: int, latency: float) -> None:
    store = uniform(contents)
    with DataCenter(store, faults=Faults(latency=latency)) as server:
        print(json.dumps({"url": server.url, "token": server.token}), flush=True)
        for _ in sys.stdin:
            count = len(server.requests)
            server.requests.clear()
            print(json.dumps({"requests": count}), flush=True)


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]))
