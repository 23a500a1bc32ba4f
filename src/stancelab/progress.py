"""What does someone see who waits for more than a moment?"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOMENT = 2.0
"""Seconds after which a bar appears."""

WHILE = 30.0
"""Seconds between two lines, where there is no terminal."""

_shown = True
_open = 0


def show_no_bars() -> None:
    """Leave the bars to another process: this one computes for it."""
    global _shown
    _shown = False


@contextmanager
def bar(what: str, total: int | None, *, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Something to call with the number of things done; on a terminal it moves a bar on stderr, which goes at the end.

    total: None where nobody knows. done: what was done before. Without a terminal the outermost bar writes a line now and then.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    global _open
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    watched = sys.stderr.isatty()
    line = Progress(*columns, *times, console=Console(stderr=True), transient=True, disable=not (_shown and watched))
    task, started = line.add_task(what, total=total, completed=done, rate=""), time.monotonic()
    reached, told = done, started

    def advance(more: int) -> None:
        nonlocal reached, told
        now, reached = time.monotonic(), reached + more
        rate = (reached - done) / max(now - started, 1e-9)
        line.update(task, advance=more, rate=f"{rate:,.{0 if rate >= 10 else 1}f}/s")
        if now - started > MOMENT:
            line.start()
        if now - told > WHILE and _shown and not watched and _open == 1:
            told = now
            print(_line(what, reached, total, rate), file=sys.stderr, flush=True)  # noqa: T201

    _open += 1
    try:
        yield advance
    finally:
        _open -= 1
        line.stop()


def _line(what: str, reached: int, total: int | None, rate: float) -> str:
    """A bar in words.

    >>> _line("predicting", 5000, 20000, 100.0)
    'predicting: 5,000 of 20,000, 100/s, 150 s left'
    """
    if total is None:
        return f"{what}: {reached:,}, {rate:,.0f}/s"
    return f"{what}: {reached:,} of {total:,}, {rate:,.0f}/s, {(total - reached) / max(rate, 1e-9):,.0f} s left"
