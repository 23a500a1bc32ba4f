"""How do answers become a csv, tsv, jsonl or parquet file, piece by piece?"""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

TABLES_A_GROUP = 16
"""Pieces that become one group of rows of a parquet file."""


def answers_schema(labels: Sequence[str]) -> "pa.Schema":
    """The columns of answers: id, label (null without an answer), p_LABEL for each label (NaN without)."""
    import pyarrow as pa

    return pa.schema({"id": pa.string(), "label": pa.string(), **{f"p_{label}": pa.float64() for label in labels}})


def answers_table(ids: Sequence[str], labels: Sequence[str | None], probabilities: Floats, schema: "pa.Schema") -> "pa.Table":
    """Answers as a table of `answers_schema`. probabilities: shape (n, k). pyarrow is kept from importing pandas."""
    import pyarrow as pa

    numbers = [np.ascontiguousarray(column, dtype=np.float64) for column in probabilities.T]
    arrays = [pa.Array.from_buffers(pa.float64(), len(ids), [None, pa.py_buffer(column)]) for column in numbers]
    return pa.Table.from_arrays([_text_array(ids), _text_array(labels), *arrays], schema=schema)


def _text_array(values: Sequence[str | None]) -> "pa.Array":
    import pyarrow as pa

    known = np.array([value is not None for value in values], dtype=bool)
    encoded = [(value or "").encode() for value in values]
    ends = np.zeros(len(values) + 1, dtype=np.int32)
    np.cumsum([len(value) for value in encoded], out=ends[1:])
    buffers = [pa.py_buffer(np.packbits(known, bitorder="little")), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def write_answers(path: Path, schema: "pa.Schema", tables: Iterable["pa.Table"]) -> None:
    """Write tables of that schema into one file by the path's suffix, the same as `stancelab.tables.write_table` writes.

    What is written is on the disk when this returns. One table is in memory at once, of parquet a few.
    """
    if path.suffix == ".parquet":
        _write_parquet(path, schema, iter(tables))
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
            for row in _rows(tables):
                file.write(encode(dict(zip(schema.names, row, strict=True))) + "\n")
        else:
            mark = "\t" if path.suffix == ".tsv" else ","
            writer = csv.writer(file, delimiter=mark, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
            writer.writerow(schema.names)
            writer.writerows(_rows(tables))
        file.flush()
        os.fsync(file.fileno())


def _rows(tables: Iterable["pa.Table"]) -> Iterator[tuple[Any, ...]]:
    """The rows as plain values, None in the place of NaN."""
    for table in tables:
        columns = (column.to_pylist() for column in table.columns)
        yield from zip(*([value if value == value else None for value in column] for column in columns), strict=True)


def _write_parquet(path: Path, schema: "pa.Schema", tables: Iterator["pa.Table"]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("wb") as file:
        with pq.ParquetWriter(file, schema) as writer:
            while some := list(islice(tables, TABLES_A_GROUP)):
                writer.write_table(pa.concat_tables(some))
        file.flush()
        os.fsync(file.fileno())
