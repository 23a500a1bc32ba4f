"""How does a foreign corpus become a dataset folder: rows, card, header, where it came from, checksums?"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancelab.catalog import entries
from stancelab.checksums import write_checksums
from stancelab.dataset import ROWS, DatasetHeader
from stancelab.errors import InputError, listing
from stancelab.importers import TABLE, cards, check_format, read_corpus
from stancelab.importers.card import Card, Reading, is_for_training
from stancelab.importers.table import Columns
from stancelab.importers.table import read as read_any_table
from stancelab.labels import AS_FOUND
from stancelab.markdown import table
from stancelab.records import new_folder, refuse_occupied, write_json_lines, write_text
from stancelab.toml_files import read_toml, toml_line


@dataclass(frozen=True)
class Import:
    """A corpus that was imported: its folder, its card, how many rows, and everything that was noticed."""

    folder: Path
    card: Card
    rows: int
    notes: list[str]


def import_dataset(kind: str, source: Path, out: Path, *, columns: Columns | None = None, deduplicate: bool = False) -> Import:
    """Import a corpus into a new dataset folder, whole or not at all.

    kind: a format of `stancelab.importers`. columns: for the format "table", and for no other. deduplicate: drop the rows that
    repeat the text, actor and target of another row: in training where the other is in a split for testing, else the later one.
    InputError: a malformed or truncated file, with its line; an `out` that is there already; rows to drop in unknown splits.
    """
    check_format(kind)
    if (kind == TABLE) != (columns is not None):
        raise InputError(f"columns go with the format {TABLE!r}, and with no other; the format is {kind!r}")
    _check_places(source, out)
    card, reading = read_any_table(source, columns) if columns is not None else read_corpus(kind, source)
    if not reading.rows:
        raise InputError(f"{source}: no row is left to import")
    base = source if source.is_dir() else source.parent
    repeated = _repeated(reading, testing_first=deduplicate)
    notes = [*reading.notes, *_count_notes(card, reading.rows), *_duplicate_notes(reading, repeated, base, dropped=deduplicate)]
    rows = reading.rows
    if deduplicate and repeated:
        rows = [row for number, row in enumerate(rows) if number not in repeated]
    card = card if columns is None else card.model_copy(update={"name": out.resolve().name})
    sources = {path.relative_to(base).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in reading.files}
    try:
        str(out).encode()
        _write(out, card, rows, notes, sources)
    except UnicodeEncodeError as error:
        raise InputError(f"{error.object!a}: holds bytes that are no text; use names and options that are UTF-8") from None
    return Import(out, card, len(rows), notes)


def _check_places(source: Path, out: Path) -> None:
    try:
        if not source.exists():
            raise InputError(f"{source}: no such file or folder")
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from None
    refuse_occupied(out)


@dataclass(frozen=True)
class Known:
    """A dataset that is here (`place`), or a corpus that could be imported."""

    name: str
    title: str
    licence: str
    version: str | None
    place: str | None
    get: str


def known_datasets() -> tuple[list[Known], list[str]]:
    """Every dataset on the shelf, then every corpus that has an importer and is not there; and the faults of headers."""
    found, faults = [], []
    shelf = entries("datasets")
    for name, folder in shelf.items():
        try:
            header = read_toml(folder / "dataset.toml", DatasetHeader)
        except InputError as error:
            faults.append(str(error))
        else:
            found.append(Known(name, header.title, header.licence, header.version, str(folder), ""))
    for name, card in cards().items():
        if name not in shelf:
            get = f"{card.get} ({card.publisher}), then stancelab data import {name} FOLDER -o datasets/{name}"
            found.append(Known(name, card.title, card.licence, None, None, get))
    return found, faults


def _repeated(reading: Reading, *, testing_first: bool) -> dict[int, int]:
    """Row number -> the number of the row that it repeats (same text, actor and target): the first one.

    testing_first: of rows in several splits, the first one in a split for testing.
    """
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(reading.rows):
        alike[tuple(" ".join(row[column].lower().split()) for column in ("text", "actor", "target"))].append(number)
    repeats: dict[int, int] = {}
    for numbers in alike.values():
        splits = {number: reading.rows[number].get("split") for number in numbers}
        if testing_first and len(set(splits.values())) > 1:
            trains = {number: is_for_training(split, where=reading.places[number]) for number, split in splits.items()}
            numbers.sort(key=lambda number: trains[number] is not False)
        repeats |= dict.fromkeys(numbers[1:], numbers[0])
    return repeats


def _duplicate_notes(reading: Reading, repeated: dict[int, int], base: Path, *, dropped: bool) -> list[str]:
    rows, places = reading.rows, [place.removeprefix(f"{base}/") for place in reading.places]
    across = [number for number, other in repeated.items() if rows[number].get("split") != rows[other].get("split")]
    differing = [number for number, other in repeated.items() if rows[number]["label"] != rows[other]["label"]]
    notes = []
    if repeated:
        notes.append(
            f"{len(repeated)} rows repeat the text, actor and target of another row, "
            f"{len(differing)} of them with another label: " + ("dropped" if dropped else "kept; --deduplicate drops them")
        )
    if across:
        pairs = [f"{places[repeated[number]]} and {places[number]}" for number in across]
        notes.append(f"{len(across)} rows stand in two splits: {listing(pairs, most=3)}")
    return notes


def _count_notes(card: Card, rows: Sequence[dict[str, Any]]) -> list[str]:
    found = Counter(row.get("split") for row in rows)
    return [
        f"split {name!r} has {found[name]} rows, published were {' or '.join(map(str, split.rows))}: the copy is cut off, "
        "filtered or of another version"
        for name, split in card.splits.items()
        if split.rows and name in found and found[name] not in split.rows
    ]


def _write(out: Path, card: Card, rows: Sequence[dict[str, Any]], notes: Sequence[str], sources: dict[str, str]) -> None:
    texts = {"dataset.toml": _header(card, rows), "README.md": readme(card, rows, notes, sources)}
    with new_folder(out) as folder:
        write_json_lines(folder / ROWS, rows)
        for name, text in texts.items():
            write_text(folder / name, text)
        write_checksums(folder)


def _header(card: Card, rows: Sequence[dict[str, Any]]) -> str:
    digest = hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
    values = {
        "name": card.name,
        "title": card.title,
        "version": f"import-{digest[:8]}",
        "description": card.description,
        "language": card.language,
        "target": card.target,
        "scheme": card.scheme,
        "licence": card.licence,
        "creators": card.creators,
        "year": card.year,
        "codebook": card.publisher,
        "keywords": ["stance classification", "imported"],
    }
    values = {key: value for key, value in values.items() if value is not None}
    DatasetHeader.model_validate(values)
    return "".join(toml_line(key, value) for key, value in values.items())


def readme(card: Card, rows: Sequence[dict[str, Any]], notes: Sequence[str], sources: dict[str, str]) -> str:
    """The card of an imported dataset: what it is, whose it is, what it holds, and what was done to it."""
    labels = list(dict.fromkeys(card.label_map.values())) if card.scheme != AS_FOUND else sorted({row["label"] for row in rows})
    splits = dict.fromkeys(str(row.get("split") or "all") for row in rows)
    counts = Counter((str(row.get("split") or "all"), row["label"]) for row in rows)
    composition = [
        [split, str(sum(counts[split, label] for label in labels)), *(str(counts[split, label]) for label in labels),
         card.splits[split].use if split in card.splits else ""]
        for split in splits
    ]  # fmt: skip
    parts = [
        f"# {card.title}",
        card.description,
        f"- Publisher: {card.publisher}\n- Licence: {card.licence}\n- Citation: {card.citation}\n- Target: {card.target}\n"
        f"- Label scheme: {card.scheme}, from {', '.join(f'{theirs} -> {ours}' for theirs, ours in card.label_map.items())}",
        "Imported by `stancelab data import`; the rows belong to their owner and are not for redistribution here.",
        "## Rows",
        table(["split", "rows", *labels, "use"], composition),
        "## Known faults of the corpus, and what the importer does",
        "\n".join(f"- {fault}" for fault in card.faults) or "None is known.",
        "## What was noticed in this copy",
        "\n".join(f"- {note}" for note in notes) or "Nothing.",
        "## Files read",
        table(["file", "sha256"], [[f"`{name}`", f"`{digest}`"] for name, digest in sources.items()]),
    ]
    return "\n\n".join(parts) + "\n"
