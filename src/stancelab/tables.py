"""What is in this table of rows (csv, tsv, jsonl, parquet), and which of its lines are faulty?"""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancelab.errors import InputError, refuse, suggestion
from stancelab.records import read_json_lines, read_text, write_whole

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
LONGEST_CELL = 2**31 - 1
PIECE = 1 << 20
"""Bytes of a parquet file that are read at once of each column."""


@dataclass(frozen=True)
class Table:
    """Rows as read, each with the place it came from ("FILE:LINE"); a missing value is None."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    places: tuple[str, ...]

    def frame(self) -> "pd.DataFrame":
        """The rows as a DataFrame, in file order."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.columns))

    def with_text_ids(self) -> "Table":
        """The same table with whole-number ids as text, so that 12 and "12" are one id."""
        rows = tuple({**row, "id": str(row["id"])} if isinstance(row.get("id"), int) else row for row in self.rows)
        return replace(self, rows=rows)

    def column(self, name: str) -> list[Any]:
        """One column's values, None where a row has none."""
        return [row.get(name) for row in self.rows]


def read_table(path: Path) -> Table:
    """Read a table strictly by its suffix; a folder is read as parquet parts, in the order of their names.

    InputError: unknown suffix, wrong encoding, empty file, ragged line, malformed JSON.
    """
    readers = {".csv": _read_csv, ".tsv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    if path.is_dir():
        table = _read_parts(path)
    elif path.suffix in readers:
        table = readers[path.suffix](path)
    else:
        raise InputError(f"{path}: unknown kind of table {path.suffix!r}{suggestion(path.suffix, SUFFIXES)}")
    if not table.rows:
        raise InputError(f"{path}: the file has no rows")
    return table


def _read_csv(path: Path) -> Table:
    return read_csv_text(read_text(path), path, "\t" if path.suffix == ".tsv" else ",")


def read_csv_text(text: str, path: Path, delimiter: str) -> Table:
    """The rows of a csv's text, strictly. path: where the text came from, for places. InputError: a ragged or unquoted line."""
    faults: list[str] = []
    lines = csv_rows(io.StringIO(text, newline=""), path, delimiter, faults.append)
    _, header = next(lines, (0, []))
    rows, places = [], []
    for line, cells in lines:
        rows.append({name: cell or None for name, cell in zip(header, cells, strict=True)})
        places.append(f"{path}:{line}")
    refuse(faults)
    return Table(path, tuple(header), tuple(rows), tuple(places))


def csv_rows(lines: Iterable[str], path: Path, delimiter: str, tell: Callable[[str], None]) -> Iterator[tuple[int, list[str]]]:
    """(first line, cells) of the header, then of each row, one after the other; `tell` is told of ragged and unquoted lines."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    last, width = 0, None
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            if len(cells) == width:
                yield line, cells
            elif not cells:
                continue
            elif width is None:
                width = len(cells)
                for name, count in Counter(cells).items():
                    if count > 1:
                        tell(f"{path}:{line}: column {name!r} stands twice")
                yield line, cells
            else:
                tell(f"{path}:{line}: {len(cells)} cells, expected {width} as in the header")
    except csv.Error as error:
        tell(f"{path}:{last + 1}: {error}")


def _read_jsonl(path: Path) -> Table:
    numbered = read_json_lines(path)
    columns = dict.fromkeys(key for _, row in numbered for key in row)
    places = tuple(f"{path}:{number}" for number, _ in numbered)
    return Table(path, tuple(columns), tuple(row for _, row in numbered), places)


def _read_parquet(path: Path) -> Table:
    columns = parquet_columns(path)
    rows = tuple(row for batch in parquet_batches(path) for row in batch.to_pylist())
    return Table(path, tuple(columns), rows, tuple(f"{path}: row {n}" for n in range(1, len(rows) + 1)))


@contextmanager
def _open_parquet(path: Path) -> Iterator[Any]:
    """A parquet file that is read piece by piece, never a whole group of rows at once. InputError: not readable."""
    import pyarrow.lib
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, buffer_size=PIECE, pre_buffer=False) as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (pyarrow.lib.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a readable parquet file: {error}") from None


def parquet_columns(path: Path) -> list[str]:
    """The names of the columns. InputError: not readable."""
    with _open_parquet(path) as file:
        return list(file.schema_arrow.names)


def parquet_batches(path: Path, columns: Sequence[str] | None = None, *, rows: int = 8192) -> Iterator[Any]:
    """The rows as record batches, one after the other, of these columns or all. InputError: not readable."""
    with _open_parquet(path) as file:
        yield from file.iter_batches(rows, columns=columns, use_threads=False)


def _read_parts(folder: Path) -> Table:
    parts = [_read_parquet(path) for path in parquet_parts(folder)]
    columns = dict.fromkeys(name for part in parts for name in part.columns)
    rows = tuple(row for part in parts for row in part.rows)
    return Table(folder, tuple(columns), rows, tuple(place for part in parts for place in part.places))


def parquet_parts(folder: Path) -> list[Path]:
    """The parquet files of a folder, in the order of their names. InputError where there is none."""
    parts = sorted(folder.glob("*.parquet"))
    if not parts:
        raise InputError(
            f"{folder}: a folder without parquet parts; expected a predictions file or the folder of one recipe in a run"
        )
    return parts


def missing_columns(table: Table, required: Iterable[str]) -> list[str]:
    """One fault for each required column that is not there."""
    place = f"{table.path}:1" if table.path.suffix in (".csv", ".tsv") else f"{table.path}"
    return [
        f"{place}: column {name!r} is missing{suggestion(name, table.columns).replace('Allowed', 'Columns')}"
        for name in required
        if name not in table.columns
    ]


def empty_cells(table: Table, names: Sequence[str]) -> list[str]:
    """One fault for each cell of these columns that holds no text."""
    faults = []
    for place, row in zip(table.places, table.rows, strict=True):
        for name in names:
            wrong = fault_of(row.get(name))
            if wrong:
                faults.append(f"{place}: column {name!r} {wrong}")
    return faults


def fault_of(value: Any) -> str | None:
    """What is wrong with a cell that should hold text, None if nothing is."""
    if value is None or value != value or value == "":
        return "is empty"
    if not isinstance(value, str):
        return f"holds {value!r}, expected text"
    return None if value.strip() else "is blank"


def repeated(values: Iterable[Any], places: Sequence[str], what: str) -> list[str]:
    """One fault for each value that stood before, naming the first place.

    >>> repeated(["a", "b", "a"], ["f:1", "f:2", "f:3"], "id")
    ["f:3: duplicate id 'a', first at f:1"]
    """
    first: dict[Any, str] = {}
    faults = []
    for value, place in zip(values, places, strict=True):
        if value in first:
            faults.append(f"{place}: duplicate {what} {value!r}, first at {first[value]}")
        else:
            first[value] = place
    return faults


def _plain_rows(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """The rows as plain values, None where one is missing."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {str(name): value.item() if hasattr(value, "item") else value for name, value in row.items()}
        for row in plain.to_dict("records")
    ]


def write_table(path: Path, frame: "pd.DataFrame") -> None:
    """Write a DataFrame by the path's suffix, whole or not at all."""
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: unknown kind of table {path.suffix!r}{suggestion(path.suffix, SUFFIXES)}")

    def write(temporary: Path) -> None:
        if path.suffix == ".parquet":
            frame.to_parquet(temporary, index=False)
        elif path.suffix == ".jsonl":
            lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in _plain_rows(frame))
            temporary.write_text("".join(lines), encoding="utf-8", newline="\n")
        else:
            mark = "\t" if path.suffix == ".tsv" else ","
            frame.to_csv(temporary, index=False, sep=mark, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)

    write_whole(path, write)
