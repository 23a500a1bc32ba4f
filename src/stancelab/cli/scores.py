"""stancelab score, compare, signatures: predictions of any program."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stancelab.cli.console import Gold, Json, Missing, Scheme, say, say_json, warn
from stancelab.errors import InputError

if TYPE_CHECKING:
    from stancelab.scoring import Score


def score(  # noqa: PLR0913
    predictions: Path,
    gold: Gold = None,
    metric: Annotated[list[str] | None, typer.Option(help="A metric, e.g. macro_f1 or f1:favor; all if not given.")] = None,
    scheme: Scheme = None,
    missing: Missing = "refuse",
    by: Annotated[str | None, typer.Option(help="Score each value of this column of gold apart, like target.")] = None,
    signature: Annotated[
        str | None, typer.Option(help="Repeat the scoring that this signature states; exit 1 if another one comes out.")
    ] = None,
    json_: Json = False,
) -> None:
    """Score any program's predictions: a table with id, label and, where known, p_<label>."""
    from stancelab.intervals import few_clusters_warning
    from stancelab.scoring import score as score_

    if signature is not None:
        stating = {"--metric": metric, "--scheme": scheme, "--by": by}
        _repeat(predictions, signature, gold, missing, [name for name, value in stating.items() if value], json_)
        return
    if gold is None:
        raise InputError("name the gold rows with --gold, or the scoring to repeat with --signature")
    scores = score_(predictions, gold, metrics=metric, scheme=scheme, missing=missing, by=by)  # type: ignore[arg-type]
    warning = few_clusters_warning(min(entry.clusters for entry in scores))
    if json_:
        plain = [entry.to_dict() for entry in scores]
        say_json({"predictions": str(predictions), "gold": gold, "warning": warning, "scores": plain})
        return
    for _, entries in groupby(scores, key=lambda entry: entry.part):
        _print(list(entries))
    warn(warning)


def _print(scores: "Sequence[Score]") -> None:
    first, head = scores[0], f"{scores[0].part}: " if scores[0].part else ""
    say(f"{head}{first.rows} rows in {first.clusters} statements, coverage {first.coverage:.1%}")
    for entry in scores:
        say(f"{entry.metric:28} {entry.interval}   {entry.signature}")


def _repeat(predictions: Path, stated: str, gold: str | None, missing: str, stating: Sequence[str], json_: bool) -> None:
    from dataclasses import asdict

    from stancelab.intervals import few_clusters_warning
    from stancelab.repetition import repeat
    from stancelab.signatures import parse

    if stating:
        raise InputError(f"the signature states what is scored: leave out {', '.join(stating)}")
    found = repeat(predictions, parse(stated), gold=gold, missing=missing)  # type: ignore[arg-type]
    warning = few_clusters_warning(found.score.clusters)
    if json_:
        differing = [asdict(entry) for entry in found.differences]
        say_json({"predictions": str(predictions), "warning": warning, **found.score.to_dict(), "differences": differing})
    else:
        _print([found.score])
        for entry in found.differences:
            say(f"given / repeated, {entry}")
        warn(warning)
    if found.differences:
        raise typer.Exit(1)


def signatures(a: str, b: str, json_: Json = False) -> None:
    """Put two signatures side by side; exit 1 if scores that bear them are not comparable."""
    from dataclasses import asdict, fields

    from stancelab.signatures import differences, parse, shown

    one, other = parse(a), parse(b)
    found = {entry.part: entry for entry in differences(one, other)}
    comparable = all(entry.comparable for entry in found.values())
    if json_:
        say_json({"comparable": comparable, "differences": [asdict(entry) for entry in found.values()]})
    else:
        for name in (field.name for field in fields(one)):
            values = (shown(getattr(signature, name)) for signature in (one, other))
            say("\t".join([name, *values, *([found[name].note] if name in found else [])]))
        say("comparable" if comparable else "not comparable")
    if not comparable:
        raise typer.Exit(1)


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
    from stancelab.pairing import compare_sources, unlike

    found = compare_sources(a, b, gold=gold, metric=metric, scheme=scheme)
    warning, unequal = few_clusters_warning(found[0].clusters), unlike(a, b, metric=metric)
    if json_:
        signed = {name: [asdict(entry) for entry in differing] for name, differing in unequal.items()}
        say_json({"metric": metric, "warning": warning, "comparisons": [asdict(entry) for entry in found], "unlike": signed})
        return
    for entry in found:
        say(
            f"{entry.a} minus {entry.b}, {entry.metric}: {entry.difference}, p = {entry.p:.4f}, Holm {entry.p_holm:.4f}, "
            f"{entry.clusters} statements, {entry.replicates} repeats"
        )
    for name, differing in unequal.items():
        warn(f"{name}: the signatures differ in more than the run: {'; '.join(map(str, differing))}")
    warn(warning)
