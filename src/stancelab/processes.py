"""How many processes can compute here, and how does one behave that computes for another?"""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from stancelab.errors import InputError
from stancelab.progress import show_no_bars

_most: int | None = None


def keep_to(cores: int) -> None:
    """Let this process use so many cores: others have the rest of the machine."""
    global _most
    _most = cores


def usable_cores() -> int:
    """The number of cores this process may use."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return min(there, _most or there)


@contextmanager
def deaths_told(folder: Path) -> Iterator[None]:
    """InputError where a process that computes for this one is killed. folder: where lies what is done."""
    try:
        yield
    except BrokenProcessPool:
        raise InputError(
            f"{folder}: a process that computed was ended from outside, perhaps for want of memory; what is done is kept, "
            "the same command goes on from there, and takes less memory with --jobs 1"
        ) from None


def work_for(parent: int) -> None:
    """In a process that computes for another: leave the bars to that one, and end when it has ended."""
    if os.getpid() != parent:
        show_no_bars()
        _end_with(parent)


@cache
def _end_with(parent: int) -> None:
    """Let this process end when the one that started it has ended, so that none outlives a run that was killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
