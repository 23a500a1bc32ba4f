"""stancelab network: who agrees with whom, with the classifier's doubt carried through."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stancelab.cli.console import Json, say, say_json

if TYPE_CHECKING:
    from stancelab.networks.debate import Debate


def network(  # noqa: PLR0913
    tables: Annotated[
        list[str], typer.Argument(metavar="TABLE...", help="Statements tables (csv, tsv, jsonl, parquet), or datasets.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder for the networks.")],
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="affiliation, congruence, conflict, subtract or ignore; may be repeated; all but ignore if none is named."
        ),
    ] = None,
    among: Annotated[str, typer.Option(help="Tie actors by targets, or targets by actors.")] = "actors",
    normalisation: Annotated[
        str, typer.Option(help="no; average, jaccard or cosine of pairs; activity or prominence of affiliations.")
    ] = "no",
    duplicates: Annotated[str, typer.Option(help="Count identical statements all, once a document, or once a window.")] = "all",
    window: Annotated[int | None, typer.Option(min=1, help="Also a network for each so many days.")] = None,
    step: Annotated[int | None, typer.Option(min=1, help="Days from window to window; its length if not given.")] = None,
    draws: Annotated[int, typer.Option(min=1, help="How often labels are drawn from their probabilities.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 0,
    scheme: Annotated[str | None, typer.Option(help="The labels' scheme, where the labels do not tell.")] = None,
    json_: Json = False,
) -> None:
    """Make networks of actors and targets from statements: ties as in Discourse Network Analyzer, each with an interval."""
    from stancelab.networks.debate import choices_of, debate
    from stancelab.networks.results import write_debate
    from stancelab.networks.statements import read_statements

    choices = choices_of(kinds=kind, among=among, normalisation=normalisation, duplicates=duplicates)
    statements = read_statements(tables, scheme=scheme)
    found = debate(statements, choices, seed=seed, draws=draws, window=window, step=step)
    told = write_debate(found, out)
    if json_:
        say_json({"out": str(out), **told})
        return
    _print(found, told, out)


def _print(found: "Debate", told: dict[str, Any], out: Path) -> None:
    from stancelab.networks.results import counted
    from stancelab.report.section import DASH, Sheet
    from stancelab.report.terminal import print_sheet

    every, known = told["all"], found.whole.statements
    say(
        f"{counted(known.rows, 'statement')} of {counted(known.actors, 'actor')} on {counted(known.targets, 'target')} "
        f"in {counted(known.documents, 'article')}: {every['favor']} in favor, {every['against']} against, {every['other']} other"
    )
    for note in told["notes"]:
        say(note)
    names = ("kind", "nodes", "ties", "ties_in_draws_only", "left_out_as_seldom")
    cells = [tuple(str(entry[name]) for name in names) for entry in every["networks"]]
    print_sheet("Networks", Sheet(("kind", "nodes", "ties", "in draws only", "seldom, left out"), tuple(cells)))
    rows = [*every["polarisation"], *(period["polarisation"][0] for period in told["windows"])]
    measured = [
        (
            entry["measure"] if entry["target"] is None else f"{entry['measure']}: {entry['target']}",
            f"{entry['first']} to {entry['last']}" if "first" in entry else "all",
            str(entry["statements"]),
            DASH if entry["value"] is None else f"{entry['value']:.2f} [{entry['low']:.2f}, {entry['high']:.2f}]",
        )
        for entry in rows
    ]
    print_sheet("Polarisation", Sheet(("measure", "days", "statements", "value [95 % of draws]"), tuple(measured)))
    if told["draws"]:
        say(told["caveat"])
    if told["windows"]:
        say(f"dispersion window by window: {out / 'polarisation.csv'}")
    say(f"written: {out}")
