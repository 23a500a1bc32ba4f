"""Any csv, tsv, jsonl or parquet file: which columns are text, actor, target and label, and what does each label become?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stancelab.errors import InputError, refuse, suggestion
from stancelab.importers.card import AUTHOR, Card, Reading
from stancelab.importers.reading import blank_cells, mapped, read_csv
from stancelab.labels import smallest_scheme
from stancelab.tables import Table, read_table, repeated

INTEGER = re.compile(r"[+-]?\d+(\.0*)?")


@dataclass(frozen=True)
class Columns:
    """Which column of a table is which. `target` and `actor` may be constants; `label_map`: the file's label -> ours."""

    text: str
    target: str
    label: str
    actor: str = AUTHOR
    id: str | None = None
    group: str | None = None
    date: str | None = None
    split: str | None = None
    label_map: Mapping[str, str] = field(default_factory=dict)


def parse_map(option: str) -> dict[str, str]:
    """The file's label -> ours, from "OURS=THEIRS,...". Several of theirs may become one of ours.

    >>> parse_map("favor=PRO,against=CON")
    {'PRO': 'favor', 'CON': 'against'}
    """
    pairs = [part.partition("=") for part in option.split(",")]
    if any(not ours.strip() or not equals or not theirs.strip() for ours, equals, theirs in pairs):
        raise InputError(f"--map {option!r}: expected OURS=THEIRS,..., like favor=PRO,against=CON,none=NEUTRAL")
    theirs = [right.strip() for _, _, right in pairs]
    refuse([f"--map: {name!r} stands twice" for name in dict.fromkeys(theirs) if theirs.count(name) > 1])
    return {right.strip(): ours.strip() for ours, _, right in pairs}


def read(source: Path, columns: Columns) -> tuple[Card, Reading]:
    """The file's rows in core columns, and a card that says what is known of it."""
    notes: list[str] = []
    table = _table(source, notes)
    refuse(_column_faults(table, columns))
    target_is_column, actor_is_column = columns.target in table.columns, columns.actor in table.columns
    for what, name, is_column in (("target", columns.target, target_is_column), ("actor", columns.actor, actor_is_column)):
        if not is_column:
            notes.append(f"{source.name}: no column is called {name!r}; it is the {what} of every row")
    groups: dict[Any, str] = {}
    rows = []
    for number, row in enumerate(table.rows, 1):
        name = str(row[columns.id]) if columns.id else f"{source.stem}-{number:05}"
        text = row[columns.text]
        core: dict[str, Any] = {"id": name, "doc_id": name}
        core["group"] = str(row[columns.group]) if columns.group else groups.setdefault(text, name)
        core["text"] = text
        core["actor"] = row[columns.actor] if actor_is_column else columns.actor
        core["target"] = row[columns.target] if target_is_column else columns.target
        core["label"] = row[columns.label]
        for extra in ("date", "split"):
            column = getattr(columns, extra)
            if column:
                core[extra] = None if row[column] is None else str(row[column])
        rows.append(core)
    labels = _labels([row["label"] for row in rows], table.places, columns)
    rows = [{**row, "label": label} for row, label in zip(rows, labels, strict=True)]
    refuse(blank_cells(rows, table.places, ["id", "group", "text", "actor", "target", "label"]))
    refuse(repeated([row["id"] for row in rows], table.places, "id"))
    return _card(source, columns, labels), Reading(rows=rows, places=list(table.places), notes=notes)


def _table(source: Path, notes: list[str]) -> Table:
    if source.suffix in (".csv", ".tsv"):
        return read_csv(source, notes, delimiter="\t" if source.suffix == ".tsv" else ",")
    return read_table(source)


def _column_faults(table: Table, columns: Columns) -> list[str]:
    required = {key: getattr(columns, key) for key in ("text", "label", "id", "group", "date", "split")}
    return [
        f"{table.path}: --{key} {name!r} is no column{suggestion(name, table.columns).replace('Allowed', 'Columns')}"
        for key, name in required.items()
        if name is not None and name not in table.columns
    ]


def _labels(found: Sequence[Any], places: Sequence[str], columns: Columns) -> list[str]:
    if columns.label_map:
        labels, faults = mapped(found, places, columns.label_map)
        refuse(faults)
        return labels
    integers = sorted({str(label) for label in found if label is not None and INTEGER.fullmatch(str(label))})
    if integers:
        raise InputError(
            f"{places[0]}: column {columns.label!r} holds bare integers ({', '.join(integers)}), which mean other stances "
            f"in other corpora; say what they mean here, like --map favor={integers[-1]},against={integers[0]}"
        )
    return ["" if label is None else str(label) for label in found]


def _card(source: Path, columns: Columns, labels: Sequence[str]) -> Card:
    return Card(
        name=source.stem,
        title=f"Rows of {source.name}",
        description="A table imported by its columns.",
        year=None,
        creators=["unknown"],
        citation="none",
        publisher="unknown",
        licence="unknown",
        get="from whoever gave you the file",
        layout="a csv, tsv, jsonl or parquet file",
        scheme=smallest_scheme(labels).name,
        target=columns.target,
        label_map=dict(columns.label_map) or {label: label for label in dict.fromkeys(labels)},
        splits={},
    )
