"""What does someone see who waits for more than a moment?"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOMENT = 2.0
"""Seconds after which a bar appears."""

_shown = True


def show_no_bars() -> None:
    """Leave the bars to another process: this one computes for it."""
    global _shown
    _shown = False


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Something to call with the number of things done; on a terminal it moves a bar on stderr, which goes at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    line = Progress(*columns, console=Console(stderr=True), transient=True, disable=not (_shown and sys.stderr.isatty()))
    task, started = line.add_task(what, total=total), time.monotonic()

    def advance(done: int) -> None:
        line.update(task, advance=done)
        if time.monotonic() - started > MOMENT:
            line.start()

    try:
        yield advance
    finally:
        line.stop()
