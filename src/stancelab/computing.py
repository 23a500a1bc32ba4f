"""Which process computes which cell, and how do those that help end?"""

import gc
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from stancelab.cells import Cell, compute_cell, rows_of
from stancelab.dataset import Dataset
from stancelab.models import LIGHT
from stancelab.processes import deaths_told, usable_cores, work_for

MOST_AT_ONCE = 5
"""Cells that a forked process is handed at once: of one recipe, as far as they go, so that it has their n-grams at hand."""


@dataclass(frozen=True, eq=False)
class Task:
    """A cell that is to be computed, the rows that its fold numbers, and its fingerprint."""

    cell: Cell
    dataset: Dataset
    stamp: str

    def compute(self, folder: Path) -> str:
        """Compute the cell in this process; returns its recipe's name."""
        return compute_cell(self.cell, rows_of(self.cell, self.dataset), folder, self.stamp)


MapTasks = Callable[[Sequence[Task], Path], Iterator[str]]
"""Computes cells, the first ones first, and writes each below the folder; gives the name of its recipe as each is done."""


def here(jobs: int | None = None) -> MapTasks:
    """Cells in processes of this machine, as many as it has cores if None.

    A cell of a light kind takes milliseconds. So its processes are forked, where that is safe: they start at once, before this
    returns, and have all rows. Others get processes that start afresh, and their rows with each cell.
    """
    processes = jobs or usable_cores()

    def computed(tasks: Sequence[Task], folder: Path) -> Iterator[str]:
        if processes == 1 or len(tasks) == 1:
            return (task.compute(folder) for task in tasks)
        light = [task for task in tasks if task.cell.recipe.kind in LIGHT and can_fork()]
        heavy = [task for task in tasks if not (task.cell.recipe.kind in LIGHT and can_fork())]
        forked = _forked(light, folder.resolve(), processes) if light else ()
        return chain(forked, _afresh(heavy, folder.resolve(), processes) if heavy else ())

    return computed


def can_fork() -> bool:
    """Whether this process may be copied: elsewhere the system's own libraries do not survive it."""
    return sys.platform == "linux" and not multiprocessing.current_process().daemon


def _forked(tasks: Sequence[Task], folder: Path, jobs: int) -> Iterator[str]:
    size = max(1, min(MOST_AT_ONCE, len(tasks) // (4 * jobs)))
    starts = range(0, len(tasks), size)
    fork = multiprocessing.get_context("fork")
    processes = ProcessPoolExecutor(min(jobs, len(starts)), fork, _begin, (os.getpid(), tasks, folder))
    with warnings.catch_warnings():
        # From Python 3.12 on every fork beside another thread warns; a light cell takes no lock that such a thread may hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        handed_out = [processes.submit(_compute_some, start, start + size) for start in starts]
    return _as_done(processes, handed_out, folder)


def _as_done(processes: ProcessPoolExecutor, handed_out: Sequence[Future[list[str]]], folder: Path) -> Iterator[str]:
    try:
        with deaths_told(folder):
            for done in as_completed(handed_out):
                yield from done.result()
    finally:
        processes.shutdown(cancel_futures=True)


_tasks: Sequence[Task] = ()
_folder = Path()
"""What a forked process is there for; it has them without anything being sent."""


def _begin(parent: int, tasks: Sequence[Task], folder: Path) -> None:
    global _tasks, _folder
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.freeze()
    work_for(parent)
    _tasks, _folder = tasks, folder


def _compute_some(start: int, stop: int) -> list[str]:
    return [task.compute(_folder) for task in _tasks[start:stop]]


def _afresh(tasks: Sequence[Task], folder: Path, jobs: int) -> Iterator[str]:
    from joblib import Parallel, delayed

    sent = (Task(task.cell, rows_of(task.cell, task.dataset), task.stamp) for task in tasks)
    work = (delayed(_compute_for)(os.getpid(), task, folder) for task in sent)
    with deaths_told(folder):
        yield from Parallel(n_jobs=min(jobs, len(tasks)), return_as="generator_unordered")(work)


def _compute_for(parent: int, task: Task, folder: Path) -> str:
    work_for(parent)
    return compute_cell(task.cell, task.dataset, folder, task.stamp)
