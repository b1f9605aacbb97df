"""Entries of the audit log that are committed together: one write to the disk for all requests that wait for one."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from threading import Lock

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from service.database import transaction
from service.security import audit
from service.security.separation import beside


class GroupCommit:
    """Notes wait for the commit that is going on, and share the next one, in the order in which they came.

    A commit to SQLite ends when the disk has the bytes, which takes longer than all else about a request. `turn` is held meanwhile,
    and whoever else writes in short asks for it by `in_turn`.
    """

    def __init__(self, engine: Engine) -> None:
        self.turn = Lock()
        self._engine = engine
        self.waiting: deque[tuple[audit.Note, Future[None]]] = deque()
        self._writer = ThreadPoolExecutor(1, "audit")

    def in_turn(self) -> AbstractContextManager[object]:
        """The turn, for a short write beside the group's: SQLite has one writer, and waiting in turn takes less time than trying again and
        again. PostgreSQL has many, who wait for the rows they share and for nothing else."""
        return self.turn if self._engine.dialect.name == "sqlite" else nullcontext()

    def note(self, note: audit.Note) -> None:
        """Returns once the entry is committed. Raises what kept it from being so; then it is in no log."""
        kept: Future[None] = Future()
        self.waiting.append((note, kept))
        # Beside the request: the group is not only of its organisation.
        self._writer.submit(beside, self._next)
        kept.result()

    def _next(self) -> None:
        """Commits all that wait. Nothing is left to do for those who were taken along."""
        with self.turn:
            group = []
            while self.waiting:
                group.append(self.waiting.popleft())
            if group:
                self._commit(group)

    def _commit(self, group: Sequence[tuple[audit.Note, Future[None]]]) -> None:
        try:
            with transaction(self._engine) as session:
                audit.append_all(session, (note for note, _ in group))
        except (OperationalError, InterfaceError) as error:  # the database: it would be so for each of them
            for _, kept in group:
                kept.set_exception(copy(error))
        except BaseException as error:
            if len(group) == 1:
                group[0][1].set_exception(error)
                return
            for one in group:  # what is wrong with one keeps no other from being written
                self._commit([one])
        else:
            for _, kept in group:
                kept.set_result(None)
