"""Is every row of an input sound, how many are there, and what do their texts look like?"""

import tempfile
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from stancelab.errors import Faults, InputError, refuse
from stancelab.models.inputs import Columns
from stancelab.progress import bar
from stancelab.records import Record, Sha256, read_text, write_json
from stancelab.scale.parts import refuse_changed
from stancelab.scale.repeated_ids import IdHashes, tell_repeated
from stancelab.scale.rows import WANTED, Block, Source, blocks, digest, names_of
from stancelab.tables import Table, fault_of, missing_columns

SURVEY = "survey.json"
INPUTS = ("text", "actor", "target")
SAMPLE = 1500
SEED = 0


class Survey(Record):
    """What is known of an input that was read once: all of its rows are sound.

    sha256: of the content. numbered: whether there are no ids, so that rows are numbered from 1. sample: some rows with texts of
    their own, drawn from the whole input.
    """

    sha256: Sha256
    rows: int
    numbered: bool
    sample: Columns


def surveyed(source: Source, folder: Path) -> Survey:
    """The survey of an input, the one that lies in the folder where the input is still the same; else it is put there.

    InputError: faults of the input; the parts in the folder are of another one.
    """
    sha256, path = digest(source), folder / SURVEY
    refuse_changed(folder, sha256=sha256)
    with suppress(InputError, ValueError):
        known = Survey.model_validate_json(read_text(path))
        if known.sha256 == sha256:
            return known
    known = survey(source, sha256, folder)
    write_json(path, known.model_dump())
    return known


def survey(source: Source, sha256: str, scratch: Path) -> Survey:
    """Read the whole input once. sha256: what it is recorded as. scratch: a folder for some bytes a row.

    InputError with every fault of the rows, the first ten and a count: a ragged line, an empty cell, a repeated id.
    """
    names = names_of(source)
    if names and not _may_have_more(source):
        refuse(_missing(source, names))
    return _read(source, sha256, scratch, numbered="id" not in names)


def _read(source: Source, sha256: str, scratch: Path, *, numbered: bool) -> Survey:
    faults, sample, rows, known = Faults(), Sample(), 0, dict[str, None]()
    with tempfile.TemporaryDirectory(dir=scratch) as folder, bar("reading", None) as advance:
        ids = IdHashes(Path(folder))
        for block in blocks(source, faults.append):
            known.update(dict.fromkeys(block.known))
            _tell_unsound(block, INPUTS if numbered else WANTED, faults)
            if not numbered:
                ids.add(block.columns["id"])
            elif "id" in block.known and _may_have_more(source):
                return _read(source, sha256, scratch, numbered=False)
            if not faults.count:
                own = map(str, range(rows + 1, rows + len(block.numbers) + 1))
                sample.add({**block.columns, "id": list(own)} if numbered else block.columns)
            rows += len(block.numbers)
            advance(len(block.numbers))
        refuse(_missing(source, known) if rows else [])
        tell_repeated(blocks(source, lambda fault: None), ids, faults)
    faults.refuse()
    if not rows:
        raise InputError(f"{source.path}: the file has no rows")
    return Survey(sha256=sha256, rows=rows, numbered=numbered, sample=sample.rows())


def _may_have_more(source: Source) -> bool:
    """Whether later rows may have columns that the first has not."""
    return any(file.suffix == ".jsonl" for file in source.files)


def _missing(source: Source, names: Iterable[str]) -> list[str]:
    return missing_columns(Table(source.path, tuple(names), (), ()), INPUTS)


def _tell_unsound(block: Block, names: Collection[str], faults: Faults) -> None:
    """One fault for each cell of these columns that holds no text."""
    if all(_is_text(block.columns[name]) for name in names):
        return
    for row in range(len(block.numbers)):
        for name in names:
            wrong = fault_of(block.columns[name][row])
            if wrong:
                faults.append(f"{block.place(row)}: column {name!r} {wrong}")


def _is_text(values: list[str]) -> bool:
    """Whether each value is text that is not blank."""
    try:
        return all(map(str.strip, values))
    except TypeError:
        return False


class Sample:
    """Rows with texts of their own, drawn from any number: those of the lowest of numbers drawn for all rows."""

    def __init__(self) -> None:
        self._generator = np.random.default_rng(SEED)
        self._drawn: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._limit = 1.0

    def add(self, columns: Columns) -> None:
        """Let some rows take part; they come in the order of the input."""
        numbers = self._generator.random(len(columns["text"]))
        for row in np.flatnonzero(numbers < self._limit):
            drawn = float(numbers[row]), tuple(columns[name][row] for name in WANTED)
            self._drawn[columns["text"][row]] = min(drawn, self._drawn.get(columns["text"][row], drawn))
        if len(self._drawn) >= 2 * SAMPLE:
            self._keep_lowest()

    def _keep_lowest(self) -> None:
        lowest = sorted(self._drawn.items(), key=lambda entry: entry[1][0])[:SAMPLE]
        self._drawn = dict(lowest)
        self._limit = lowest[-1][1][0] if len(lowest) == SAMPLE else 1.0

    def rows(self) -> Columns:
        """The rows that were drawn."""
        self._keep_lowest()
        return {name: [row[place] for _, row in self._drawn.values()] for place, name in enumerate(WANTED)}
