"""What do the tables of an article's folder say now, what did the machine write, and where are they faulty?"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from stancelab.checksums import recorded_checksums
from stancelab.dataset import unknown_labels
from stancelab.errors import InputError, refuse, suggestion
from stancelab.labels import LabelScheme
from stancelab.records import Mode, Role
from stancelab.tables import Table, empty_cells, missing_columns, read_table, repeated

TABLES = ("statements.jsonl", "statements.csv")
"""The same rows twice: one of them may be corrected by hand."""
FILLED = ("id", "doc_id", "group", "text", "actor", "target", "span")
REQUIRED = (*FILLED, "actor_id", "label", "role", "mode", "start", "end")
KEPT = (*REQUIRED, "quote", "quote_start", "paragraph", "date", "source")
"""What becomes of a row that is adopted; what the machine thought of its own answer is left behind."""
WHOLE_NUMBERS = ("start", "end", "quote_start", "paragraph")

Row = dict[str, Any]


@dataclass(frozen=True)
class Corrected:
    """Rows as they stand now, and as the machine wrote them, by id; the latter None where that cannot be known."""

    table: Table
    original: Mapping[str, Row] | None

    def changes(self, row: Row) -> list[str] | None:
        """The columns that a hand has changed in a row, all of an added one; None where the original is not known."""
        if self.original is None:
            return None
        before = self.original.get(row["id"])
        return [name for name in KEPT if name != "actor_id" and (before is None or row.get(name) != before.get(name))]

    def is_new(self, row: Row) -> bool:
        """Whether a row is known to have been added."""
        return self.original is not None and row["id"] not in self.original

    @property
    def removed(self) -> int:
        """How many of the machine's rows are gone."""
        return len(set(self.original or ()) - set(self.table.column("id")))


def read_corrected(folder: Path) -> Corrected:
    """The rows of the one of both tables that was corrected by hand, or of either where none was.

    Which one was corrected is told by SHA256SUMS. InputError: neither is there; they differ, and both were corrected or nothing
    tells which; a column that is missing, a number that is none.
    """
    there = [folder / name for name in TABLES if (folder / name).exists()]
    if not there:
        raise InputError(f"{folder}: holds neither {' nor '.join(TABLES)}; expected a folder that `stancelab article` wrote")
    tables = {path: _typed(read_table(path)) for path in there}
    sums = recorded_checksums(folder)
    untouched = [path for path in there if hashlib.sha256(path.read_bytes()).hexdigest() == sums.get(path.name)]
    corrected = [path for path in there if path not in untouched]
    if len({_content(table) for table in tables.values()}) > 1 and len(corrected) != 1:
        raise InputError(
            f"{folder}: {' and '.join(TABLES)} differ, and SHA256SUMS does not tell that just one of them was changed; "
            "remove the one that is not meant"
        )
    now = tables[corrected[0] if untouched and corrected else there[0]]
    return Corrected(now, {str(row.get("id")): row for row in tables[untouched[0]].rows} if untouched else None)


def _content(table: Table) -> str:
    """What the rows say, whatever their order."""
    return "\n".join(sorted(json.dumps({name: row.get(name) for name in KEPT}, default=str) for row in table.rows))


def _typed(table: Table) -> Table:
    """The columns that are kept, with whole numbers as such."""
    refuse(missing_columns(table, REQUIRED))
    faults: list[str] = []
    rows = []
    for row, place in zip(table.rows, table.places, strict=True):
        plain = {name: row.get(name) for name in KEPT}
        for name in WHOLE_NUMBERS:
            try:
                plain[name] = _whole(plain[name])
            except ValueError:
                faults.append(f"{place}: column {name!r} holds {plain[name]!r}, expected a whole number")
        rows.append(plain)
    refuse(faults)
    return replace(table, rows=tuple(rows))


def _whole(value: Any) -> int | None:
    if value is None or value == "":
        return None
    number = float(value)
    if isinstance(value, bool) or number != int(number):
        raise ValueError(value)
    return int(number)


def faults_of(corrected: Corrected, scheme: LabelScheme) -> list[str]:
    """Every fault of the rows as they stand, what is missing first."""
    table = corrected.table
    unlabelled = [row["label"] for row in table.rows if not row["label"]]
    faults = []
    if unlabelled:
        faults.append(
            f"{table.path}: {len(unlabelled)} of {len(table.rows)} rows have no label; fill column 'label' with "
            f"{', '.join(scheme.labels)}, remove the rows that are to be left out, or let `stancelab article --target` label them"
        )
    faults += empty_cells(table, FILLED)
    faults += repeated(table.column("id"), table.places, "id")
    labelled = [(row["label"], place) for row, place in zip(table.rows, table.places, strict=True) if row["label"]]
    faults += unknown_labels([label for label, _ in labelled], [place for _, place in labelled], scheme)
    for name, allowed in (("role", get_args(Role)), ("mode", get_args(Mode))):
        wrong = [(row[name], place) for row, place in zip(table.rows, table.places, strict=True) if row[name] not in allowed]
        faults += [f"{place}: unknown {name} {cell!r}{suggestion(str(cell), allowed)}" for cell, place in wrong]
    return faults + _place_faults(corrected) + _group_faults(table.rows, table.places)


def _place_faults(corrected: Corrected) -> list[str]:
    """Spans that are not as long as their places say, or that the article, as far as the original rows tell it, does not hold."""
    told = _told(corrected.original.values()) if corrected.original else {}
    faults = []
    for row, place in zip(corrected.table.rows, corrected.table.places, strict=True):
        start, end, span = row["start"], row["end"], row["span"]
        if start is None or end is None or not isinstance(span, str):
            faults += [f"{place}: column {name!r} is empty" for name in ("start", "end") if row[name] is None]
        elif end - start != len(span):
            faults.append(f"{place}: start and end are {end - start} characters apart, the span has {len(span)}")
        elif any(told.get((row["doc_id"], start + number), letter) != letter for number, letter in enumerate(span)):
            faults.append(f"{place}: the article has other words at {start}-{end} than the span")
        elif corrected.original and _is_stale(row, corrected.original.get(row["id"])):
            faults.append(f"{place}: the span was corrected, but the text is still that of the span before")
    return faults


def _told(rows: Iterable[Row]) -> dict[tuple[str, int], str]:
    """The letters of the articles that the machine's spans hold, by article and place."""
    return {(row["doc_id"], row["start"] + number): letter for row in rows for number, letter in enumerate(row["span"])}


def _is_stale(row: Row, before: Row | None) -> bool:
    return before is not None and row["span"] != before["span"] and row["text"] == before["text"]


def _group_faults(rows: Sequence[Row], places: Sequence[str]) -> list[str]:
    first: dict[Any, tuple[Row, str]] = {}
    faults = []
    for row, place in zip(rows, places, strict=True):
        before, where = first.setdefault(row["group"], (row, place))
        faults += [
            f"{place}: {name} differs from that of the other rows of statement {row['group']!r}, first at {where}"
            for name in ("text", "start", "end")
            if row[name] != before[name]
        ]
    return faults
