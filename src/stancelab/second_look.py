"""How do the doubtful labels of a run go back to annotators, without telling them what anybody thinks?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stancelab.cells import Setting
from stancelab.doubts import Doubt, doubts
from stancelab.errors import InputError, unknown
from stancelab.metrics import METRICS
from stancelab.predictions import Predictions
from stancelab.records import Unit
from stancelab.runs import Run
from stancelab.tables import SUFFIXES, write_table

MOST_RECIPES = 3


@dataclass(frozen=True)
class Queue:
    """Doubts about the gold of one setting, the recipes whose probabilities they rest on, and the rows as annotators get them."""

    setting: Setting
    recipes: tuple[str, ...]
    rows: int
    doubts: tuple[Doubt, ...]
    units: pd.DataFrame


def queue_of(run: Run, *, recipes: Sequence[str] | None = None, most: int | None = None, seed: int = 0) -> Queue:
    """The doubts about the gold labels of a run's primary setting.

    recipes: those whose probabilities are averaged over repeats and then over recipes. If None, the three with the lowest log
    loss among those that read statements and give a probability for every label of every row: it is a proper score, so that
    probabilities pay for not holding what they say. most: of the doubts, the first so many. seed: of the units' order. InputError
    for a recipe without probabilities.
    """
    setting = run.settings[0]
    dataset = run.tested(setting)
    known = {recipe.name: run.predictions(setting, recipe) for recipe in run.recipes_in(setting)}
    reading = [recipe.name for recipe in run.recipes_in(setting) if recipe.reads_statements]
    names = _named(known, recipes) if recipes else _best({name: known[name] for name in reading})
    mean = np.mean([_mean_probabilities(name, known[name]) for name in names], axis=0)
    found = doubts(known[names[0]].ids, known[names[0]].gold, mean, dataset.scheme.labels)[:most]
    chosen = dataset.rows[dataset.rows["id"].isin([entry.id for entry in found])]
    return Queue(setting, tuple(names), len(dataset.rows), tuple(found), blind_units(chosen, seed=seed))


def _mean_probabilities(name: str, predictions: Predictions) -> NDArray[np.float64]:
    if predictions.probabilities is None:
        raise InputError(f"recipe {name!r} does not give a probability for every label of every row, which doubts rest on")
    return np.asarray(predictions.probabilities.mean(axis=0))


def _named(known: Mapping[str, Predictions], names: Sequence[str]) -> list[str]:
    for name in names:
        if name not in known:
            raise unknown("recipe in the run's primary setting:", name, known)
    return list(dict.fromkeys(names))


def _best(known: Mapping[str, Predictions]) -> list[str]:
    loss = {name: METRICS["log_loss"](one) for name, one in known.items() if one.probabilities is not None}
    if not loss:
        raise InputError("no recipe of the run that reads statements gives a probability for every label of every row")
    return sorted(loss, key=lambda name: loss[name])[:MOST_RECIPES]


def blind_units(rows: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Rows as annotators got them: those columns of units.jsonl that they have, no label or vote, shuffled."""
    columns = [name for name in Unit.model_fields if name in rows]
    order = np.random.default_rng(seed).permutation(len(rows))
    return rows[columns].iloc[order].reset_index(drop=True).convert_dtypes()


def write_queue(queue: Queue, out: Path) -> tuple[Path, Path]:
    """Write the units and, apart from them, the key for whoever adjudicates; returns both paths.

    out: a folder, which gets units.jsonl and key.jsonl, or the units' file, whose key is called NAME.key beside it. InputError
    for the folder of a dataset, whose units these would replace.
    """
    is_file = out.suffix in SUFFIXES
    if ((out.parent if is_file else out) / "dataset.toml").exists():
        raise InputError(f"{out}: the folder of a dataset, whose own units.jsonl says what was annotated; name another place")
    units = out if is_file else out / "units.jsonl"
    key = out.with_name(f"{out.stem}.key{out.suffix}") if is_file else out / "key.jsonl"
    write_table(key, pd.DataFrame([asdict(entry) for entry in queue.doubts]))
    write_table(units, queue.units)
    return units, key
