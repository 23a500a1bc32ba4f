"""Which articles were read, and where is the page of each?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from stancelab.article.found import Analysis
from stancelab.article.page import sealed

SAFE = re.compile(r"[a-z0-9_]+(?:[.-][a-z0-9_]+)*")
"""A name that no file system changes, refuses or takes for another: no capitals, no two marks in a row."""
RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
"""Names that Windows keeps for devices."""
LONGEST = 80
DIGITS = 16


@dataclass(frozen=True)
class ArticleEntry:
    """A line of the index. actors: how many make a statement."""

    doc_id: str
    title: str | None
    date: str | None
    statements: int
    actors: int
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, analysis: Analysis) -> Self:
        """The line of an article."""
        source = analysis.source
        speaking = {each.actor_id for one in analysis.statements for each in one.attributions}
        notes = (*source.notes, *analysis.notes)
        return cls(source.doc_id, source.title, source.date, len(analysis.statements), len(speaking), notes)


def page_name(doc_id: str) -> str:
    """The name of an article's page: its doc_id where that is a safe file name, else what is safe of it with a checksum.

    Different articles have different names, also where capitals do not count.

    >>> page_name("wire-2031.04")
    'wire-2031.04.html'
    >>> page_name("../Übersicht")
    'bersicht--a9b70f4fb7b408b1.html'
    """
    if SAFE.fullmatch(doc_id) and not RESERVED.fullmatch(doc_id) and len(doc_id) <= LONGEST:
        return f"{doc_id}.html"
    kept = re.sub(r"[^A-Za-z0-9_]+", "-", doc_id).strip("-")[:LONGEST].rstrip("-") or "article"
    return f"{kept}--{sha256(doc_id.encode()).hexdigest()[:DIGITS]}.html"


def articles_index(entries: Sequence[ArticleEntry]) -> str:
    """The page that lists articles, in the order given, each with a link to its own below articles/."""
    return sealed(
        "articles_index.html",
        style=("report/look.css", "article/page.css"),
        script=("article/sorting.js", "article/articles_index.js"),
        entries=entries,
        page_name=page_name,
    )
