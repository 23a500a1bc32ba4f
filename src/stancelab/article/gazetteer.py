"""Who is meant by a name that an article does not explain: "the Kremlin", "Paris", "the French"?"""

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal

from stancelab.errors import InputError
from stancelab.records import Record, Text
from stancelab.toml_files import read_toml


class Entry(Record):
    """One actor of a gazetteer; see gazetteer.toml, which explains the keys."""

    name: Text
    kind: Literal["person", "country", "organisation", "group"]
    country: Text | None = None
    affiliation: Text | None = None
    role: Text | None = None
    aliases: tuple[Text, ...] = ()
    people: tuple[Text, ...] = ()


class Entries(Record):
    """A gazetteer's file."""

    actor: list[Entry]


class Gazetteer:
    """Entries by their names, aliases and people, without regard to case and a leading article."""

    def __init__(self, entries: list[Entry]) -> None:
        self.by_name: dict[str, Entry] = {}
        self.by_people: dict[str, Entry] = {}
        for entry in entries:
            for name in (entry.name, *entry.aliases):
                self.by_name.setdefault(key_of(name), entry)
            for people in entry.people:
                self.by_people.setdefault(key_of(people), entry)

    def named(self, name: str) -> Entry | None:
        """The actor that a name means, an alias or a metonym."""
        return self.by_name.get(key_of(name))

    def of_people(self, word: str) -> Entry | None:
        """The country of an adjective or a word for its people: "French", "Russians"."""
        found = self.by_people.get(key_of(word))
        return found or self.by_people.get(key_of(word.removesuffix("s")))


def key_of(name: str) -> str:
    """A name without its article, in lower case.

    >>> key_of("The Kremlin")
    'kremlin'
    """
    return " ".join(name.lower().removeprefix("the ").split())


@cache
def _shipped() -> tuple[Entry, ...]:
    with as_file(files("stancelab.article").joinpath("gazetteer.toml")) as path:
        return tuple(read_toml(path, Entries).actor)


def load_gazetteer(own: Path | None = None) -> Gazetteer:
    """The gazetteer that the package carries, and before it the user's own.

    InputError: a file that cannot be read, an unknown key, one alias for two actors of the own file.
    """
    entries = [] if own is None else read_toml(own, Entries).actor
    seen: dict[str, str] = {}
    for entry in entries:
        for name in (entry.name, *entry.aliases):
            other = seen.setdefault(key_of(name), entry.name)
            if other != entry.name:
                raise InputError(f"{own}: {name!r} means both {other!r} and {entry.name!r}; leave it with one of them")
    return Gazetteer([*entries, *_shipped()])
