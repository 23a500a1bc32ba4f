"""How much faster is one side than another, measured in turns so that a noisy machine is noisy for both?"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import psutil

Seconds = list[float]


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured against what, how many times faster it must be, and was in each round."""

    what: str
    against: str
    bar: float | None
    ratios: tuple[float, ...]
    ours: float
    theirs: float
    remark: str = ""

    @property
    def ratio(self) -> float:
        """The median over rounds."""
        return median(self.ratios)

    def __str__(self) -> str:
        verdict = "" if self.bar is None else "yes" if self.ratio >= self.bar else "**no**"
        bar = "" if self.bar is None else f"{self.bar:.3g}"
        times = f"**{self.ratio:.2f}** ({min(self.ratios):.2f} to {max(self.ratios):.2f})"
        seconds = f"{self.ours:.3g} / {self.theirs:.3g}"
        return f"| {self.what} | {self.against} | {bar} | {times} | {seconds} | {verdict} | {self.remark} |"


HEADER = """| what | against | bar | times faster: median (rounds) | seconds, ours / theirs | holds | remark |
|---|---|---|---|---|---|---|"""


def in_turns(sides: Mapping[str, Callable[[], object]], rounds: int, *, warm: bool = False) -> dict[str, Seconds]:
    """Seconds of the clock of every side in every round. A round before the first, which does not count, warms all sides up,
    unless they are warm already.
    """
    taken: dict[str, Seconds] = {name: [] for name in sides}
    for number in range(1 if warm else 0, rounds + 1):
        for name, work in sides.items():
            start = perf_counter()
            work()
            if number:
                taken[name].append(perf_counter() - start)
            print(f"  round {number} of {rounds}: {name} {perf_counter() - start:.2f} s", file=sys.stderr, flush=True)
    return taken


def compared(what: str, against: str, bar: float | None, ours: Seconds, theirs: Seconds, remark: str = "") -> Row:
    """The line of two sides' seconds, round by round."""
    ratios = tuple(their / our for our, their in zip(ours, theirs, strict=True))
    return Row(what, against, bar, ratios, median(ours), median(theirs), remark)


@dataclass(frozen=True)
class Process:
    """What a command took: seconds of the clock, and the most memory (MB) that it and its children held at once."""

    seconds: float
    memory: float


def run(command: Sequence[str | Path], **environment: str) -> Process:
    """Run a command to its end; its output is shown only if it fails. Memory: private pages, and a share of the shared ones."""
    start = perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    most = [0.0]
    watching = threading.Thread(target=_watch, args=(process.pid, most), daemon=True)
    watching.start()
    output, _ = process.communicate()
    seconds = perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {process.returncode}\n{output}")
    watching.join()
    return Process(seconds, most[0])


def _watch(pid: int, most: list[float]) -> None:
    while psutil.pid_exists(pid):
        try:
            parent = psutil.Process(pid)
            held = sum(_pss(each) for each in [parent, *parent.children(recursive=True)])
        except psutil.Error:
            return
        most[0] = max(most[0], held / 1e6)
        sleep(0.2)


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
