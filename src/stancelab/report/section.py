"""What is a part of the report made of?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sheet:
    """A table as text, to be written as LaTeX and csv: every row as wide as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A part of the page: its anchor and title, its template in report/sections/ and what that reads, what is written beside.

    figures: altair charts by file name, written as svg and pdf. sheets: tables by file name, written as LaTeX and csv.
    """

    anchor: str
    title: str
    template: str
    context: Mapping[str, Any]
    figures: Mapping[str, Any] = field(default_factory=dict)
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
