"""Any csv, tsv, jsonl or parquet file: which columns are text, actor, target and label, and what does each label become?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stancelab.dataset import scheme_of
from stancelab.errors import InputError, refuse, report_of, suggestion
from stancelab.importers.card import AUTHOR, Card, Reading
from stancelab.importers.reading import blank_cells, is_blank, mapped, read_bytes, read_csv
from stancelab.labels import smallest_scheme
from stancelab.tables import Table, empty_cells, read_table, repeated

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
    table = _table(source, columns, notes)
    refuse(_column_faults(table, columns))
    constants = {what: getattr(columns, what) for what in ("target", "actor") if getattr(columns, what) not in table.columns}
    refuse(
        [f"--{what} is blank; name a column, or one {what} for all rows" for what, name in constants.items() if is_blank(name)]
    )
    for what, name in constants.items():
        if name != AUTHOR:
            notes.append(f"{source.name}: no column is called {name!r}; it is the {what} of every row")
    written = [columns.text, *(getattr(columns, what) for what in ("target", "actor") if what not in constants)]
    given = [columns.label, *(name for name in (columns.id, columns.group) if name is not None)]
    refuse(empty_cells(table, written) + blank_cells(table.rows, table.places, given))
    labels = _labels([row[columns.label] for row in table.rows], table.places, columns)
    groups: dict[str, str] = {}
    rows = []
    for number, (row, label) in enumerate(zip(table.rows, labels, strict=True), 1):
        name = str(row[columns.id]) if columns.id else f"{source.stem}-{number:05}"
        text = row[columns.text]
        group = str(row[columns.group]) if columns.group else groups.setdefault(text, name)
        core: dict[str, Any] = {"id": name, "doc_id": name, "group": group, "text": text}
        for what in ("actor", "target"):
            core[what] = constants[what] if what in constants else row[getattr(columns, what)]
        core["label"] = label
        for extra in ("date", "split"):
            column = getattr(columns, extra)
            if column:
                core[extra] = None if is_blank(row.get(column)) else str(row[column])
        rows.append(core)
    refuse(repeated([row["id"] for row in rows], table.places, "id"))
    targets = list(dict.fromkeys(row["target"] for row in rows))
    card = _card(source, columns, labels, targets[0] if len(targets) == 1 else f"{len(targets)} targets")
    return card, Reading(rows=rows, places=list(table.places), notes=notes, files=[source])


def _table(source: Path, columns: Columns, notes: list[str]) -> Table:
    if source.is_dir():
        raise InputError(f"{source}: is a folder, expected a csv, tsv, jsonl or parquet file")
    if source.suffix in (".csv", ".tsv"):
        table = read_csv(source, notes, delimiter="\t" if source.suffix == ".tsv" else ",")
        if not read_bytes(source).endswith((b"\n", b"\r")):
            if table.columns[-1] == columns.text:
                raise InputError(
                    f"{table.places[-1]}: the last line has no end, and its text may be cut off; if it is whole, end the line"
                )
            notes.append(f"{source.name}: the last line has no end; is the file cut off?")
        return table
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
    else:
        labels = [str(label) for label in found]
        bare = [number for number, label in enumerate(labels) if INTEGER.fullmatch(label.strip())]
        if bare:
            names = sorted({labels[number].strip() for number in bare})
            raise InputError(
                f"{places[bare[0]]}: column {columns.label!r} holds bare integers ({', '.join(names)}), which mean other stances "
                f"in other corpora; say what each means here, like --map {','.join(f'LABEL={name}' for name in names)} with "
                "favor, against or none for LABEL"
            )
    _, faults = scheme_of(Table(Path(), (), tuple({"label": label} for label in labels), tuple(places)))
    if faults:
        raise InputError(f"{report_of(faults)}\nIf the labels are of another scheme, say what each becomes with --map")
    return labels


def _card(source: Path, columns: Columns, labels: Sequence[str], target: str) -> Card:
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
        target=target,
        label_map=dict(columns.label_map) or {label: label for label in dict.fromkeys(labels)},
        splits={},
    )
