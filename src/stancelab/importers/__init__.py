"""Which foreign corpora can be imported? Each is one file with a card and a function that reads it."""

from importlib import import_module
from pathlib import Path

from stancelab.errors import unknown
from stancelab.importers.card import Card, Reading

IMPORTERS = {
    "semeval2016": "stancelab.importers.semeval2016",
    "vast": "stancelab.importers.vast",
    "pstance": "stancelab.importers.pstance",
    "newsmtsc": "stancelab.importers.newsmtsc",
    "gwsd": "stancelab.importers.gwsd",
    "perspectrum": "stancelab.importers.perspectrum",
}
"""Format -> module with CARD and read(source)."""

TABLE = "table"
"""The format of any other file, see `stancelab.importers.table`."""


def cards() -> dict[str, Card]:
    """The card of every corpus that can be imported."""
    return {name: import_module(module).CARD for name, module in IMPORTERS.items()}


def check_format(name: str) -> None:
    """InputError for a format that nothing reads."""
    if name not in (*IMPORTERS, TABLE):
        raise unknown("format", name, [*IMPORTERS, TABLE])


def read_corpus(name: str, source: Path) -> tuple[Card, Reading]:
    """A corpus' card and rows. InputError for files that are not as its card says."""
    module = import_module(IMPORTERS[name])
    return module.CARD, module.read(source)
