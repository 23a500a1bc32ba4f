"""stancelab train, predict, push: one classifier that is kept."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from stancelab.cli.console import (
    Gpus,
    Jobs,
    Json,
    MaxRequests,
    MaxTokens,
    Ray,
    Scheme,
    interruptible,
    metered,
    refuse_mixed,
    say,
    say_json,
)
from stancelab.errors import InputError


def train(  # noqa: PLR0913
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or its file.")],
    dataset: Annotated[str, typer.Argument(help="A dataset's name, its folder, or a file of labelled rows.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The model's folder, which must not be there yet.")],
    scheme: Annotated[str | None, typer.Option("--scheme", help="Train in this label scheme, by the declared crosswalk.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The seed.")] = 0,
    folds: Annotated[int, typer.Option(min=0, help="Score by this many folds where there is no official test; 0: no score.")] = 5,
    jobs: Jobs = None,
    checkpoint_every: Annotated[
        int | None, typer.Option(min=1, help="Fine-tuning: keep the state every so many steps; a killed training goes on.")
    ] = None,
    max_requests: MaxRequests = None,
    max_tokens: MaxTokens = None,
    json_: Json = False,
) -> None:
    """Train a recipe on a whole dataset, score it on held-out rows, write a model folder with its card."""
    from stancelab.training import is_main_process
    from stancelab.training import train as train_

    if folds == 1:
        raise InputError("--folds 1: expected 0, or 2 or more")
    with interruptible(), metered(max_requests, max_tokens):
        model = train_(recipe, dataset, out, scheme=scheme, seed=seed, folds=folds, jobs=jobs, checkpoint_every=checkpoint_every)
    if not is_main_process():
        return
    if json_:
        say_json({"model": str(out), **model.facts.model_dump()})
        return
    for entry in model.facts.scores:
        if ":" not in entry["metric"]:
            say(f"{entry['metric']:28} {entry['value']:.3f} [{entry['low']:.3f}, {entry['high']:.3f}]   {entry['signature']}")
    say(f"{out}: {model.recipe.name}, trained on {model.facts.rows} rows; the card is {out / 'README.md'}")


INPUT = "A csv, tsv, jsonl or parquet file or a folder of parquet files, with id, text, actor, target; or a dataset."


def predict(  # noqa: PLR0913
    model: Annotated[str, typer.Argument(help="A model's folder, one on the hub, or a recipe that needs no training.")],
    rows: Annotated[str, typer.Argument(metavar="INPUT", help=INPUT)],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write: .csv, .tsv, .jsonl or .parquet.")],
    abstain_below: Annotated[
        float | None, typer.Option(min=0, max=1, help="No label for rows whose highest probability is below this.")
    ] = None,
    scheme: Scheme = None,
    jobs: Jobs = None,
    ray: Ray = None,
    gpus_per_worker: Gpus = None,
    max_requests: MaxRequests = None,
    max_tokens: MaxTokens = None,
    json_: Json = False,
) -> None:
    """Predict the label of each row, with a probability for every label; what was interrupted goes on where it was."""
    from stancelab.scale.predicting import predict_file

    refuse_mixed(ray, gpus_per_worker, jobs)
    map_parts = None
    if ray is not None:
        from stancelab.scale.parts_on_ray import parts_on_ray

        map_parts = parts_on_ray(ray, gpus=gpus_per_worker)
    with interruptible(), metered(max_requests, max_tokens):
        found = predict_file(
            model,
            rows,
            out,
            scheme=scheme,
            abstain_below=abstain_below,
            jobs=jobs,
            map_parts=map_parts,
            compiled=not gpus_per_worker,
        )
    if json_:
        say_json({**asdict(found), "rows_per_second": found.rows_per_second})
        return
    speed = f"{found.seconds:.1f} s, {found.rows_per_second:,.0f} rows/s" + (f", {found.form}" if found.form else "")
    say(f"{out}: {found.answered} of {found.rows} rows have a label ({speed})")


def push(
    model: Annotated[Path, typer.Argument(help="A model's folder.")],
    repository: Annotated[str, typer.Argument(help="OWNER/NAME on the hub; made if it is not there.")],
    private: Annotated[bool, typer.Option("--private", help="For your eyes only.")] = False,
) -> None:
    """Upload a trained model to the hub, with the token that `hf auth login` has stored."""
    from stancelab.model_folder import push_model

    say(push_model(model, repository, private=private))
