"""How is an input of any length read strictly, some rows at a time, and taken up again from any part of it?"""

import hashlib
from codecs import getincrementaldecoder
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancelab.catalog import locate
from stancelab.errors import InputError, suggestion
from stancelab.models.inputs import Columns
from stancelab.progress import bar
from stancelab.records import json_rows
from stancelab.tables import SUFFIXES, csv_rows, parquet_batches, parquet_columns, parquet_parts

if TYPE_CHECKING:
    from stancelab.dataset import Dataset

WANTED = ("id", "text", "actor", "target")
BYTES_AT_ONCE = 1 << 20
ROWS_AT_ONCE = 512
"""Rows that are taken apart together: few enough to stay near the processor, which halves the time."""

Tell = Callable[[str], None]
State = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Source:
    """Where rows come from: a table's file, a folder's parquet files in the order of their names, or a dataset as a whole.

    state: each file's size and time of change when it was found; in another state the content is another one.
    """

    path: Path
    files: tuple[Path, ...]
    state: State = ()
    dataset: "Dataset | None" = None

    def refuse_changed(self) -> None:
        """InputError where it is in another state than it was found in."""
        if not all(file.exists() for file in self.files) or _state_of(self.files) != self.state:
            _changed(str(self.path))

    def refuse_as_output(self, out: Path) -> None:
        """InputError where a file that is to be written is one of those that are read, or would lie among them."""
        whole, written = self.path.resolve(), out.resolve()
        if written == whole or whole in written.parents:
            among = "lies in the folder that" if written != whole else "is what"
            raise InputError(f"{out}: {among} is read; name an output elsewhere, so that nothing of the input is lost")


@dataclass(frozen=True, eq=False)
class Block:
    """Rows as read: the wanted columns, None where a row has nothing, and where each row stands, by line or row of its file.

    known: the names of all columns that some of these rows have.
    """

    file: Path
    numbers: Sequence[int]
    columns: dict[str, list[Any]]
    known: Collection[str]

    def place(self, row: int) -> str:
        """Where one of the rows stands, as messages have it."""
        mark = ": row " if self.file.suffix == ".parquet" else ":"
        return f"{self.file}{mark}{self.numbers[row]}"


def source_of(name: str) -> Source:
    """The input of that name: a table's file, a folder of parquet files, a dataset by name or folder.

    InputError: nothing of that name, an unknown kind of file, a dataset with faults.
    """
    if Path(name).suffix in SUFFIXES and not Path(name).exists():
        raise InputError(f"{name}: no such file")
    path = locate("datasets", name)
    if path.is_dir() and ((path / "dataset.toml").exists() or not any(path.glob("*.parquet"))):
        from stancelab.dataset import load_dataset

        return Source(path, (), dataset=load_dataset(path))
    if not path.is_dir() and path.suffix not in SUFFIXES:
        raise InputError(f"{path}: unknown kind of table {path.suffix!r}{suggestion(path.suffix, SUFFIXES)}")
    files = tuple(parquet_parts(path)) if path.is_dir() else (path,)
    return Source(path, files, _state_of(files))


def _state_of(files: Iterable[Path]) -> State:
    return tuple((file.stat().st_size, file.stat().st_mtime_ns) for file in files)


def digest(source: Source) -> str:
    """sha256 over the input. InputError: a file that cannot be read, that is empty, that is not UTF-8."""
    if source.dataset is not None:
        return source.dataset.sha
    found = [_digest_of(file) for file in source.files]
    return found[0] if len(found) == 1 else hashlib.sha256("".join(found).encode()).hexdigest()


def _digest_of(file: Path) -> str:
    sha, text = hashlib.sha256(), _Utf8(file) if file.suffix != ".parquet" else None
    try:
        with file.open("rb") as content, bar("checksum, MiB", file.stat().st_size >> 20) as advance:
            while piece := content.read(BYTES_AT_ONCE):
                sha.update(piece)
                if text:
                    text.take(piece)
                advance(1)
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}") from None
    if text:
        text.take(b"")
        text.refuse_blank()
    return sha.hexdigest()


class _Utf8:
    """Whether a file is UTF-8 text that is not blank, piece by piece."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._decoder = getincrementaldecoder("utf-8-sig")()
        self._lines = 1
        self._blank = True

    def take(self, piece: bytes) -> None:
        """The next piece, an empty one at the end. InputError names the line of the first byte that is not UTF-8."""
        held = self._decoder.getstate()[0]
        try:
            text = self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            whole = held + piece
            line, byte = self._lines + whole[: error.start].count(b"\n"), whole[error.start]
            raise InputError(f"{self._file}:{line}: not UTF-8 (byte 0x{byte:02x}); save the file as UTF-8") from None
        self._lines += piece.count(b"\n")
        self._blank = self._blank and not text.strip()

    def refuse_blank(self) -> None:
        """InputError where there was nothing but white space."""
        if self._blank:
            raise InputError(f"{self._file}: the file is empty")


def names_of(source: Source) -> list[str]:
    """The names of the columns; of a jsonl file those of its first rows, as others may have more."""
    if source.dataset is not None:
        return list(source.dataset.rows.columns)
    if source.files[0].suffix == ".parquet":
        return list(dict.fromkeys(name for file in source.files for name in parquet_columns(file)))
    return next((list(block.known) for block in blocks(source, lambda fault: None)), [])


def blocks(source: Source, tell: Tell) -> Iterator[Block]:
    """The rows in their order, some at once; `tell` is told of each line that is no row of the table."""
    if source.dataset is not None:
        frame = source.dataset.rows
        yield Block(source.path, range(1, len(frame) + 1), {name: list(frame[name]) for name in WANTED}, list(frame.columns))
    for file in source.files:
        if file.suffix == ".parquet":
            yield from _parquet_blocks(file)
        elif file.suffix == ".jsonl":
            yield from _jsonl_blocks(file, tell)
        else:
            yield from _csv_blocks(file, tell)


def _csv_blocks(file: Path, tell: Tell) -> Iterator[Block]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv_rows(lines, file, "\t" if file.suffix == ".tsv" else ",", tell)
        _, header = next(rows, (0, []))
        while some := list(islice(rows, ROWS_AT_ONCE)):
            numbers, cells = zip(*some, strict=True)
            found = {name: list(map(itemgetter(header.index(name)), cells)) for name in WANTED if name in header}
            yield Block(file, numbers, {name: found.get(name) or [None] * len(some) for name in WANTED}, header)


def _jsonl_blocks(file: Path, tell: Tell) -> Iterator[Block]:
    with file.open(encoding="utf-8-sig", newline="\n") as lines:
        numbered = json_rows(lines, file, tell)
        while some := list(islice(numbered, ROWS_AT_ONCE)):
            numbers, rows = zip(*some, strict=True)
            columns = {name: [row.get(name) for row in rows] for name in WANTED}
            yield Block(file, numbers, _with_text_ids(columns), dict.fromkeys(chain.from_iterable(rows)))


def _parquet_blocks(file: Path) -> Iterator[Block]:
    known = parquet_columns(file)
    first = 1
    for batch in parquet_batches(file, [name for name in WANTED if name in known]):
        numbers = range(first, first + batch.num_rows)
        first += batch.num_rows
        columns = {name: batch[name].to_pylist() if name in known else [None] * batch.num_rows for name in WANTED}
        yield Block(file, numbers, _with_text_ids(columns), known)


def _with_text_ids(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {**columns, "id": [str(value) if isinstance(value, int) else value for value in columns["id"]]}


def parts(source: Source, wanted: Collection[int], size: int, *, numbered: bool) -> Iterator[tuple[int, Columns]]:
    """The wanted ones among the parts of `size` rows that an input falls into, by number, in their order.

    numbered: there are no ids, rows are numbered from 1. InputError where a file has changed while it was read.
    """
    if not wanted:
        return
    last = max(wanted)
    for number, columns in enumerate(_in_parts(blocks(source, _changed), size)):
        source.refuse_changed()
        if number in wanted:
            ids = map(str, range(number * size + 1, number * size + len(columns["text"]) + 1))
            yield number, {**columns, "id": list(ids)} if numbered else columns
        if number == last:
            return
    source.refuse_changed()


def _in_parts(found: Iterator[Block], size: int) -> Iterator[Columns]:
    """Rows anew in parts of `size` rows, the last one shorter."""
    held: Columns = {name: [] for name in WANTED}
    for block in found:
        for name in WANTED:
            held[name] += block.columns[name]
        while len(held["text"]) >= size:
            yield {name: values[:size] for name, values in held.items()}
            held = {name: values[size:] for name, values in held.items()}
    if held["text"]:
        yield held


def _changed(what: str) -> None:
    raise InputError(
        f"{what}: the input has changed while it was read; remove the output's folder .parts, whose content would not fit, "
        "and give the command again"
    )
