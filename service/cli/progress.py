"""Progress of a sync: a moving line on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from service.cli.output import errors

if TYPE_CHECKING:
    from service.activity.collect import Progress as Step


@contextmanager
def shown_progress(source: str, *, quiet: bool = False) -> Iterator["Callable[[Step], None] | None"]:
    """A callback for `collect` that shows stream and counts on standard error; None when nothing shall be shown."""
    if quiet or not errors.is_terminal:
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task(f"{source}: connecting …", total=None)

        def update(step: "Step") -> None:
            progress.update(
                task,
                description=f"{source}: {step.stream} ({step.number} of {step.total}), "
                f"{step.stored} stored, {step.repeated} repeated",
            )

        yield update
