"""Is this dataset well-formed (validate), and is its content sound (check)?"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from stancelab.adjudication import settle
from stancelab.anchors import copy_faults, shipped_faults
from stancelab.checksums import checksum_faults
from stancelab.contrast import CONTRAST, parse_contrast
from stancelab.dataset import (
    CORE_COLUMNS,
    ROWS,
    DatasetHeader,
    filled_columns,
    load_dataset,
    scheme_of,
    unknown_labels,
)
from stancelab.errors import InputError
from stancelab.labels import POSITION_LABELS, LabelScheme, scheme_named
from stancelab.leaks import leaks
from stancelab.records import Actor, Adjudication, Annotation, Article, GoldRow, Unit, parse_records
from stancelab.tables import empty_cells, missing_columns, read_table, repeated
from stancelab.toml_files import read_toml

RECORDS: dict[str, type[BaseModel]] = {
    "articles.jsonl": Article,
    "actors.jsonl": Actor,
    "units.jsonl": Unit,
    "annotations.jsonl": Annotation,
    "adjudication.jsonl": Adjudication,
    "gold.jsonl": GoldRow,
}
OPTIONAL = ("adjudication.jsonl",)
"""There is none where the annotators agree on everything."""

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class Folder:
    """A dataset folder as read: its header, the (line, record) pairs of each file, and the faults met on the way."""

    path: Path
    header: DatasetHeader
    scheme: LabelScheme
    lines: dict[str, list[tuple[int, BaseModel]]]
    faults: list[str]

    def of(self, name: str, model: type[T]) -> list[tuple[str, T]]:
        """("FILE:LINE", record) pairs of one file."""
        return [(f"{self.path / name}:{line}", record) for line, record in self.lines[name] if isinstance(record, model)]


def read_folder(path: Path) -> Folder:
    """Read every file of a dataset folder; faults are collected, only a missing or unreadable file raises InputError."""
    header = read_toml(path / "dataset.toml", DatasetHeader)
    scheme = scheme_named(header.scheme, where=str(path / "dataset.toml"))
    lines: dict[str, list[tuple[int, BaseModel]]] = {}
    faults: list[str] = []
    for name, model in RECORDS.items():
        lines[name] = []
        if name in OPTIONAL and not (path / name).exists():
            continue
        try:
            lines[name], found = parse_records(path / name, model)
        except InputError as error:
            found = str(error).split("\n")
        faults += found
    return Folder(path, header, scheme, lines, faults)


def validate(path: Path) -> list[str]:
    """Faults of form: schema, unique ids, labels and positions in the scheme, references, anchors, quotes, contrast items, sums.

    A folder or a table file. An empty list means that there are none.
    """
    if not path.is_dir():
        return _validate_table(path)
    if (path / ROWS).exists():
        scheme = read_toml(path / "dataset.toml", DatasetHeader).scheme
        faults = _validate_table(path / ROWS, scheme=scheme)
        texts = [] if faults else read_table(path / ROWS).column("text")
        return faults + _contrast_faults(path, scheme, texts) + checksum_faults(path)
    folder = read_folder(path)
    faults = [*folder.faults]
    for name, key in (
        ("articles.jsonl", "doc_id"),
        ("actors.jsonl", "id"),
        ("units.jsonl", "id"),
        ("gold.jsonl", "id"),
        ("adjudication.jsonl", "id"),
    ):
        pairs = folder.of(name, RECORDS[name])
        faults += repeated([getattr(record, key) for _, record in pairs], [place for place, _ in pairs], key)
    faults += _label_faults(folder)
    faults += _all_or_none_faults(folder)
    faults += _reference_faults(folder)
    faults += _anchor_faults(folder)
    faults += _annotation_faults(folder)
    faults += _contrast_faults(path, folder.scheme.name, [row.text for _, row in folder.of("gold.jsonl", GoldRow)])
    return faults + checksum_faults(path)


def check(path: Path, *, article: Path | None = None) -> list[str]:
    """Faults of content: groups that are not whole, texts that leak, gold that does not follow from annotations.

    Spans and quotes are compared with the articles that lie in the folder, and with `article`, the user's copy of the one that
    does not.
    """
    if not path.is_dir() or (path / ROWS).exists():
        if article is not None:
            raise InputError(f"{path}: its rows hold no anchors into an article; --article goes with a dataset that has them")
        rows = path / ROWS if path.is_dir() else path
        return leaks(load_dataset(path).rows, read_table(rows).places)
    folder = read_folder(path)
    faults = [*folder.faults]
    if not faults:
        faults += _group_faults(folder.of("gold.jsonl", GoldRow))
        faults += leaks(load_dataset(path).rows, [place for place, _ in folder.of("gold.jsonl", GoldRow)])
        faults += _gold_faults(folder)
    articles, gold = folder.of("articles.jsonl", Article), folder.of("gold.jsonl", GoldRow)
    faults += shipped_faults(path, articles, gold)
    return faults if article is None else faults + copy_faults(article, articles, gold)


def _validate_table(path: Path, *, scheme: str | None = None) -> list[str]:
    try:
        table = read_table(path).with_text_ids()
    except InputError as error:
        return str(error).split("\n")
    missing = missing_columns(table, CORE_COLUMNS)
    if missing:
        return missing
    faults = empty_cells(table, filled_columns(table))
    named = [(row["id"], place) for row, place in zip(table.rows, table.places, strict=True) if isinstance(row.get("id"), str)]
    faults += repeated([name for name, _ in named], [place for _, place in named], "id")
    faults += scheme_of(table, scheme)[1]
    return faults


def _contrast_faults(path: Path, scheme: str, gold_texts: Iterable[str]) -> list[str]:
    """Faults of the folder's contrast set, if it has one."""
    if not (path / CONTRAST).exists():
        return []
    try:
        return parse_contrast(path / CONTRAST, scheme_named(scheme), gold_texts)[1]
    except InputError as error:
        return str(error).split("\n")


def _label_faults(folder: Folder) -> list[str]:
    faults = []
    for pairs in _labelled(folder):
        faults += unknown_labels([entry.label for _, entry in pairs], [place for place, _ in pairs], folder.scheme)
        for place, entry in pairs:
            allowed = POSITION_LABELS[entry.position] if entry.position is not None else folder.scheme.labels
            if entry.label in folder.scheme.labels and entry.label not in allowed:
                faults.append(
                    f"{place}: position {entry.position!r} does not go with label {entry.label!r}, only with {', '.join(allowed)}"
                )
    return faults


def _labelled(folder: Folder) -> list[list[tuple[str, Annotation | Adjudication | GoldRow]]]:
    return [
        [*folder.of("annotations.jsonl", Annotation)],
        [*folder.of("adjudication.jsonl", Adjudication)],
        [*folder.of("gold.jsonl", GoldRow)],
    ]


def _all_or_none_faults(folder: Folder) -> list[str]:
    """Roles and splits say what a row is among the others, so that some without one would be rows of no known kind."""
    kinds: list[tuple[str, list[tuple[str, BaseModel]]]] = [
        ("split", [*folder.of("articles.jsonl", Article)]),
        ("role", [*folder.of("gold.jsonl", GoldRow)]),
    ]
    return [
        f"{place}: key {name!r} is missing; other lines have it"
        for name, pairs in kinds
        if any(getattr(record, name) for _, record in pairs)
        for place, record in pairs
        if getattr(record, name) is None
    ]


def _reference_faults(folder: Folder) -> list[str]:
    actors = {actor.id: actor.name for _, actor in folder.of("actors.jsonl", Actor)}
    articles = {article.doc_id for _, article in folder.of("articles.jsonl", Article)}
    units = {unit.id for _, unit in folder.of("units.jsonl", Unit)}
    faults = []
    for place, row in folder.of("gold.jsonl", GoldRow):
        if row.actor_id not in actors:
            faults.append(f"{place}: actor_id {row.actor_id!r} is not in actors.jsonl")
        elif actors[row.actor_id] != row.actor:
            faults.append(f"{place}: actor {row.actor!r}, but actors.jsonl calls {row.actor_id!r} {actors[row.actor_id]!r}")
        if row.doc_id not in articles:
            faults.append(f"{place}: doc_id {row.doc_id!r} is not in articles.jsonl")
    for pairs in _labelled(folder):
        faults += [f"{place}: no unit has id {entry.id!r}" for place, entry in pairs if entry.id not in units]
    return faults


def _anchor_faults(folder: Folder) -> list[str]:
    lengths = {article.doc_id: article.characters for _, article in folder.of("articles.jsonl", Article)}
    faults = []
    for place, row in folder.of("gold.jsonl", GoldRow):
        if not 0 <= row.start < row.end <= lengths.get(row.doc_id, row.end):
            faults.append(f"{place}: span {row.start}-{row.end} is not inside the article (0-{lengths.get(row.doc_id)})")
        if (row.quote is None) != (row.quote_start is None):
            faults.append(f"{place}: quote and quote_start go together")
        elif row.quote is not None and row.quote_start is not None:
            if not row.start <= row.quote_start <= row.quote_start + len(row.quote) <= row.end:
                faults.append(f"{place}: the quote is not inside the span {row.start}-{row.end}")
            if " ".join(row.quote.split()) not in " ".join(row.text.split()):
                faults.append(f"{place}: the text does not hold the quote {row.quote!r}")
    return faults


def _annotation_faults(folder: Folder) -> list[str]:
    pairs = folder.of("annotations.jsonl", Annotation)
    keys = [(entry.round, entry.annotator, entry.id) for _, entry in pairs]
    faults = repeated(keys, [place for place, _ in pairs], "annotation (round, annotator, id)")
    units = {unit.id for _, unit in folder.of("units.jsonl", Unit)}
    given: dict[tuple[int, str], set[str]] = defaultdict(set)
    for _, entry in pairs:
        if entry.recipe is None:
            given[entry.round, entry.annotator].add(entry.id)
    for (number, annotator), ids in given.items():
        for unit in sorted(units - ids):
            faults.append(f"{folder.path / 'annotations.jsonl'}: {annotator} gave {unit!r} nothing in round {number}")
    return faults


def _group_faults(pairs: Sequence[tuple[str, GoldRow]]) -> list[str]:
    faults = []
    first: dict[str, tuple[str, GoldRow]] = {}
    closed: set[str] = set()
    last = ""
    for place, row in pairs:
        if row.group != last:
            if row.group in closed:
                faults.append(f"{place}: group {row.group!r} goes on here, but its other rows stand apart")
            closed.add(last)
            last = row.group
        before = first.setdefault(row.group, (place, row))
        for field in ("text", "doc_id", "start", "end", "quote", "target"):
            if getattr(row, field) != getattr(before[1], field):
                faults.append(f"{place}: {field} differs within group {row.group!r}, first at {before[0]}")
    keys = [(row.group, row.actor_id) for _, row in pairs]
    return faults + repeated(keys, [place for place, _ in pairs], "(group, actor)")


def _gold_faults(folder: Folder) -> list[str]:
    units = [unit for _, unit in folder.of("units.jsonl", Unit)]
    annotations = [entry for _, entry in folder.of("annotations.jsonl", Annotation)]
    log = [entry for _, entry in folder.of("adjudication.jsonl", Adjudication)]
    settled, faults = settle(units, annotations, log)
    expected = {row.id: row for row in settled}
    pairs = folder.of("gold.jsonl", GoldRow)
    for place, row in pairs:
        if row.id in expected and row != expected[row.id]:
            wrong = [name for name in GoldRow.model_fields if getattr(row, name) != getattr(expected[row.id], name)]
            faults.append(f"{place}: {', '.join(wrong)} of {row.id!r} does not follow from units, annotations and adjudication")
    missing = set(expected) - {row.id for _, row in pairs}
    return faults + [f"{folder.path / 'gold.jsonl'}: unit {name!r} has no row" for name in sorted(missing)]
