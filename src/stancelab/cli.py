"""The command line: parses, calls one public function, prints; it alone exits."""

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from stancelab.errors import InputError

app = typer.Typer(
    name="stancelab",
    help="Stance classification: labelled datasets, classifiers on the same rows, honest statistics.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
cache = typer.Typer(help="Vectors of encoders, kept on disk so that none is computed twice: show, clear.", no_args_is_help=True)
data = typer.Typer(
    help="Labelled datasets: list, import, show, validate, check, agreement, hydrate, split, build.", no_args_is_help=True
)
recipes = typer.Typer(help="Recipes: classifiers with their parameters.", no_args_is_help=True)
app.add_typer(data, name="data")
app.add_typer(recipes, name="recipes")
app.add_typer(cache, name="cache")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Gold = Annotated[str, typer.Option("--gold", help="A dataset's name, its folder, or a file with id, text, actor, target, label.")]
Scheme = Annotated[
    str | None, typer.Option("--scheme", help="Score in this label scheme; gold is mapped by the declared crosswalk.")
]
Out = Annotated[Path | None, typer.Option("--out", help="The run's folder; runs/NAME if not given.")]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Processes; all cores if not given.")]
Chosen = Annotated[list[str] | None, typer.Option("--recipe", help="Compute only this recipe; may be given several times.")]
Missing = Annotated[str, typer.Option("--missing", help="A gold row without a prediction: refuse, or count it wrong.")]


def main() -> None:
    """Run the command line; exit code 2 and one message for what the user got wrong."""
    try:
        app()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("interrupted; what is done is kept, the same command goes on from there", err=True)
        raise typer.Exit(130) from None


def _say(text: str) -> None:
    typer.echo(text)


def _say_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _verdict(faults: Sequence[str], what: str) -> None:
    for fault in faults:
        _say(fault)
    if faults:
        typer.echo(f"{what}: {len(faults)} fault{'s' if len(faults) > 1 else ''}", err=True)
        raise typer.Exit(1)
    _say(f"{what}: no faults")


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        from stancelab.scoring import package_version

        _say(package_version())


@data.command("ls")
def data_ls(json_: Json = False) -> None:
    """List every known dataset, present or not, with its licence and how to get it."""
    from stancelab.imports import known_datasets

    known = known_datasets()
    if json_:
        _say_json({"datasets": [dataclasses.asdict(entry) for entry in known]})
        return
    for entry in known:
        state = f"version {entry.version}" if entry.place else f"not here: {entry.get}"
        _say(f"{entry.name}\t{entry.licence}\t{entry.title}\t{state}")


@data.command("import")
def data_import(  # noqa: PLR0913
    format_: Annotated[str, typer.Argument(metavar="FORMAT", help="A corpus of `data ls`, or table for any other file.")],
    source: Annotated[Path, typer.Argument(help="The file or folder, as its publisher gives it out.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The dataset folder to make, like datasets/NAME.")],
    text: Annotated[str | None, typer.Option(help="table: the column of the texts.")] = None,
    target: Annotated[str | None, typer.Option(help="table: the column of the targets, or one target for all rows.")] = None,
    actor: Annotated[
        str | None, typer.Option(help="table: the column of the actors, or one actor for all rows; the author if not given.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="table: the column of the labels.")] = None,
    map_: Annotated[str | None, typer.Option("--map", help="table: OURS=THEIRS,... for labels of another scheme.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="table: the column of the ids; numbered if not given.")] = None,
    group: Annotated[str | None, typer.Option(help="table: the column that says which rows share a statement.")] = None,
    date: Annotated[str | None, typer.Option(help="table: the column of the dates.")] = None,
    split: Annotated[str | None, typer.Option(help="table: the column of the official splits.")] = None,
    deduplicate: Annotated[bool, typer.Option(help="Drop rows that repeat another row's text and target.")] = False,
) -> None:
    """Import a foreign corpus into a dataset folder, repairing what is known to be broken and saying so."""
    from stancelab.importers import TABLE, check_format
    from stancelab.importers.card import AUTHOR
    from stancelab.importers.table import Columns, parse_map
    from stancelab.imports import import_dataset

    check_format(format_)
    given = {"--text": text, "--target": target, "--actor": actor, "--label": label, "--map": map_, "--id": id_}
    given |= {"--group": group, "--date": date, "--split": split}
    columns = None
    if format_ == TABLE:
        if text is None or target is None or label is None:
            raise InputError("format 'table' needs --text, --target and --label")
        labels = {} if map_ is None else parse_map(map_)
        columns = Columns(text, target, label, AUTHOR if actor is None else actor, id_, group, date, split, labels)
    elif any(value is not None for value in given.values()):
        name = next(name for name, value in given.items() if value is not None)
        raise InputError(f"{name} goes with the format 'table' only; {format_!r} has its own columns")
    done = import_dataset(format_, source, out, columns=columns, deduplicate=deduplicate)
    for note in done.notes:
        typer.echo(f"note: {note}", err=True)
    _say(f"{out}: {done.rows} rows, scheme {done.card.scheme}, licence: {done.card.licence}")


@data.command("show")
def data_show(name: str, json_: Json = False) -> None:
    """Show what a dataset holds: its size and labels, then every row."""
    from stancelab.dataset import load_dataset

    dataset = load_dataset(name)
    facts = {
        "name": dataset.name,
        "version": dataset.version,
        "sha256": dataset.sha,
        "scheme": dataset.scheme.name,
        "rows": len(dataset.rows),
        "groups": int(dataset.groups.nunique()),
        "actors": int(dataset.rows["actor"].nunique()),
        "targets": sorted(set(dataset.rows["target"])),
        "labels": {label: int((dataset.y == label).sum()) for label in dataset.scheme.labels},
    }
    if json_:
        _say_json(facts)
        return
    for key, value in facts.items():
        _say(f"{key}: {value}")
    for row in dataset.rows.to_dict("records"):
        _say(f"{row['id']}\t{row['label']}\t{row['actor']}\t{row['text']}")


@data.command("validate")
def data_validate(path: str) -> None:
    """Check a dataset's form: schema, ids, labels, references, anchors, checksums. Exit 1 if there are faults."""
    from stancelab.catalog import locate
    from stancelab.validation import validate

    _verdict(validate(locate("datasets", path)), path)


@data.command("check")
def data_check(
    path: str,
    article: Annotated[Path | None, typer.Option(help="Your copy of the article: spans and quotes are checked too.")] = None,
) -> None:
    """Check a dataset's content: whole groups, leaks, gold against annotations. Exit 1 if there are faults."""
    from stancelab.catalog import locate
    from stancelab.validation import check

    _verdict(check(locate("datasets", path), article=article), path)


@data.command("agree")
def data_agree(name: str, json_: Json = False) -> None:
    """Show how far the annotators agree: Krippendorff's alpha with bootstrap intervals."""
    from dataclasses import asdict

    from stancelab.build import agreement_table, dataset_agreement
    from stancelab.catalog import locate

    found = dataset_agreement(locate("datasets", name))
    _say_json([asdict(entry) for entry in found]) if json_ else _say(agreement_table(found))


@data.command("hydrate")
def data_hydrate(
    name: str,
    article: Annotated[Path, typer.Option(help="Your own copy of the article, UTF-8.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write: .jsonl, .csv, .tsv or .parquet.")],
    lenient: Annotated[bool, typer.Option(help="Take a copy that differs in white space, quote marks or dashes only.")] = False,
) -> None:
    """Write the dataset with the article's verbatim spans as text."""
    from stancelab.catalog import locate
    from stancelab.dataset import load_dataset
    from stancelab.hydration import articles_of, hydrate
    from stancelab.tables import write_table

    folder = locate("datasets", name)
    if (out.parent / "dataset.toml").exists():
        raise InputError(f"{out}: lies in a dataset folder; the article's words do not belong there")
    hydrated = hydrate(load_dataset(name), article, articles=articles_of(folder), lenient=lenient)
    write_table(out, hydrated.rows)
    _say(f"{out}: {len(hydrated.rows)} rows")


@data.command("split")
def data_split(  # noqa: PLR0913
    name: Annotated[str, typer.Argument(metavar="DATASET", help="A dataset's name, its folder, or a file of labelled rows.")],
    kind: Annotated[str, typer.Option(help="A protocol's kind, e.g. official, by-time or stratified-group-k-fold.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The JSON file to write.")],
    folds: Annotated[int | None, typer.Option(help="k-fold: the number of folds.")] = None,
    repeats: Annotated[int | None, typer.Option(help="k-fold: how often the rows are divided anew.")] = None,
    train: Annotated[list[str] | None, typer.Option(help="official: a split to train on; may be given several times.")] = None,
    test: Annotated[list[str] | None, typer.Option(help="official: a split to test; may be given several times.")] = None,
    share: Annotated[float | None, typer.Option(help="by-time: the share of the statements that train.")] = None,
) -> None:
    """Write which rows train and which are tested, fold by fold, as ids with checksums."""
    from stancelab.dataset import load_dataset
    from stancelab.records import write_json
    from stancelab.splits import manifest, protocol_of

    protocol = protocol_of(kind=kind, folds=folds, repeats=repeats, train=train or None, test=test or None, share=share)
    dataset = load_dataset(name)
    divided = manifest(protocol, dataset.rows)
    write_json(out, {"dataset": dataset.signature, **divided})
    count = len(divided["folds"])
    _say(f"{out}: {count} fold{'' if count == 1 else 's'} of {divided['rows']} rows, {protocol.title}")


@data.command("build")
def data_build(path: str) -> None:
    """Write what follows from units, annotations and adjudication: gold, card tables, croissant.json, SHA256SUMS."""
    from stancelab.build import build
    from stancelab.catalog import locate

    folder = locate("datasets", path)
    for name in build(folder):
        _say(str(folder / name))


@recipes.command("ls")
def recipes_ls() -> None:
    """List the recipes."""
    from stancelab.errors import refuse
    from stancelab.recipes import known_recipes, load_recipe

    faults = []
    for name in known_recipes():
        try:
            recipe = load_recipe(name)
        except InputError as error:
            faults.append(str(error))
        else:
            _say(f"{name}\t{recipe.family}\t{recipe.title}")
    refuse(faults)


@recipes.command("show")
def recipes_show(name: str) -> None:
    """Show a recipe and every parameter of its classifier."""
    from stancelab.recipes import load_recipe

    recipe = load_recipe(name)
    for key, value in recipe.model_dump(exclude={"params"}).items():
        _say(f"{key}: {value}")
    classifier = recipe.build(seed=0)
    if recipe.per_target:
        classifier = classifier.estimator
    for key, value in classifier.get_params(deep=False).items():
        _say(f"  {key} = {value!r}{'' if key in recipe.params else '  (default)'}")


@cache.command("show")
def cache_show(json_: Json = False) -> None:
    """Show where the vectors are kept, how many there are of each encoder, and how much room they may take."""
    from stancelab.embedding_cache import contents, size_text, user_cache

    place = user_cache()
    held = contents(place)
    if json_:
        sizes = {"bytes": held.size, "bytes_on_disk": held.on_disk, "limit": place.limit}
        _say_json({"place": str(place.file), "entries": held.entries, **sizes, "encoders": held.encoders})
        return
    _say(f"place: {place.file}")
    _say(f"entries: {held.entries}")
    _say(f"size: {size_text(held.size)} ({size_text(held.on_disk)} on disk)")
    _say(f"limit: {size_text(place.limit) if place.limit else '0, the cache is off'}")
    for encoder, entries in held.encoders.items():
        _say(f"  {encoder}: {entries}")


@cache.command("clear")
def cache_clear() -> None:
    """Remove every vector that is kept on disk."""
    from stancelab.embedding_cache import clear, size_text, user_cache

    place = user_cache()
    held = clear(place)
    _say(f"{place.file}: removed {held.entries} entr{'y' if held.entries == 1 else 'ies'}, {size_text(held.size)}")


@app.command()
def run(
    experiment: Annotated[str, typer.Argument(help="An experiment's name, its folder, or its experiment.toml.")],
    recipe: Chosen = None,
    out: Out = None,
    jobs: Jobs = None,
    article: Annotated[Path | None, typer.Option(help="Your copy of the article: run on its verbatim spans too.")] = None,
    json_: Json = False,
) -> None:
    """Run an experiment (only what is missing of it), print its leaderboards, write its report."""
    from stancelab.leaderboard import leaderboards
    from stancelab.report.page import write_report
    from stancelab.report.terminal import print_leaderboards
    from stancelab.runs import run_experiment

    with _interruptible():
        finished = run_experiment(experiment, recipes=recipe, out=out, jobs=jobs, article=article)
    boards = leaderboards(finished)
    page = write_report(finished, boards)
    if json_:
        _say_json({"run": str(finished.folder), "report": str(page), "boards": [board.to_dict() for board in boards]})
        return
    print_leaderboards(boards)
    _say(f"{finished.facts['computed']} of {finished.facts['cells']} cells computed; report: {page}")


@app.command()
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
        _say_json(
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
        _say(f"{head}{first.rows} rows in {first.clusters} statements, coverage {first.coverage:.1%}")
        for entry in of_part:
            _say(f"{entry.metric:28} {entry.interval}   {entry.signature}")
    _warn(few_clusters_warning(min(entry.clusters for entry in scores)))


def _warn(warning: str | None) -> None:
    if warning:
        typer.echo(f"warning: {warning}", err=True)


@app.command()
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
        _say_json(
            {
                "metric": metric,
                "warning": few_clusters_warning(found[0].clusters),
                "comparisons": [asdict(entry) for entry in found],
            }
        )
        return
    for entry in found:
        _say(
            f"{entry.a} minus {entry.b}, {entry.metric}: {entry.difference}, p = {entry.p:.4f}, Holm {entry.p_holm:.4f}, "
            f"{entry.clusters} statements, {entry.replicates} repeats"
        )
    _warn(few_clusters_warning(found[0].clusters))


@app.command()
def reproduce(
    experiment: Annotated[list[str] | None, typer.Argument(help="Experiments with an expected.toml.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every experiment that has one.")] = False,
    recipe: Chosen = None,
    out: Out = None,
    jobs: Jobs = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be compared.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Write expected.toml from the finished run instead.")] = False,
    json_: Json = False,
) -> None:
    """Run experiments again and compare each number with the recorded one; writes runs/reproduction.html.

    Exit 1 if a number is off. An experiment whose corpus is not here is skipped.
    """
    from stancelab.expected import reproducible_experiments
    from stancelab.report.reproduction_page import write_reproduction
    from stancelab.report.terminal import print_outcome, print_verdict
    from stancelab.reproduction import as_dict, carry_out, plans

    if all_ and experiment:
        raise InputError(f"--all takes every experiment; {experiment[0]!r} is named beside it")
    names = reproducible_experiments() if all_ else (experiment or [])
    if not names:
        raise InputError(
            f"name an experiment, or use --all; with expected.toml: {', '.join(reproducible_experiments()) or 'none'}"
        )
    if out is not None and len(names) > 1:
        raise InputError(f"--out is one run's folder, but {len(names)} experiments are named")
    if record:
        if dry_run or recipe or jobs:
            raise InputError("--record writes what a finished run holds; it goes with --out only")
        _record(names, out, json_)
        return
    planned = plans(names, recipe)
    if dry_run:
        lines = [line for plan in planned for line in plan.lines]
        _say_json({"experiments": [plan.to_dict() for plan in planned]}) if json_ else _say("\n".join(lines))
        return
    outcomes = []
    for place, plan in enumerate(planned, 1):
        typer.echo(f"experiment {place} of {len(planned)}: {plan.name}", err=True)
        with _interruptible():
            outcomes.append(carry_out(plan, out=out, jobs=jobs))
        if not json_:
            print_outcome(outcomes[-1])
    page = write_reproduction(outcomes, Path("runs") / "reproduction.html")
    if json_:
        _say_json({"page": str(page), **as_dict(outcomes)})
    else:
        print_verdict(outcomes)
        _say(f"page: {page}")
    if any(outcome.failures for outcome in outcomes):
        raise typer.Exit(1)


def _record(names: Sequence[str], out: Path | None, json_: bool) -> None:
    from stancelab.expected import expected_file, record_numbers
    from stancelab.experiment import experiment_file
    from stancelab.runs import load_run

    written = []
    for name in names:
        file = experiment_file(name)
        written.append(expected_file(file))
        record_numbers(load_run(out or Path("runs") / file.resolve().parent.name), written[-1])
        if not json_:
            _say(str(written[-1]))
    if json_:
        _say_json({"recorded": [str(path) for path in written]})


@app.command()
def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Where to write; into the run if not given.")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Also write the experiment's results.md and the tables of the READMEs.")
    ] = False,
) -> None:
    """Write a finished run's report.html, results.md and scores.json."""
    from stancelab.leaderboard import leaderboards
    from stancelab.report import page
    from stancelab.runs import load_run

    finished = load_run(run_folder)
    boards = leaderboards(finished)
    written = [page.write_report(finished, boards, out=out), *(page.publish(finished, boards) if publish else [])]
    for path in written:
        _say(str(path))
