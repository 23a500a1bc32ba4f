"""stancelab data: labelled datasets."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from stancelab.cli.console import Json, say, say_json, verdict
from stancelab.errors import InputError

data = typer.Typer(
    help="Labelled datasets: list, import, adopt, show, validate, check, agreement, hydrate, split, build.", no_args_is_help=True
)


@data.command("ls")
def data_ls(json_: Json = False) -> None:
    """List every known dataset, present or not, with its licence and how to get it."""
    from stancelab.errors import refuse
    from stancelab.imports import known_datasets

    known, faults = known_datasets()
    if json_:
        say_json({"datasets": [dataclasses.asdict(entry) for entry in known]})
    else:
        for entry in known:
            state = f"version {entry.version}" if entry.place else f"not here: {entry.get}"
            say(f"{entry.name}\t{entry.licence}\t{entry.title}\t{state}")
    refuse(faults)


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
    deduplicate: Annotated[bool, typer.Option(help="Drop rows that repeat the text, actor and target of another row.")] = False,
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
    say(f"{out}: {done.rows} rows, scheme {done.card.scheme}, licence: {done.card.licence}")


@data.command("adopt")
def data_adopt(
    folder: Annotated[Path, typer.Argument(help="A folder that `stancelab article` wrote, its statements corrected or not.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The dataset folder to make, like datasets/NAME.")],
    title: Annotated[str | None, typer.Option(help="What the dataset is called; the folder's name if not given.")] = None,
    licence: Annotated[str, typer.Option(help="Under which licence it may be passed on.")] = "unknown",
    language: Annotated[str | None, typer.Option(help="ISO 639-1; the articles' if not given.")] = None,
    json_: Json = False,
) -> None:
    """Make a dataset of statements found in articles, as corrected by hand in statements.jsonl or statements.csv."""
    from stancelab.article.adoption import adopt

    done = adopt(folder, out, title=title, licence=licence, language=language)
    if json_:
        say_json({**dataclasses.asdict(done), "folder": str(out)})
        return
    say(f"{out}: {done.rows} rows, {', '.join(f'{label} {count}' for label, count in done.labels.items())}")
    say(done.provenance)


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
        say_json(facts)
        return
    for key, value in facts.items():
        say(f"{key}: {value}")
    for row in dataset.rows.to_dict("records"):
        say(f"{row['id']}\t{row['label']}\t{row['actor']}\t{row['text']}")


@data.command("validate")
def data_validate(path: str) -> None:
    """Check a dataset's form: schema, ids, labels, references, anchors, checksums. Exit 1 if there are faults."""
    from stancelab.catalog import locate
    from stancelab.validation import validate

    verdict(validate(locate("datasets", path)), path)


@data.command("check")
def data_check(
    path: str,
    article: Annotated[Path | None, typer.Option(help="Your copy of the article: spans and quotes are checked too.")] = None,
) -> None:
    """Check a dataset's content: whole groups, leaks, gold against annotations. Exit 1 if there are faults."""
    from stancelab.catalog import locate
    from stancelab.validation import check

    verdict(check(locate("datasets", path), article=article), path)


@data.command("agree")
def data_agree(name: str, json_: Json = False) -> None:
    """Show how far the annotators agree: Krippendorff's alpha with bootstrap intervals; then each recipe with each of them."""
    from dataclasses import asdict

    from stancelab.build import agreement_table, dataset_agreement, recipe_agreement
    from stancelab.catalog import locate

    folder = locate("datasets", name)
    found, recipes = dataset_agreement(folder), recipe_agreement(folder)
    if json_:
        say_json([asdict(entry) for entry in found + recipes])
        return
    say(agreement_table(found))
    if recipes:
        say(f"\nRecipes that have annotated it; they count neither above nor for gold:\n\n{agreement_table(recipes)}")


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
    say(f"{out}: {len(hydrated.rows)} rows")


@data.command("split")
def data_split(  # noqa: PLR0913
    name: Annotated[str, typer.Argument(metavar="DATASET", help="A dataset's name, its folder, or a file of labelled rows.")],
    kind: Annotated[str, typer.Option(help="A protocol's kind, e.g. official, by-time or stratified-group-k-fold.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The JSON file to write.")],
    folds: Annotated[int | None, typer.Option(help="k-fold: the number of folds.")] = None,
    repeats: Annotated[
        int | None, typer.Option(help="k-fold: how often the rows are divided anew; official: how often shots are drawn.")
    ] = None,
    train: Annotated[list[str] | None, typer.Option(help="official: a split to train on; may be given several times.")] = None,
    test: Annotated[list[str] | None, typer.Option(help="official: a split to test; may be given several times.")] = None,
    share: Annotated[float | None, typer.Option(help="by-time: the share of the statements that train.")] = None,
    shots: Annotated[int | None, typer.Option(help="k-fold, official: training rows of each label, drawn at random.")] = None,
) -> None:
    """Write which rows train and which are tested, fold by fold, as ids with checksums."""
    from stancelab.dataset import load_dataset
    from stancelab.protocols import protocol_of
    from stancelab.records import write_json
    from stancelab.splits import manifest

    if kind == "cross-corpus":
        raise InputError(f"{kind} needs train_on, the corpora to train on; only a protocol in an experiment.toml can name them")
    division = {"folds": folds, "repeats": repeats, "train": train or None, "test": test or None, "share": share}
    protocol = protocol_of(kind=kind, shots=shots, **division)
    dataset = load_dataset(name)
    divided = manifest(protocol, dataset.rows)
    write_json(out, {"dataset": dataset.signature, **divided})
    count = len(divided["folds"])
    say(f"{out}: {count} fold{'' if count == 1 else 's'} of {divided['rows']} rows, {protocol.title}")


@data.command("build")
def data_build(path: str) -> None:
    """Write what follows from units, annotations and adjudication: gold, card tables, croissant.json, SHA256SUMS."""
    from stancelab.build import build
    from stancelab.catalog import locate

    folder = locate("datasets", path)
    for name in build(folder):
        say(str(folder / name))
