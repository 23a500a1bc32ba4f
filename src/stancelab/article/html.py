"""What is an article that is given as an HTML page?"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from stancelab.article.language import code_of, language_note, language_of
from stancelab.article.main_text import main_text
from stancelab.article.markup import visible_text
from stancelab.article.plain import blocks_of
from stancelab.article.source import Source
from stancelab.errors import InputError

MOST_TAGS = 20_000
"""An article's page has some thousand; trafilatura's time grows faster than their number, and no page shall take forever."""

NO_MAIN_TEXT = "no main text was found in the page; all that is visible is read"


def html_source(content: str, doc_id: str, *, title: str | None = None, language: str | None = None) -> Source:
    """The article in a page: its main text as trafilatura chooses it, each character with its place in the page's own markup.

    Title, date and outlet are those that the page states. Where no main text is found, all visible text is read, with a note.
    title, language: as stated elsewhere; they come before what is found.
    """
    page, article = visible_text(content), _extracted(content)
    chosen = main_text(page, article.text.split("\n")) if article is not None and article.text else None
    visible = chosen or page
    title = title or (article and article.title) or None
    language = code_of(language) or language_of(visible.text)
    if not visible.blocks:
        notes = ["there is nothing to read in it"]
    else:
        notes = [note for note in (None if chosen else NO_MAIN_TEXT, language_note(language)) if note]
    source = Source(
        doc_id=doc_id,
        content=content,
        text=visible.text,
        starts=visible.starts,
        ends=visible.ends,
        blocks=blocks_of(visible.text, list(visible.blocks), title),
        title=title,
        language=language,
        notes=tuple(notes),
    )
    return replace(source, date=article.date, outlet=article.sitename) if article is not None else source


def _extracted(content: str) -> Any:
    """What trafilatura makes of a page: a document with text, title, date and sitename; None where it finds nothing."""
    try:
        from trafilatura import bare_extraction
    except ImportError as error:
        why = " ".join(str(error).split())
        raise InputError(f"reading HTML needs the package trafilatura: pip install 'stancelab[article]' ({why})") from None
    if content.count("<") > MOST_TAGS:
        return None
    # extensive search takes any date in the text; without a last date it would depend on the day
    dates = {"original_date": True, "extensive_search": False, "max_date": "2100-01-01"}
    with _silenced("trafilatura", "htmldate"):
        try:
            return bare_extraction(content, include_comments=False, with_metadata=True, date_extraction_params=dates)
        except Exception:
            # a page can break the library anywhere (recursion, lxml, dates), and is still to be read
            return None


@contextmanager
def _silenced(*names: str) -> Iterator[None]:
    """Loggers, and those below them, that write nothing for a while: what they would say becomes a note."""
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
