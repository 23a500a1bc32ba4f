"""How is a TOML file read strictly, with every fault at its line?"""

import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from stancelab.errors import InputError, refuse
from stancelab.records import explain, read_text

M = TypeVar("M", bound=BaseModel)


def read_toml(path: Path, model: type[M], **given: str) -> M:
    """A TOML file as a record; `given` are keys that do not stand in the file. InputError names file, line, nearest key."""
    try:
        content = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not TOML: {error}") from None
    for key in given:
        if key in content:
            raise InputError(f"{place_of_key(path, key)}: key {key!r} does not stand in this file; the file's name gives it")
    return _record(path, {**content, **given}, model)


def _record(path: Path, content: dict[str, Any], model: type[M]) -> M:
    try:
        return model.model_validate(content, strict=False)
    except ValidationError as error:
        keys = [fault["loc"][:-1] if fault["type"] == "missing" else fault["loc"] for fault in error.errors()]
        sentences = explain(error, model)
    refuse([f"{_place_within(path, key)}: {sentence}" for key, sentence in zip(keys, sentences, strict=True)])
    raise AssertionError("a validation error without faults")


def place_of_key(path: Path, key: str) -> str:
    """ "FILE:LINE" of the line that sets a key or opens its table, of the first line if there is none."""
    return _place(path, _line_of(key))


def _line_of(key: str) -> str:
    return rf"^\s*\[*\s*(?:[\w-]+\.)*\"?{re.escape(key)}\"?\s*[=\]]"


def _place_within(path: Path, keys: Sequence[int | str]) -> str:
    """The place of a key inside tables, like ("protocols", 1, "share"): of the innermost of these that has a line."""
    lines = read_text(path).split("\n")
    found = 0
    for key, following in zip(keys, (*keys, 0)[1:], strict=True):
        pattern = _line_of(str(key))
        hits = [number for number in range(found, len(lines)) if isinstance(key, str) and re.search(pattern, lines[number])]
        which = following if isinstance(following, int) and following < len(hits) else 0
        found = hits[which] if hits else found
    return f"{path}:{found + 1}"


def place_of_value(path: Path, value: str) -> str:
    """ "FILE:LINE" of the first line that holds a quoted value."""
    return _place(path, re.escape(f'"{value}"'))


def _place(path: Path, pattern: str) -> str:
    lines = read_text(path).split("\n")
    return f"{path}:{next((number for number, line in enumerate(lines, 1) if re.search(pattern, line)), 1)}"


def toml_line(key: str, value: object) -> str:
    """One line of a TOML file: a key with text, a number, a truth value or a list of those.

    >>> toml_line("title", 'a "b"')
    'title = "a \\\\"b\\\\""\\n'
    """
    written = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON lets DEL stand as it is, TOML does not
    return f"{key} = {written}\n"
