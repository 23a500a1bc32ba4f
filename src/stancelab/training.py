"""How is a recipe trained on a whole dataset, and what does it score on rows that it has not seen?"""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stancelab.catalog import locate
from stancelab.cells import Setting
from stancelab.dataset import Dataset, load_dataset
from stancelab.errors import InputError
from stancelab.experiment import Experiment
from stancelab.importers.card import is_for_training
from stancelab.metrics import all_metrics
from stancelab.model_card import card_of
from stancelab.model_folder import TrainedModel, predict
from stancelab.models.saving import save
from stancelab.predictions import Predictions, align, as_table
from stancelab.protocols import Protocol
from stancelab.recipes import Recipe, load_recipe
from stancelab.records import make_folder, read_text, write_json, write_text
from stancelab.runs import Run, complete, versions
from stancelab.scoring import Score, score_predictions
from stancelab.splits import split
from stancelab.training_facts import FACTS, TrainingFacts


@dataclass(frozen=True)
class Division:
    """All rows, those that a model trains on, and the protocol it is scored by: official, k-fold over all rows, or None."""

    rows: Dataset
    train: Dataset
    protocol: Protocol | None


def train(
    recipe: str | Path,
    dataset: str | Path | Dataset,
    out: Path,
    *,
    scheme: str | None = None,
    seed: int = 0,
    folds: int = 5,
    jobs: int | None = None,
    checkpoint_every: int | None = None,
) -> TrainedModel:
    """Train a recipe, score it, and write the model's folder, whole or not at all.

    Where the dataset has an official division, its training rows train and its test rows score that very model. Elsewhere all
    rows train, and the scores are those of `folds` models that were each trained without the statements they are tested on
    (folds 0: no scores). checkpoint_every: training steps after which a fine-tuned encoder's state is kept beside `out`, from
    where the same command goes on if it was killed. InputError if `out` is there already.
    """
    if out.exists():
        raise InputError(f"{out}: is there already; name another folder, or remove it first")
    file = locate("models", recipe)
    plan, division = load_recipe(file), _division(_rows(dataset, scheme), folds)
    unfinished = out.with_name(f"{out.name}.unfinished")
    classifier = _built(plan, division.train, seed, _checkpoints(unfinished, checkpoint_every))
    make_folder(unfinished)
    try:
        classifier.fit(division.train.voted if plan.reads_votes else division.train.X, division.train.y)
    except InputError:
        with suppress(OSError):
            unfinished.rmdir()
        raise
    _part_from_other_processes()
    if not is_main_process():
        return TrainedModel(plan, classifier, _facts(plan, division, seed, []))
    predictions = _held_out_predictions(plan, classifier, division, unfinished / "evaluation", seed, jobs)
    scores = _scores(predictions, division, seed)
    model = TrainedModel(plan, classifier, _facts(plan, division, seed, scores))
    _write(model, scores, file, unfinished / "model").rename(out)
    shutil.rmtree(unfinished)
    return model


def _write(model: TrainedModel, scores: list[Score], recipe_file: Path, folder: Path) -> Path:
    """Fill a folder with what was learnt, the recipe's file, model.json and the model card."""
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    save(model.classifier, folder)
    write_text(folder / f"{model.recipe.name}.toml", read_text(recipe_file))
    write_text(folder / "README.md", card_of(model, scores, files=[path.name for path in folder.iterdir()]))
    write_json(folder / FACTS, model.facts.model_dump())
    return folder


def _rows(dataset: str | Path | Dataset, scheme: str | None) -> Dataset:
    rows = dataset if isinstance(dataset, Dataset) else load_dataset(dataset)
    return rows if scheme is None else rows.with_scheme(scheme)


def _division(rows: Dataset, folds: int) -> Division:
    names = [name for name in dict.fromkeys(rows.rows.get("split", pd.Series(dtype=object))) if isinstance(name, str)]
    training = [name for name in names if is_for_training(name, where=rows.name)]
    testing = [name for name in names if name not in training]
    if training and testing:
        tests = [name for name in testing if "test" in name.lower()] or testing
        return Division(
            rows, rows.only(rows.rows["split"].isin(training).to_numpy()), Protocol(kind="official", train=training, test=tests)
        )
    if folds == 0:
        return Division(rows, rows, None)
    if _processes() > 1:
        raise InputError("several processes train one model; score the recipe with `stancelab run`, and pass --folds 0 here")
    return Division(rows, rows, Protocol(kind="stratified-group-k-fold", folds=folds))


def _built(recipe: Recipe, rows: Dataset, seed: int, checkpoints: dict[str, Any]) -> Any:
    classifier = recipe.build(seed=seed, labels=rows.scheme.labels, codebook=rows.codebook)
    strange = sorted(set(checkpoints) - set(classifier.get_params()))
    if strange:
        raise InputError(f"recipe {recipe.name!r}, of kind {recipe.kind!r}, keeps no checkpoints: it is fitted in one step")
    return classifier.set_params(**checkpoints)


def _checkpoints(unfinished: Path, every: int | None) -> dict[str, Any]:
    return {} if every is None else {"checkpoints": str(unfinished / "checkpoints"), "checkpoint_every": every}


def _held_out_predictions(
    recipe: Recipe, classifier: Any, division: Division, folder: Path, seed: int, jobs: int | None
) -> Predictions | None:
    rows, protocol = division.rows, division.protocol
    if protocol is None:
        return None
    if protocol.kind == "official":
        [fold] = split(protocol, rows.rows, repeat=0)
        tested = rows.only(np.isin(np.arange(len(rows.rows)), fold.test))
        return align(as_table(predict(classifier, tested.rows, rows.scheme)), tested, missing="wrong")
    experiment = Experiment(
        title=recipe.title,
        description=f"{recipe.name} on {rows.name}",
        dataset=rows.name,
        primary_metric="macro_f1",
        seeds=[seed],
        schemes=[rows.scheme.name],
        recipes=[recipe.name],
        protocols=[protocol],
    )
    run = Run(folder, recipe.name, experiment, (recipe,), {("rendered", rows.scheme.name): rows}, {})
    complete(run, jobs=jobs)
    return run.predictions(Setting("rendered", rows.scheme.name, protocol), recipe)


def _scores(predictions: Predictions | None, division: Division, seed: int) -> list[Score]:
    if predictions is None or division.protocol is None:
        return []
    names, stated = all_metrics(predictions), f"rendered:{division.protocol.name}"
    return score_predictions(predictions, names, dataset=division.rows, protocol=stated, seeds=[seed])


def _facts(recipe: Recipe, division: Division, seed: int, scores: list[Score]) -> TrainingFacts:
    rows, scheme = division.train, division.train.scheme
    return TrainingFacts(
        recipe=recipe.name,
        seed=seed,
        dataset=division.rows.signature,
        rows=len(rows.rows),
        statements=rows.groups.nunique(),
        targets=sorted(set(rows.rows["target"])),
        scheme=scheme.name,
        labels=list(scheme.labels),
        favor=scheme.favor,
        against=scheme.against,
        counts={str(label): int(count) for label, count in rows.y.value_counts().items()},
        codebook=rows.codebook if recipe.reads_codebook else "",
        weights={} if recipe.holds_weights else recipe.weights,
        versions=versions(),
        evaluated=None if division.protocol is None else division.protocol.title,
        scores=[score.to_dict() for score in scores],
    )


def _processes() -> int:
    """How many processes `accelerate launch` or torchrun has started for this training."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def _part_from_other_processes() -> None:
    """End the group of those that have trained together: what follows is one process's work."""
    if _processes() > 1:
        import torch

        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


def is_main_process() -> bool:
    """Whether this is the process that writes: the only one, or the first of those that train together."""
    return int(os.environ.get("RANK", "0")) == 0
