"""What does one line of a dataset's files hold, and how is such a file read strictly and written whole?"""

import json
import math
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from stancelab.errors import InputError, refuse, suggestion
from stancelab.labels import Position

Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Mode = Literal["direct", "mixed", "indirect", "narrated"]
Role = Literal["speaker", "reported"]
"""`speaker`: says, decides or does what the statement says. `reported`: acts or plans inside what somebody else says."""


class Record(BaseModel):
    """One frozen line of a file; a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Article(Record):
    """A source text: where it appeared, and the checksum of the copy that the anchors point into.

    split: the part of the dataset that its rows belong to. file: where it lies in the folder, for an article that may.
    """

    doc_id: Text
    title: Text
    outlet: Text
    authors: list[Text]
    date: Text
    language: Text
    characters: int
    sha256: Sha256
    rights: Text
    split: Literal["development", "kept"] | None = None
    file: Annotated[str, StringConstraints(pattern=r"^articles/[\w-]+\.txt$")] | None = None


class Actor(Record):
    """Who can hold a stance."""

    id: Text
    name: Text
    kind: Literal["person", "country", "organisation", "group"]
    affiliation: Text | None
    country: Text | None
    role: Text | None


class Unit(Record):
    """One (statement, actor) pair before anybody has labelled it. `start`, `end`: code points into the article, end-exclusive."""

    id: Text
    doc_id: Text
    group: Text
    text: Text
    actor: Text
    actor_id: Text
    target: Text
    quote: Text | None
    quote_start: int | None
    mode: Mode
    paragraph: int
    start: int
    end: int
    span_sha256: Sha256
    loose_length: int
    loose_sha256: Sha256
    role: Role | None = None


class GoldRow(Unit):
    """A unit with its settled label and position."""

    label: Text
    position: Position


class Annotation(Record):
    """What one annotator gave one unit in one round.

    recipe: the classifier that gave it, name and checksum, where `annotate` has added it for comparison; it counts for nothing
    else, and need not have a position, confidence or rationale. None: of those that gold follows from, who give them all.
    """

    id: Text
    annotator: Text
    round: int
    codebook: Text
    label: Text
    position: Position | None = None
    confidence: Annotated[int, Field(ge=1, le=5)] | None = None
    rationale: Text | None = None
    recipe: Text | None = None

    @model_validator(mode="after")
    def _whole_unless_compared(self) -> Self:
        absent = [name for name in ("position", "confidence", "rationale") if self.recipe is None and getattr(self, name) is None]
        if absent:
            raise ValueError(" and ".join(f"key {name!r} is missing" for name in absent))
        return self


class Adjudication(Record):
    """How one disagreement was settled, and why."""

    id: Text
    label: Text
    position: Position
    reason: Text


R = TypeVar("R", bound=BaseModel)


def read_text(path: Path) -> str:
    """The file as UTF-8 text (a byte-order mark is dropped). InputError names the line of the first byte that is not."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder, expected a file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        byte = content[error.start]
        raise InputError(f"{path}:{line}: not UTF-8 (byte 0x{byte:02x}); save the file as UTF-8") from None
    if not text.strip():
        raise InputError(f"{path}: the file is empty")
    return text


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a value; leave the key out or write null")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits} is too large a number")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (key, count), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"key {key!r} stands {count} times")
    return found


_STRICT = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_once)


def read_json_lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """(line number, object) for each line that is not blank. All lines that are no JSON object are reported at once."""
    faults: list[str] = []
    rows = list(json_rows(read_text(path).split("\n"), path, faults.append))
    refuse(faults)
    return rows


def json_rows(lines: Iterable[str], path: Path, tell: Callable[[str], None]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) for each line that is not blank, one after the other; `tell` is told of those that are no object."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _STRICT.decode(line)
            if "\\u" in line:  # text that was decoded from UTF-8 holds half a character only where an escape writes it
                json.dumps(row, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError) as error:
            tell(f"{path}:{number}: not a JSON object: {error}")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            tell(f"{path}:{number}: expected a JSON object, got {type(row).__name__}")


def explain(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Each fault that pydantic found, in a sentence with the nearest allowed key or value."""
    sentences = []
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"]) or "the entry"
        if fault["type"] == "extra_forbidden":
            sentences.append(f"unknown key {key!r}{suggestion(str(fault['loc'][-1]), _fields_at(model, fault['loc'][:-1]))}")
        elif fault["type"] == "missing":
            sentences.append(f"key {key!r} is missing")
        elif fault["type"] == "literal_error":
            allowed = fault["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
            sentences.append(f"unknown {key} {fault['input']!r}{suggestion(str(fault['input']), allowed)}")
        elif fault["type"] == "value_error":
            sentences.append(f"key {key!r}: {fault['ctx']['error']}" if fault["loc"] else str(fault["ctx"]["error"]))
        else:
            sentences.append(f"key {key!r}: {fault['msg']}, got {fault['input']!r}")
    return sentences


def parse_records(path: Path, model: type[R]) -> tuple[list[tuple[int, R]], list[str]]:
    """(line, record) pairs of a jsonl file, and one sentence with file:line for every fault."""
    records, faults = [], []
    for number, row in read_json_lines(path):
        try:
            records.append((number, model.model_validate(row)))
        except ValidationError as error:
            faults += [f"{path}:{number}: {sentence}" for sentence in explain(error, model)]
    return records, faults


def _fields_at(model: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """The keys that the record at a place inside `model` may have."""
    for part in place:
        if isinstance(part, str) and part in model.model_fields:
            inner = _records_in(model.model_fields[part].annotation)
            model = inner[0] if inner else model
    return list(model.model_fields)


def _records_in(annotation: Any) -> list[type[BaseModel]]:
    """The record types that an annotation like list[R] or dict[str, R] mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _records_in(part)]


def read_records(path: Path, model: type[R]) -> list[R]:
    """The records of a jsonl file; one InputError with all its faults."""
    records, faults = parse_records(path, model)
    refuse(faults)
    return [record for _, record in records]


def make_folder(path: Path) -> None:
    """Make a folder and those above it. InputError where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename it: the file is there whole or not at all."""
    make_folder(path.parent)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)


def refuse_occupied(folder: Path) -> None:
    """InputError where a new folder cannot be: one that holds something, a file, a link, the folder one is in."""
    try:
        if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
            raise InputError(f"{folder}: is there already; remove it, or name another folder")
        if folder.exists() and folder.samefile(Path.cwd()):
            raise InputError(f"{folder}: is the folder you are in; name a new one")
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from None


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder`, which takes its name at the end: the folder is there whole or not at all.

    What is killed in between leaves .NAME.*.unfinished behind. InputError where `folder` is occupied or cannot be written.
    """
    refuse_occupied(folder)
    make_folder(folder.parent)
    try:
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".unfinished"))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from None
    try:
        temporary.chmod(0o755)
        yield temporary
        if folder.exists():
            folder.rmdir()
        temporary.rename(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all."""

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8", newline="\n")

    write_whole(path, write)


def write_json(path: Path, value: object) -> None:
    """Write one indented JSON value, whole or not at all."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def write_json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line, whole or not at all."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows))
