"""How are foreign files read without losing a row: mixed encodings, line breaks inside cells, labels of another scheme?"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stancelab.errors import InputError, listing, refuse, suggestion
from stancelab.tables import Table, read_csv_text, repeated

FALLBACK = "cp1252"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_bytes(path: Path) -> bytes:
    """A file's content. InputError where there is none."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def decode(content: bytes, path: Path, notes: list[str]) -> str:
    """The text of a file whose lines are UTF-8, or else Windows-1252; `notes` tells how many were not UTF-8.

    InputError: an empty file, or one in UTF-16.
    """
    if content.startswith(UTF_16_MARKS):
        raise InputError(f"{path}:1: the file is UTF-16; save it as UTF-8")
    if b"\0" in content:
        notes.append(f"{path.name}: {content.count(0)} NUL bytes left out")
    lines, repaired = [], []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").split(b"\n"), 1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(line.decode(FALLBACK, errors="replace"))
            repaired.append(str(number))
    if repaired:
        notes.append(f"{path.name}: {len(repaired)} lines were not UTF-8 and were read as Windows-1252: {listing(repaired)}")
    text = "\n".join(lines)
    if not text.strip():
        raise InputError(f"{path}: the file is empty")
    return text


def read_lines(path: Path, notes: list[str]) -> list[tuple[str, str]]:
    """("FILE:LINE", text) of each line that is not blank."""
    lines = decode(read_bytes(path), path, notes).split("\n")
    return [(f"{path}:{number}", line.rstrip("\r")) for number, line in enumerate(lines, 1) if line.strip()]


def read_csv(path: Path, notes: list[str], *, delimiter: str = ",", content: bytes | None = None) -> Table:
    """A csv with a header; a line break inside a cell becomes a space. content: the bytes, where `path` is inside an archive."""
    raw = decode(read_bytes(path) if content is None else content, path, notes)
    table = read_csv_text(raw, path, delimiter)
    if not table.rows:
        raise InputError(f"{path}: the file has no rows")
    broken = [place for place, row in zip(table.places, table.rows, strict=True) if any(_breaks(cell) for cell in row.values())]
    if broken:
        notes.append(f"{path.name}: line breaks inside the cells of {len(broken)} rows became spaces")
    rows = tuple({name: one_line(cell) if _breaks(cell) else cell for name, cell in row.items()} for row in table.rows)
    return Table(path, table.columns, rows, table.places)


def _breaks(cell: Any) -> bool:
    return isinstance(cell, str) and ("\n" in cell or "\r" in cell)


def one_line(text: str) -> str:
    """The text with every run of white space as one space.

    >>> one_line("a\\n\\nb ")
    'a b'
    """
    return " ".join(text.split())


def read_json(path: Path, notes: list[str]) -> Any:
    """A JSON file; `notes` as in `decode`. InputError names the line where it ends too early or is malformed."""
    try:
        value = json.loads(decode(read_bytes(path), path, notes))
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not JSON: {error.msg}; is the file cut off?") from None
    except (UnicodeEncodeError, RecursionError) as error:
        raise InputError(f"{path}: not usable JSON: {error}") from None
    return value


def unzip(path: Path, name: str) -> bytes:
    """One file of a zip archive. InputError for an archive that is damaged or lacks the file."""
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(path))) as archive:
            return archive.read(name)
    except KeyError:
        raise InputError(f"{path}: holds no file {name!r}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{path}: not a readable zip archive: {error}") from None


def mapped(labels: Sequence[Any], places: Sequence[str], label_map: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Each label in the importer's scheme, and a fault for each that the map does not hold."""
    faults = []
    for label, place in zip(labels, places, strict=True):
        if label is None:
            faults.append(f"{place}: the label is missing; is the file cut off?")
        elif str(label) not in label_map:
            faults.append(f"{place}: unknown label {label!r}{suggestion(str(label), label_map)}")
    return [label_map.get(str(label), "") for label in labels], faults


def labelled(
    rows: Sequence[Mapping[str, Any]],
    places: Sequence[str],
    label_map: Mapping[str, str],
    faults: Sequence[str] = (),
    *,
    filled: Sequence[str] = ("id", "text", "target"),
) -> list[dict[str, Any]]:
    """The rows with their labels in the importer's scheme.

    InputError for all that is wrong at once: the faults met before, labels that the map lacks, empty cells of the columns that
    must be `filled`, ids that stand twice.
    """
    labels, unknown = mapped([row["label"] for row in rows], places, label_map)
    refuse([*faults, *unknown, *blank_cells(rows, places, filled), *repeated([row["id"] for row in rows], places, "id")])
    return [{**row, "label": label} for row, label in zip(rows, labels, strict=True)]


def blank_cells(rows: Sequence[Mapping[str, Any]], places: Sequence[str], names: Sequence[str]) -> list[str]:
    """One fault for each cell of these columns that holds nothing."""
    return [
        f"{place}: column {name!r} is empty"
        for row, place in zip(rows, places, strict=True)
        for name in names
        if is_blank(row.get(name))
    ]


def is_blank(value: Any) -> bool:
    """True for None, NaN and text of white space only; false for 0.

    >>> is_blank(" "), is_blank(0)
    (True, False)
    """
    return value is None or value != value or not str(value).strip()


def require(folder: Path, names: Sequence[str], layout: str) -> None:
    """Refuse a folder that lacks one of these files; the message says what was expected."""
    missing = [name for name in names if not (folder / name).exists()]
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected {layout}")
    if missing:
        raise InputError(f"{folder}: holds no {', '.join(missing)}; expected {layout}")


def first_existing(folder: Path, names: Sequence[str], layout: str) -> Path:
    """The first of these files that is there. InputError says what was expected."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected {layout}")
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise InputError(f"{folder}: holds none of {', '.join(names)}; expected {layout}")
