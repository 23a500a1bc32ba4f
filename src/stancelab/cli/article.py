"""stancelab article: from articles to statements, actors and stances."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stancelab.cli.console import Jobs, Json, MaxRequests, MaxTokens, interruptible, metered, say, say_json, warn

if TYPE_CHECKING:
    from stancelab.article.folder import Written
    from stancelab.report.section import Sheet


def article(  # noqa: PLR0913
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Articles, or folders of them; - reads stdin.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder to write, which must not be there yet.")],
    target: Annotated[str | None, typer.Option(help="What stances are about; without one, none are given.")] = None,
    model: Annotated[
        str | None, typer.Option(help="A model's folder, or a recipe that needs no training; cue-lexicon if not given.")
    ] = None,
    scheme: Annotated[str | None, typer.Option(help="The label scheme that such a recipe is told.")] = None,
    gazetteer: Annotated[Path | None, typer.Option(help="Your own actors and other names for them, a TOML file.")] = None,
    jobs: Jobs = None,
    max_requests: MaxRequests = None,
    max_tokens: MaxTokens = None,
    json_: Json = False,
) -> None:
    """Find who said what in articles, and where they stand on a target: tables, and pages to read them on."""
    from stancelab.article.analysing import analyse_files

    with interruptible("nothing is written"), metered(max_requests, max_tokens):
        written = analyse_files(files, out, target=target, model=model, scheme=scheme, gazetteer=gazetteer, jobs=jobs)
    for warning in _warnings(written):
        warn(warning)
    if json_:
        say_json(_summary(written))
        return
    if len(written.articles) == 1:
        from stancelab.report.terminal import print_sheet

        print_sheet("", _sheet(written))
    counts = {"statement": written.statements, "actor": len(written.counts.actors), "article": len(written.articles)}
    statements, actors, articles = (f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items())
    say(f"{out}: {statements} by {actors} in {articles}")


def _warnings(written: "Written") -> list[str]:
    from stancelab.errors import report_of

    notes = [f"{entry['doc_id']}: {note}" for entry in written.articles for note in entry["notes"]]
    unreadable = [f"not read: {entry.where}: {entry.why}" for entry in written.unreadable]
    silent = written.rows - written.answered if written.asked else 0
    answers = [f"no answer for {silent} of {written.rows} rows; their label is empty"] if silent else []
    return [*written.notes, *answers, *(report_of(lines) for lines in (unreadable, notes) if lines)]


def _sheet(written: "Written") -> "Sheet":
    """A line for each actor, those with the most statements first: how many, and of which label."""
    from stancelab.report.section import Sheet

    labels = written.scheme.labels if written.scheme else ()
    actors = sorted(written.counts.actors.values(), key=lambda actor: (-actor.statements, actor.name))
    count = written.counts.labels
    lines = ((each.name, str(each.statements), *(str(count[each.id, label] or "") for label in labels)) for each in actors)
    return Sheet(("actor", "statements", *labels), tuple(lines))


def _summary(written: "Written") -> dict[str, Any]:
    actors = written.counts.actors.values()
    labels = written.scheme.labels if written.scheme else ()
    return {
        "folder": str(written.folder),
        "articles": len(written.articles),
        "unreadable": [{"where": entry.where, "why": entry.why} for entry in written.unreadable],
        "statements": written.statements,
        "rows": written.rows,
        "answered": written.answered,
        "actors": {
            each.id: {
                "name": each.name,
                "statements": each.statements,
                "labels": {label: written.counts.labels[each.id, label] for label in labels},
            }
            for each in actors
        },
        "notes": list(written.notes),
    }
