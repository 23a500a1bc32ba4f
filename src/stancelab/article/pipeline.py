"""How does an article become an analysis, and a stream of articles one of analyses, on several cores and in bounded memory?"""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any

from stancelab.article.found import Analysis
from stancelab.article.gazetteer import Gazetteer, load_gazetteer
from stancelab.article.source import Source
from stancelab.article.sources import Unreadable
from stancelab.article.stances import Question, with_stances
from stancelab.article.statements import Found, find
from stancelab.article.syntax import load
from stancelab.processes import work_for

CHUNK = 64
"""Articles in memory at once: enough statements to fill an encoder's batches, few enough for any machine. Fewer than this are
parsed sooner than other processes have started and loaded the language model."""

PART = 4
"""Articles that a process is given at a time: sending them costs little beside reading them."""

NOTHING = "no statement was found: the article tells of nobody who says, decides or plans anything"


def analyse(source: Source, nlp: Any, gazetteer: Gazetteer | None = None) -> Analysis:
    """The actors and statements of one article, without stances.

    nlp: what `article.syntax.load` gives. gazetteer: who is meant by names that articles do not explain; the shipped one if None.
    """
    return _analysis(source, find(source, nlp, gazetteer or load_gazetteer()))


def analyse_many(
    sources: Iterable[Source | Unreadable],
    *,
    asked: Question | None = None,
    gazetteer: Gazetteer | None = None,
    jobs: int = 1,
) -> Iterator[Analysis | Unreadable]:
    """The analyses of many articles, in their order, with stances if some are asked for; what is unreadable passes through.

    Sources are taken, parsed and judged CHUNK at a time, and no more than that are held. jobs: processes that parse; their number
    changes no result. An article whose id another one had before counts as unreadable, as rows and pages go by their ids.
    """
    from joblib import Parallel

    stream, names = _told_apart(sources), gazetteer or load_gazetteer()
    chunk = list(islice(stream, CHUNK))
    with Parallel(n_jobs=jobs if len(chunk) == CHUNK else 1) as parallel:
        while chunk:
            yield from _analysed(chunk, asked, names, parallel)
            chunk = list(islice(stream, CHUNK))


def _told_apart(sources: Iterable[Source | Unreadable]) -> Iterator[Source | Unreadable]:
    met = set()
    for source in sources:
        if isinstance(source, Source) and source.doc_id in met:
            yield Unreadable(source.doc_id, "another article has this id")
            continue
        if isinstance(source, Source):
            met.add(source.doc_id)
        yield source


def _analysed(
    entries: Sequence[Source | Unreadable], asked: Question | None, gazetteer: Gazetteer, parallel: Any
) -> Iterator[Analysis | Unreadable]:
    """One chunk of the stream."""
    from joblib import delayed

    sources = [entry for entry in entries if isinstance(entry, Source)]
    parts = (sources[start : start + PART] for start in range(0, len(sources), PART))
    found = chain.from_iterable(parallel(delayed(_found)(os.getpid(), part, gazetteer) for part in parts))
    analyses = [_analysis(source, each) for source, each in zip(sources, found, strict=True)]
    in_order = iter(with_stances(analyses, asked) if asked else analyses)
    return (next(in_order) if isinstance(entry, Source) else entry for entry in entries)


def _found(parent: int, sources: Sequence[Source], gazetteer: Gazetteer) -> list[Found]:
    work_for(parent)
    return [find(source, loaded(), gazetteer) for source in sources]


@cache
def loaded() -> Any:
    """The language model, loaded once a process."""
    return load()


def _analysis(source: Source, found: Found) -> Analysis:
    actors, statements = found
    return Analysis(source, actors, statements, notes=() if statements else (NOTHING,))
