"""Do the anchors of a dataset's rows point at the words they should, in the articles themselves?"""

from collections.abc import Container, Sequence
from pathlib import Path

from stancelab.errors import InputError
from stancelab.hydration import loosen, sha256_of
from stancelab.records import Article, GoldRow, read_text

Articles = Sequence[tuple[str, Article]]
Rows = Sequence[tuple[str, GoldRow]]
"""Records with the places they stand at, "FILE:LINE"."""


def shipped_faults(folder: Path, articles: Articles, rows: Rows) -> list[str]:
    """Faults of the articles that lie in a dataset's folder, and of the rows that point into them."""
    faults = []
    for place, entry in articles:
        if entry.file is None:
            continue
        try:
            source = read_text(folder / entry.file)
        except InputError as error:
            faults.append(f"{place}: {error}")
            continue
        if (sha256_of(source), len(source)) != (entry.sha256, entry.characters):
            faults.append(f"{place}: sha256 or characters are not those of {entry.file}")
        faults += _word_faults(source, rows, {entry.doc_id})
    return faults


def copy_faults(copy: Path, articles: Articles, rows: Rows) -> list[str]:
    """Faults of the rows whose article does not lie in the folder, by the user's copy of it.

    InputError where all articles lie there, or several do not: a copy stands for one.
    """
    elsewhere = [entry for _, entry in articles if entry.file is None]
    if len(elsewhere) != 1:
        why = f"{len(elsewhere)} articles do not" if elsewhere else "all articles lie there and are checked as they stand"
        raise InputError(f"{copy}: --article goes with a dataset of which one article does not lie in the folder; {why}")
    source = read_text(copy)
    faults = [] if sha256_of(source) == elsewhere[0].sha256 else [f"{copy}: sha256 is not the one in articles.jsonl"]
    return faults + _word_faults(source, rows, {elsewhere[0].doc_id})


def _word_faults(source: str, rows: Rows, documents: Container[str]) -> list[str]:
    faults = []
    for place, row in {row.group: (place, row) for place, row in rows if row.doc_id in documents}.values():
        span = source[row.start : row.end]
        if sha256_of(span) != row.span_sha256:
            faults.append(f"{place}: the article's words at {row.start}-{row.end} have another checksum")
        elif (len(loosen(span)), sha256_of(loosen(span))) != (row.loose_length, row.loose_sha256):
            faults.append(f"{place}: loose_length or loose_sha256 is not that of the span")
        if row.quote is not None and row.quote_start is not None and not source.startswith(row.quote, row.quote_start):
            faults.append(f"{place}: the article does not say {row.quote!r} at {row.quote_start}")
        paragraph = paragraph_at(source, row.start)
        if paragraph != row.paragraph:
            faults.append(f"{place}: paragraph {row.paragraph}, but the span stands in {paragraph}")
    return faults


def paragraph_at(source: str, start: int) -> int:
    """Which of a text's lines that are not blank holds a place, counted from 1.

    >>> paragraph_at("Headline\\n\\nFirst words.", 10)
    2
    """
    return sum(1 for line in source[:start].split("\n")[:-1] if line.strip()) + 1
