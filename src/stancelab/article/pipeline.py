"""How does an article become an analysis, and a stream of articles one of analyses, on several cores and in bounded memory?"""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from stancelab.article.found import Analysis, FoundActor, Statement
from stancelab.article.source import Source
from stancelab.article.stances import Question, with_stances

if TYPE_CHECKING:
    from stancelab.article.sources import Unreadable

CHUNK = 32
"""Articles in memory at once: enough statements to fill an encoder's batches, few enough for any machine."""

FEW = 8
"""Articles that are read sooner than another process has started and loaded the language model."""

Found = tuple[tuple[FoundActor, ...], tuple[Statement, ...]]
"""The actors and the statements of an article."""


def analyse(source: Source, nlp: Any) -> Analysis:
    """The actors and statements of one article, without stances. nlp: what `article.syntax.load` gives."""
    from stancelab.article.statements import find

    return _analysis(source, find(source, nlp))


def analyse_many(
    sources: "Iterable[Source | Unreadable]", *, asked: Question | None = None, jobs: int = 1
) -> "Iterator[Analysis | Unreadable]":
    """The analyses of many articles, in their order, with stances if some are asked for; what is unreadable passes through.

    Sources are taken, parsed and judged CHUNK at a time, and no more than that are held. jobs: processes that parse; their number
    changes no result.
    """
    from joblib import Parallel

    stream = iter(sources)
    chunk = list(islice(stream, CHUNK))
    with Parallel(n_jobs=jobs if len(chunk) > FEW else 1) as parallel:
        while chunk:
            yield from _chunk(chunk, asked, parallel)
            chunk = list(islice(stream, CHUNK))


def _chunk(entries: "Sequence[Source | Unreadable]", asked: Question | None, parallel: Any) -> "Iterator[Analysis | Unreadable]":
    from joblib import delayed

    sources = [entry for entry in entries if isinstance(entry, Source)]
    found = parallel(delayed(_found)(os.getpid(), source) for source in sources)
    analyses = [_analysis(source, each) for source, each in zip(sources, found, strict=True)]
    in_order = iter(with_stances(analyses, asked) if asked else analyses)
    return (next(in_order) if isinstance(entry, Source) else entry for entry in entries)


def _found(parent: int, source: Source) -> Found:
    from stancelab.article.statements import find
    from stancelab.runs import work_for

    work_for(parent)
    return find(source, loaded())


@cache
def loaded() -> Any:
    """The language model, loaded once a process."""
    from stancelab.article.syntax import load

    return load()


def _analysis(source: Source, found: Found) -> Analysis:
    actors, statements = found
    return Analysis(source, actors, statements, notes=() if statements else (NOTHING,))


NOTHING = "no statement was found: the article tells of nobody who says, decides or plans anything"
