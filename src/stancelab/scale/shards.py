"""Which rows of a folder of parquet files belong to a part, and how are these alone read?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from stancelab.errors import InputError
from stancelab.models.inputs import Columns
from stancelab.scale.rows import WANTED, Source


@dataclass(frozen=True)
class Shards:
    """Parquet files in the order of their names, how many rows and bytes each has, and how all rows fall into parts.

    numbered: there are no ids, rows are numbered from 1.
    """

    files: tuple[Path, ...]
    rows: tuple[int, ...]
    sizes: tuple[int, ...]
    rows_a_part: int
    numbered: bool

    def slices(self, number: int) -> Iterator[tuple[int, int, int]]:
        """(number of the file, first row, row after the last) for each file that has rows of a part.

        >>> list(Shards((), (5, 0, 7), (), 8, False).slices(0)), list(Shards((), (5, 0, 7), (), 8, False).slices(1))
        ([(0, 0, 5), (2, 0, 3)], [(2, 3, 7)])
        """
        begin, end = number * self.rows_a_part, (number + 1) * self.rows_a_part
        for place, (count, after) in enumerate(zip(self.rows, accumulate(self.rows), strict=True)):
            first, last = max(begin - (after - count), 0), min(end - (after - count), count)
            if first < last:
                yield place, first, last

    def part(self, number: int) -> Columns:
        """The rows of a part, as `rows.parts` gives them. InputError for a file that is not here, or is another one here."""
        found: Columns = {name: [] for name in WANTED}
        for place, first, last in self.slices(number):
            for name, values in _rows_of(self.files[place], self.sizes[place], first, last).items():
                found[name] += values
        if self.numbered:
            start = number * self.rows_a_part + 1
            found["id"] = [str(row) for row in range(start, start + len(found["text"]))]
        return found


def shards_of(source: Source, rows_a_part: int, *, numbered: bool) -> Shards:
    """The shards of an input that consists of parquet files. InputError: one cannot be read."""
    rows = tuple(sum(_groups(file)) for file in source.files)
    return Shards(source.files, rows, tuple(size for size, _ in source.state), rows_a_part, numbered)


def _rows_of(file: Path, size: int, first: int, last: int) -> dict[str, list[Any]]:
    if not file.is_file() or file.stat().st_size != size:
        what = "is another file" if file.is_file() else "is not there"
        raise InputError(f"{file}: {what} on a machine of the cluster; shards must lie at the same path on each")
    found: dict[str, list[Any]] = {name: [] for name in WANTED}
    for group, (count, after) in enumerate(zip(_groups(file), accumulate(_groups(file)), strict=True)):
        start, stop = max(first - (after - count), 0), min(last - (after - count), count)
        if start < stop:
            table = _group(file, group).slice(start, stop - start)
            for name in WANTED:
                found[name] += table[name].to_pylist() if name in table.column_names else [None] * (stop - start)
    return {**found, "id": [str(value) if isinstance(value, int) else value for value in found["id"]]}


@lru_cache(maxsize=4096)
def _groups(file: Path) -> tuple[int, ...]:
    """How many rows each group of rows of a file has."""
    import pyarrow.parquet as pq

    known = pq.read_metadata(file)
    return tuple(known.row_group(number).num_rows for number in range(known.num_row_groups))


@lru_cache(maxsize=1)
def _group(file: Path, number: int) -> Any:
    """The wanted columns of one group of rows: the next part is likely to be of the same."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as content:
        names = [name for name in WANTED if name in content.schema_arrow.names]
        return content.read_row_group(number, columns=names, use_threads=False)
