"""What is this foreign corpus, who publishes it and under which licence, and what does its importer do to it?"""

import re
from pathlib import Path
from typing import Any

from pydantic import Field

from stancelab.errors import InputError, suggestion
from stancelab.records import Record, Text

AUTHOR = "the author"
"""The actor of every row of a corpus whose stances are those of the people who wrote the texts."""

TRAINING = ("train", "training", "trial")
TESTING = ("test", "testing", "dev", "development", "val", "valid", "validation", "eval", "evaluation", "kept")
"""Words in the names of splits that say what a split is for."""


class Split(Record):
    """An official part of a corpus: how many rows it has in each published form (none: not known), and what it is for."""

    rows: list[int]
    use: Text


def is_for_training(split: str | None, *, where: str) -> bool | None:
    """Whether a split of this name trains (True) or is tested (False), by the words in it; None where there is no name.

    InputError: a name with words of neither or of both. where: the place that the message names.

    >>> [is_for_training(name, where="rows.csv") for name in ("Train", "rw-dev", " ")]
    [True, False, None]
    """
    if split is None or not split.strip():
        return None
    words = set(re.split(r"[^a-z]+", split.lower()))
    trains = not words.isdisjoint(TRAINING)
    if trains != words.isdisjoint(TESTING):
        raise InputError(
            f"{where}: split {split!r} does not say whether it is for training or for testing"
            f"{suggestion(split.strip().lower(), [*TRAINING, *TESTING])}"
        )
    return trains


class Card(Record):
    """The card of a corpus. `scheme` is the label scheme after import, `label_map` what each foreign label becomes."""

    name: Text
    title: Text
    description: Text
    year: int | None
    language: Text = "en"
    creators: list[Text]
    citation: Text
    publisher: Text
    licence: Text
    get: Text
    layout: Text
    scheme: Text
    target: Text
    label_map: dict[str, str]
    splits: dict[str, Split]
    faults: list[Text] = Field(default_factory=list)


class Reading(Record):
    """What an importer read: rows with the core columns, where each stood ("FILE:LINE"), what was repaired, and which files."""

    rows: list[dict[str, Any]]
    places: list[str]
    notes: list[str]
    files: list[Path]
