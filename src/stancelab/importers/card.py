"""What is this foreign corpus, who publishes it and under which licence, and what does its importer do to it?"""

from pathlib import Path
from typing import Any

from pydantic import Field

from stancelab.records import Record, Text

AUTHOR = "the author"
"""The actor of every row of a corpus whose stances are those of the people who wrote the texts."""


class Split(Record):
    """An official part of a corpus: how many rows it has in each published form (none: not known), and what it is for."""

    rows: list[int]
    use: Text


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
