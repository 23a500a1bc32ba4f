"""How does a file of any length become a file of predictions?"""

import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from os import getpid
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from stancelab.compiled.choosing import choose
from stancelab.errors import InputError, suggestion
from stancelab.models.inputs import Columns, count_rows
from stancelab.predictors import Predictor, predictor
from stancelab.processes import deaths_told, usable_cores, work_for
from stancelab.progress import bar
from stancelab.scale.parts import ROWS_A_PART, Manifest, assemble, begin, missing, parts_folder, write_part
from stancelab.scale.rows import Source, parts, source_of
from stancelab.scale.survey import Survey, surveyed
from stancelab.scale.writing import answers_schema, answers_table
from stancelab.tables import SUFFIXES
from stancelab.versions import library_versions

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 4096
"""Rows that are answered between two signs of progress; a classifier's batches never cross them."""


@dataclass(frozen=True)
class Predicted:
    """What was predicted. answered: rows with a label. computed: rows of this time, not of an earlier one that was interrupted.

    form: which form of the model answered, None where it has but one.
    """

    predictions: str
    rows: int
    answered: int
    computed: int
    form: str | None
    seconds: float

    @property
    def rows_per_second(self) -> float:
        """How fast it went this time, everything included."""
        return self.computed / max(self.seconds, 1e-9)


@dataclass(frozen=True, eq=False)
class Work:
    """What there is to predict: which parts of which rows, by what, and where the answers go. scheme: as it was named."""

    source: Source
    known: Survey
    todo: Sequence[int]
    answering: Predictor
    scheme: str | None
    folder: Path
    manifest: Manifest

    def rows(self) -> Iterator[tuple[int, Columns]]:
        """The rows of each part, by its number."""
        return parts(self.source, self.todo, self.manifest.rows_a_part, numbered=self.known.numbered)


MapParts = Callable[[Work], Iterator[int]]
"""Computes parts and writes them into the folder; gives the number of rows of each as it is done."""


def predict_file(
    model: str,
    source: str,
    out: Path,
    *,
    scheme: str | None = None,
    abstain_below: float | None = None,
    jobs: int | None = None,
    map_parts: MapParts | None = None,
    compiled: bool = True,
) -> Predicted:
    """Predict each row of a table or dataset, in its order, and write id, label and p_LABEL for each label, whole or not at all.

    model, scheme: see `predictors.predictor`. abstain_below: no label where the highest probability is below this. jobs:
    processes, all cores if None; they change no answer. map_parts: what computes in their place, on other machines. compiled:
    False for a model as it was trained, as GPUs need it. What is done lies in OUT.parts, from where the same call goes on.
    InputError: faults of the input, no such model, another call has begun this output.
    """
    started = time.monotonic()
    if out.suffix not in SUFFIXES:
        raise InputError(f"{out}: unknown kind of table {out.suffix!r}{suggestion(out.suffix, SUFFIXES)}")
    rows = source_of(source)
    if out.is_dir():
        raise InputError(f"{out}: is a folder, expected the name of a file")
    rows.refuse_as_output(out)
    answering = predictor(model, scheme=scheme, told=rows.dataset, compiled=compiled)
    with parts_folder(out) as folder:
        known = surveyed(rows, folder)
        if compiled:
            answering = choose(answering, known.sample, rows=known.rows)
        manifest = plan(rows, known, answering, abstain_below=abstain_below)
        begin(folder, manifest)
        todo = missing(folder, manifest)
        work = Work(rows, known, todo, answering, scheme, folder, manifest)
        with bar("predicting", known.rows, done=known.rows - sum(map(manifest.rows_of, todo))) as advance:
            if map_parts is None:
                _compute(answering, work.rows(), folder, manifest, advance, jobs=min(jobs or usable_cores(), len(todo)))
            else:
                for done in map_parts(work) if todo else ():
                    advance(done)
        answered = assemble(folder, manifest, out)
    computed = sum(map(manifest.rows_of, todo))
    return Predicted(str(out), known.rows, answered, computed, manifest.form, time.monotonic() - started)


def plan(source: Source, known: Survey, answering: Predictor, *, abstain_below: float | None) -> Manifest:
    """What is to be predicted, and by what."""
    return Manifest(
        input=str(source.path),
        sha256=known.sha256,
        rows=known.rows,
        model=answering.name,
        fingerprint=answering.fingerprint,
        form=answering.form,
        labels=list(answering.scheme.labels),
        abstain_below=abstain_below,
        rows_a_part=ROWS_A_PART,
        versions=library_versions(),
    )


def answers_to(
    answering: Predictor, rows: Columns, *, abstain_below: float | None, advance: Callable[[int], None] | None = None
) -> "pa.Table":
    """The answers to the rows of a part, a function of these alone; see `writing.answers_schema`. advance: told of rows done."""
    found = []
    for start in range(0, count_rows(rows), ROWS_AT_ONCE):
        some = {name: values[start : start + ROWS_AT_ONCE] for name, values in rows.items()}
        found.append(answering.answers(some))
        if advance:
            advance(count_rows(some))
    labels, probabilities = (np.concatenate(each) for each in zip(*found, strict=True))
    if abstain_below is not None:
        from stancelab.calibration import abstain

        labels = abstain(list(labels), probabilities, abstain_below)
    return answers_table(rows["id"], list(labels), probabilities, answers_schema(answering.scheme.labels))


def compute_part(
    answering: Predictor,
    folder: Path,
    manifest: Manifest,
    number: int,
    rows: Columns,
    advance: Callable[[int], None] | None = None,
) -> int:
    """Answer the rows of a part and write it into the folder; returns how many rows it has."""
    write_part(folder, number, answers_to(answering, rows, abstain_below=manifest.abstain_below, advance=advance), manifest)
    return count_rows(rows)


def _compute(
    answering: Predictor,
    found: Iterable[tuple[int, Columns]],
    folder: Path,
    manifest: Manifest,
    advance: Callable[[int], None],
    *,
    jobs: int,
) -> None:
    """Compute parts: in this process those of a predictor that uses all cores by itself, else one process a core."""
    if answering.own_threads:
        for number, rows in found:
            compute_part(answering, folder, manifest, number, rows, advance)
    elif jobs <= 1:
        with threadpool_limits(1):
            for number, rows in found:
                compute_part(answering, folder, manifest, number, rows, advance)
    else:
        for done in _in_processes(answering, found, folder, manifest, jobs):
            advance(done)


def _in_processes(
    answering: Predictor, found: Iterable[tuple[int, Columns]], folder: Path, manifest: Manifest, jobs: int
) -> Iterator[int]:
    """Compute parts in several processes, a few of them waiting; gives the number of rows of each that is done.

    Where processes can be forked they share the model's memory.
    """
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(answering, folder, manifest, getpid()))
    waiting: set[Future[int]] = set()
    try:
        with deaths_told(folder):
            for number, rows in found:
                waiting.add(pool.submit(_compute_for, number, rows))
                if len(waiting) >= 2 * jobs:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (each.result() for each in done)
            yield from (each.result() for each in wait(waiting).done)
    finally:
        pool.shutdown(cancel_futures=True)


_task: tuple[Predictor, Path, Manifest] | None = None
"""What a process computes that was started for it."""


def _begin(answering: Predictor, folder: Path, manifest: Manifest, parent: int) -> None:
    global _task
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that is interrupted lets the others finish their parts
    work_for(parent)
    threadpool_limits(1)
    _task = answering, folder, manifest


def _compute_for(number: int, rows: Columns) -> int:
    if _task is None:
        raise RuntimeError("this process was not told what to compute")
    return compute_part(*_task, number, rows)
