"""How do analyses become a folder of tables and pages, as they come, and whole or not at all?"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stancelab.article.actor_counts import ActorCounts
from stancelab.article.articles_index import ArticleEntry, articles_index, page_name
from stancelab.article.found import Analysis
from stancelab.article.page import article_page
from stancelab.article.rows import Row, columns, rows_of
from stancelab.article.sources import Unreadable
from stancelab.article.stances import Question
from stancelab.checksums import write_checksums
from stancelab.errors import InputError, report_of
from stancelab.hydration import sha256_of
from stancelab.labels import LabelScheme
from stancelab.records import new_folder, write_json, write_json_lines, write_text

STATEMENTS = "statements"
ACTORS = "actors.jsonl"
FACTS = "analysis.json"
PAGE = "article.html"
PAGES = "articles"
INDEX = "index.html"


@dataclass
class Written:
    """What a folder holds. articles: the facts of each; entries: its line in the index; rows: one a statement and actor.

    answered: rows with a label.
    """

    folder: Path
    asked: Question | None
    articles: list[dict[str, Any]] = field(default_factory=list)
    entries: list[ArticleEntry] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    statements: int = 0
    rows: int = 0
    answered: int = 0
    counts: ActorCounts = field(default_factory=ActorCounts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What someone should know of all stances."""
        return self.asked.notes if self.asked else ()

    @property
    def scheme(self) -> LabelScheme | None:
        """The labels that stances have."""
        return self.asked.predictor.scheme if self.asked else None


def write_analyses(
    out: Path, analyses: Iterable[Analysis | Unreadable], *, asked: Question | None, facts: Mapping[str, Any]
) -> Written:
    """Write statements.jsonl and .csv, actors.jsonl, analysis.json and the pages into a new folder, as the analyses come.

    One article has the page article.html; several have one each in articles/, and index.html. asked: what the stances in the
    analyses answer. facts: what analysis.json says of the making. InputError, and nothing written: a folder that is there
    already, no article that could be read.
    """
    written = Written(out, asked)
    with new_folder(out) as folder:
        with _tables(folder, written.scheme) as add:
            for entry in analyses:
                if isinstance(entry, Analysis):
                    _write_article(folder, entry, add, written)
                else:
                    written.unreadable.append(entry)
        if not written.articles:
            raise InputError(report_of([f"{entry.where}: {entry.why}" for entry in written.unreadable]) or "no article was given")
        write_json_lines(folder / ACTORS, (actor.model_dump() for actor in written.counts.actors.values()))
        _finish_pages(folder, written)
        write_json(folder / FACTS, {**facts, **_facts(written)})
        write_checksums(folder)
    return written


@contextmanager
def _tables(folder: Path, scheme: LabelScheme | None) -> Iterator[Callable[[Sequence[Row]], None]]:
    """Something that adds rows to both tables of statements."""
    names = columns(scheme)
    jsonl, table = folder / f"{STATEMENTS}.jsonl", folder / f"{STATEMENTS}.csv"
    with (
        jsonl.open("w", encoding="utf-8", newline="\n") as lines,
        table.open("w", encoding="utf-8", newline="") as cells,
    ):
        writer = csv.DictWriter(cells, names, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writeheader()

        def add(rows: Sequence[Row]) -> None:
            lines.writelines(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
            writer.writerows(rows)

        yield add


def _write_article(folder: Path, analysis: Analysis, add: Callable[[Sequence[Row]], None], written: Written) -> None:
    rows = list(rows_of(analysis))
    add(rows)
    written.counts.add(analysis)
    written.statements += len(analysis.statements)
    written.rows += len(rows)
    written.answered += sum(row["label"] is not None for row in rows)
    notes = tuple(note for note in (*analysis.source.notes, *analysis.notes) if note not in written.notes)
    written.entries.append(replace(ArticleEntry.of(analysis), notes=notes))
    written.articles.append({**_article_facts(analysis), "rows": len(rows), "notes": list(notes)})
    write_text(folder / PAGES / page_name(analysis.source.doc_id), article_page(analysis))


def _finish_pages(folder: Path, written: Written) -> None:
    """Give the only page its name, or several a list."""
    if len(written.articles) > 1:
        write_text(folder / INDEX, articles_index(written.entries))
        return
    (page,) = (folder / PAGES).iterdir()
    page.rename(folder / PAGE)
    (folder / PAGES).rmdir()


def _article_facts(analysis: Analysis) -> dict[str, Any]:
    source = analysis.source
    return {
        "doc_id": source.doc_id,
        "sha256": sha256_of(source.content),
        "characters": len(source.content),
        "title": source.title,
        "date": source.date,
        "source": source.outlet,
        "language": source.language,
        "encoding": source.encoding,
        "actors": len(analysis.actors),
        "statements": len(analysis.statements),
    }


def _facts(written: Written) -> dict[str, Any]:
    scheme = written.scheme
    return {
        "target": written.asked.target if written.asked else None,
        "model": written.asked.predictor.name if written.asked else None,
        "scheme": scheme.name if scheme else None,
        "labels": list(scheme.labels) if scheme else None,
        "notes": list(written.notes),
        "actors": len(written.counts.actors),
        "statements": written.statements,
        "rows": written.rows,
        "articles": written.articles,
        "unreadable": [{"where": entry.where, "why": entry.why} for entry in written.unreadable],
    }
