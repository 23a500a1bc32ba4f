"""What is a part of the report made of, and how does it become a piece of the page?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stancelab.report.sealed import templates

if TYPE_CHECKING:
    from jinja2 import Environment


DASH = "–"
"""Where a recipe has no such number."""


@dataclass(frozen=True)
class Sheet:
    """A table as text, to be written as LaTeX and csv: every row as wide as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A part of the page: its anchor and title, its template in report/sections/ and what that reads, what is written beside.

    figures: altair charts by file name, written as svg and pdf. sheets: tables by file name, written as LaTeX and csv.
    records: tables by file name that are too long to be printed, written as csv alone.
    """

    anchor: str
    title: str
    template: str
    context: Mapping[str, Any]
    figures: Mapping[str, Any] = field(default_factory=dict)
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    records: Mapping[str, Sheet] = field(default_factory=dict)

    @property
    def html(self) -> str:
        """The template filled in: what stands below the section's heading. Text is escaped, an unknown name is an error."""
        return environment().get_template(self.template).render(self.context)


def environment() -> "Environment":
    """Where the templates of the page and of its sections are found."""
    return templates("report", "report/sections")
