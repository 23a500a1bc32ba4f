"""stancelab score, compare: predictions of any program."""

from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from stancelab.cli.console import Gold, Json, Missing, Scheme, say, say_json, warn


def score(
    predictions: Path,
    gold: Gold,
    metric: Annotated[list[str] | None, typer.Option(help="A metric, e.g. macro_f1 or f1:favor; all if not given.")] = None,
    scheme: Scheme = None,
    missing: Missing = "refuse",
    by: Annotated[str | None, typer.Option(help="Score each value of this column of gold apart, like target.")] = None,
    json_: Json = False,
) -> None:
    """Score any program's predictions: a table with id, label and, where known, p_<label>."""
    from stancelab.intervals import few_clusters_warning
    from stancelab.scoring import score as score_

    scores = score_(predictions, gold, metrics=metric, scheme=scheme, missing=missing, by=by)  # type: ignore[arg-type]
    if json_:
        say_json(
            {
                "predictions": str(predictions),
                "gold": gold,
                "warning": few_clusters_warning(min(entry.clusters for entry in scores)),
                "scores": [entry.to_dict() for entry in scores],
            }
        )
        return
    for part, entries in groupby(scores, key=lambda entry: entry.part):
        of_part = list(entries)
        first, head = of_part[0], f"{part}: " if part else ""
        say(f"{head}{first.rows} rows in {first.clusters} statements, coverage {first.coverage:.1%}")
        for entry in of_part:
            say(f"{entry.metric:28} {entry.interval}   {entry.signature}")
    warn(few_clusters_warning(min(entry.clusters for entry in scores)))


def compare(
    a: Annotated[Path, typer.Argument(help="A run's folder, or a predictions file.")],
    b: Annotated[Path, typer.Argument(help="Another one.")],
    gold: Annotated[str | None, typer.Option(help="Needed where neither is a run.")] = None,
    metric: Annotated[str, typer.Option(help="The metric to compare.")] = "macro_f1",
    scheme: Scheme = None,
    json_: Json = False,
) -> None:
    """Compare two systems on the same rows: paired bootstrap interval and randomisation p, Holm-corrected."""
    from dataclasses import asdict

    from stancelab.intervals import few_clusters_warning
    from stancelab.pairing import compare_sources

    found = compare_sources(a, b, gold=gold, metric=metric, scheme=scheme)
    if json_:
        say_json(
            {
                "metric": metric,
                "warning": few_clusters_warning(found[0].clusters),
                "comparisons": [asdict(entry) for entry in found],
            }
        )
        return
    for entry in found:
        say(
            f"{entry.a} minus {entry.b}, {entry.metric}: {entry.difference}, p = {entry.p:.4f}, Holm {entry.p_holm:.4f}, "
            f"{entry.clusters} statements, {entry.replicates} repeats"
        )
    warn(few_clusters_warning(found[0].clusters))
