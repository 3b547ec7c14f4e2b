"""The progress bar of all commands, on standard error and only if that is a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from sweepbox.scripts.console import plain_console


class OnProgress(Protocol):
    """Takes how many items are done and, where it is known, how many there are."""

    def __call__(self, done: int, total: int | None = None, /) -> None:
        """Move the bar."""


def progress_columns(*details: ProgressColumn) -> tuple[ProgressColumn, ...]:
    """Return the columns of every progress bar: description, bar, count, `details`, time remaining."""
    return (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        *details,
        TimeRemainingColumn(),
    )


@contextmanager
def progress_bar(
    description: str, *, total: int | None = None, is_hidden: bool = False
) -> Iterator[OnProgress]:
    """Show a progress bar during the block and yield the function that moves it.

    Args:
        description: What is being done, in front of the bar.
        total: The number of items, None if it is unknown or comes with the first report.
        is_hidden: Show nothing; so it is anyway where standard error is no terminal.
    """
    console = plain_console(stderr=True)
    disable = is_hidden or not console.is_terminal
    with Progress(*progress_columns(), console=console, transient=True, disable=disable) as progress:
        task = progress.add_task(description, total=total)

        def on_progress(done: int, total: int | None = None, /) -> None:
            progress.update(task, completed=done, total=total)  # a total of None leaves the one that is set

        yield on_progress
