"""What brought the recipes of a run to their predictions, on rows that their models never saw?"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from stancelab.attribution import PAIRS, Player, attribute, players_of
from stancelab.cells import Cell, facts_of, fit_cell, one_thread
from stancelab.coefficients import NgramWeights, top_ngrams, weighs_ngrams
from stancelab.errors import InputError, refuse, unknown
from stancelab.memory import give_back
from stancelab.predictions import Predictions
from stancelab.progress import bar
from stancelab.recipes import Recipe
from stancelab.records import Record, explain, read_text, write_json
from stancelab.runs import Run
from stancelab.shapley import sampler
from stancelab.splits import split

FILE = "attributions.json"
TOP = 8
"""N-grams kept for and against a label."""
LEARNS_NOTHING_FROM_TEXT = ("dummy",)
SLOW = ("causal-lm", "chat-server")
"""Kinds that are explained only where they are named: every row means hundreds of questions to a language model."""
DIGITS = 6


class Explanation(Record):
    """One recipe's `Attribution` of a row. fold: where its model tests the row. recorded: the run's own probability of the label.

    recorded is None where the run has no probabilities; where it differs, the code or the libraries have changed since.
    """

    recipe: str
    fold: int
    predicted: str
    probability: float
    recorded: float | None
    base: float
    values: list[float]
    errors: list[float]


class ExplainedRow(Record):
    """A row, its players and what the recipes make of them."""

    id: str
    gold: str
    players: list[Player]
    explanations: list[Explanation]


class Explanations(Record):
    """What `explain_run` writes into a run's folder.

    setting: the folder of the cells, of whose first repeat and seed this is. orders: drawn for each row. stamps: by recipe, see
    `stamp`. weights: of recipes that are linear in n-grams.
    """

    setting: str
    orders: int
    stamps: dict[str, str]
    rows: list[ExplainedRow]
    weights: dict[str, list[NgramWeights]]


def explain_run(run: Run, *, recipes: Sequence[str] | None = None, rows: int = 12) -> Explanations:
    """Explain the `telling_rows` of a finished run and write attributions.json into its folder.

    recipes: if None, all that learn from text, but audits and slow ones. Each row is read by the models of the fold that tests
    it, in the primary setting's first repeat and seed, trained anew as the run trained them, on one thread. InputError: a recipe
    that the run does not have, none to explain, captum missing.
    """
    sampler()
    usual = [recipe for recipe in run.recipes_in(run.settings[0]) if _is_usual(recipe)]
    chosen = usual if recipes is None else [_named(run, name) for name in dict.fromkeys(recipes)]
    if not chosen:
        raise InputError(f"{run.folder}: no recipe here learns from text at little cost; name one with --recipe")
    recorded = {recipe.name: _recorded(run, recipe) for recipe in {each.name: each for each in [*usual, *chosen]}.values()}
    picked = telling_rows([recorded[recipe.name] for recipe in usual or chosen], most=rows)
    found: dict[str, list[Explanation]] = {row: [] for row in picked}
    weights = {}
    with bar("explaining", len(chosen) * len(picked)) as advance:
        for recipe in chosen:
            linear = []
            for cell, tested in _cells(run, recipe, picked):
                model, explained = _explained(run, cell, tested, recorded[recipe.name], advance)
                for row, explanation in explained:
                    found[row].append(explanation)
                if _is_linear(run, recipe):
                    linear.append(model)
            weights[recipe.name] = top_ngrams(linear, most=TOP)
    written = Explanations(
        setting=run.settings[0].folder.as_posix(),
        orders=2 * PAIRS,
        stamps={recipe.name: stamp(run, recipe.name) for recipe in chosen},
        rows=_rows(run, found),
        weights={name: tables for name, tables in weights.items() if tables},
    )
    write_json(run.folder / FILE, written.model_dump(mode="json"))
    return written


def load_explanations(run: Run) -> Explanations | None:
    """What `explain_run` wrote, None if it was not called. InputError for a damaged file."""
    path = run.folder / FILE
    if not path.exists():
        return None
    try:
        return Explanations.model_validate_json(read_text(path))
    except ValidationError as error:
        refuse([f"{path}: {sentence}" for sentence in explain(error, Explanations)])
        raise


def stamp(run: Run, recipe: str) -> str:
    """sha256 over the fingerprints of the cells that were explained: another one means that the run was computed anew since."""
    cells = run.folder / run.settings[0].folder / recipe
    paths = sorted(cells.glob(f"seed{run.experiment.seeds[0]}-repeat00-fold*.parquet"))
    return hashlib.sha256(json.dumps([facts_of(path).get("fingerprint") for path in paths]).encode()).hexdigest()


def outdated(run: Run, explanations: Explanations) -> list[str]:
    """The recipes whose predictions are no longer those that were explained."""
    same = explanations.setting == run.settings[0].folder.as_posix()
    return [name for name, found in explanations.stamps.items() if not same or found != stamp(run, name)]


def telling_rows(predictions: Sequence[Predictions], *, most: int) -> list[str]:
    """The ids of rows to look at, one a statement: three of four are those that the recipes get most wrong, then the surest.

    predictions: of the recipes, one replicate each. Sorted by the mean over recipes of the gold label's probability.
    """
    first = predictions[0]
    known = np.mean([_gold_probability(each) for each in predictions], axis=0)
    order = np.argsort(known, kind="stable").tolist()
    picked: dict[str, int] = {}
    for queue, room in ((order, most - most // 4), (order[::-1], most)):
        for row in queue:
            if len(picked) < room:
                picked.setdefault(first.groups[row], row)
    return [first.ids[row] for row in picked.values()]


def _gold_probability(predictions: Predictions) -> NDArray[np.float64]:
    if predictions.probabilities is None:
        return np.asarray(predictions.predicted[0] == predictions.gold, dtype=float)
    return np.asarray(predictions.probabilities[0][np.arange(len(predictions.gold)), predictions.gold])


def _is_usual(recipe: Recipe) -> bool:
    return recipe.family != "audit" and not recipe.remote and recipe.kind not in (*LEARNS_NOTHING_FROM_TEXT, *SLOW)


def _is_linear(run: Run, recipe: Recipe) -> bool:
    dataset = run.dataset(run.settings[0])
    return weighs_ngrams(recipe.build(seed=0, labels=dataset.scheme.labels, codebook=dataset.codebook))


def _named(run: Run, name: str) -> Recipe:
    known = {recipe.name: recipe for recipe in run.recipes_in(run.settings[0])}
    if name not in known:
        raise unknown("recipe", name, known, where=run.folder)
    return known[name]


def _recorded(run: Run, recipe: Recipe) -> Predictions:
    return run.predictions(run.settings[0], recipe).only([(run.experiment.seeds[0], 0)])


def _cells(run: Run, recipe: Recipe, picked: Sequence[str]) -> Iterator[tuple[Cell, pd.DataFrame]]:
    """The cells to train, with the picked rows that they test; of a linear recipe all cells, for its weights."""
    setting, linear = run.settings[0], _is_linear(run, recipe)
    rows = run.dataset(setting).rows
    for number, fold in enumerate(split(setting.protocol, rows, repeat=0)):
        tested = rows.iloc[fold.test]
        tested = tested[tested["id"].isin(picked)]
        if linear or len(tested):
            yield Cell(setting, recipe, run.experiment.seeds[0], 0, number, fold), tested


def _explained(
    run: Run, cell: Cell, tested: pd.DataFrame, recorded: Predictions, advance: Callable[[int], None]
) -> tuple[Any, list[tuple[str, Explanation]]]:
    """The cell's classifier, and what it makes of the rows."""
    found, dataset = [], run.dataset(cell.setting)
    with one_thread(cell.recipe):
        model = fit_cell(cell, replace(dataset, rows=dataset.rows.iloc[cell.fold.train]))
        for number, row in tested.iterrows():
            made = attribute(model, players_of(row), seed=[0, int(str(number))])
            found.append((str(row["id"]), _explanation(cell, made, recorded, str(row["id"]))))
            advance(1)
    give_back()
    return model, found


def _explanation(cell: Cell, made: Any, recorded: Predictions, row: str) -> Explanation:
    probabilities = None if recorded.probabilities is None else recorded.probabilities[0][recorded.ids.index(row)]
    return Explanation(
        recipe=cell.recipe.name,
        fold=cell.number,
        predicted=made.predicted,
        probability=round(made.probability, DIGITS),
        recorded=None
        if probabilities is None
        else round(float(probabilities[recorded.scheme.labels.index(made.predicted)]), DIGITS),
        base=round(made.base, DIGITS),
        values=made.values.round(DIGITS).tolist(),
        errors=made.errors.round(DIGITS).tolist(),
    )


def _rows(run: Run, found: dict[str, list[Explanation]]) -> list[ExplainedRow]:
    rows = {str(row["id"]): row for _, row in run.dataset(run.settings[0]).rows.iterrows() if row["id"] in found}
    return [
        ExplainedRow(id=name, gold=str(rows[name]["label"]), players=players_of(rows[name]), explanations=explanations)
        for name, explanations in found.items()
    ]
