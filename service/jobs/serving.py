"""Serving in a role: pages and API, jobs, or both in one process; and ending in good order when told to."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from sqlalchemy import Engine

from service.jobs.leases import Leases
from service.jobs.process import Processes
from service.jobs.worker import Worker, only_worker
from service.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

DRAIN = 10
"""Seconds that requests have for coming to their end."""


class Server(uvicorn.Server):
    """Says at once that it ends, so that streams end by themselves and no further job is begun."""

    def __init__(self, config: uvicorn.Config, stopping: Event) -> None:
        super().__init__(config)
        self.stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.stopping.set()
        super().handle_exit(sig, frame)


def serve_pages(app: "FastAPI", settings: Settings, stopping: Event) -> None:
    """Until a signal; requests that were accepted are answered."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN,
    )
    with ended_by_signal(stopping):
        Server(config, stopping).run()


@contextmanager
def ended_by_signal(stopping: Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stopping`, and the process ends with exit code 0."""

    def stop(*_: object) -> None:
        stopping.set()

    before = {one: signal.signal(one, stop) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def working(settings: Settings, engine: Engine, stopping: Event) -> Iterator[Worker]:
    """Jobs are done meanwhile; at the end they are told to stop, and given back. Raises `Conflict` for a second process on SQLite."""
    leases = Leases(engine, settings.lease)
    worker = Worker(leases, Processes(settings, leases), settings.worker_jobs, stopping=stopping)
    with only_worker(leases):
        worker.start()
        try:
            yield worker
        finally:
            stopping.set()
            worker.join()


def serve_jobs(settings: Settings, engine: Engine) -> None:
    """Until a signal."""
    stopping = Event()
    with ended_by_signal(stopping), working(settings, engine, stopping):
        stopping.wait()
