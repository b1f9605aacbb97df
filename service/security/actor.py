"""Who does what is done without an account: the console, or the jobs. The audit log names them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

CONSOLE = "console"
"""Whoever has a shell on the server; the console knows no accounts."""
_acting: ContextVar[str] = ContextVar("acting", default=CONSOLE)


@contextmanager
def acting(account: str) -> Iterator[None]:
    """What is done meanwhile without an account is noted as done by this one, instead of by the console."""
    token = _acting.set(account)
    try:
        yield
    finally:
        _acting.reset(token)


def actor() -> str:
    """Who that is now."""
    return _acting.get()
