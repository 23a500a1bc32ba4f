"""Is cross-validation done right here, and would it show if it were not?

The simulations are those of experiments/statistics/cross_validation.py, which prints the rates that these tests hold up.
"""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stancelab.cells import Cell, Setting, compute_cell
from stancelab.dataset import load_dataset
from stancelab.protocols import Protocol
from stancelab.recipes import Recipe, known_recipes, load_recipe
from stancelab.splits import split

FILE = Path(__file__).parent.parent / "experiments" / "statistics" / "cross_validation.py"


@pytest.fixture(scope="module")
def study():
    found = importlib.util.spec_from_file_location("cross_validation", FILE)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def holds_chance(interval):
    return interval.low <= 1 / 3 <= interval.high


def test_near_duplicates_on_both_sides_of_a_split_would_show_and_are_kept_apart(study):
    rows = study.statements_at_random(0)
    leaking = study.recipe_on(rows, study.by_row(rows), "naive-bayes")
    assert leaking.low > 0.8
    assert holds_chance(study.recipe_on(rows, study.by_statement(rows), "naive-bayes"))


def test_a_feature_chosen_on_test_rows_would_show_and_ours_is_chosen_on_training_rows(study):
    drawn = [study.noise(seed) for seed in range(4)]
    cheating = [study.chosen_on_test_rows(*each) for each in drawn]
    nested = [study.chosen_on_training_rows(*each) for each in drawn]
    assert not any(map(holds_chance, cheating))
    assert all(map(holds_chance, nested))


@pytest.mark.parametrize("recipe", ["svm-unigrams-per-target", "svm-ngrams-calibrated"])
def test_recipes_that_tune_or_calibrate_stay_at_chance_on_random_labels(study, recipe):
    rows = study.statements_at_random(1, statements=45, copies=2)
    assert holds_chance(study.recipe_on(rows, study.by_statement(rows), recipe))


def finetuned(encoder):
    """A small fine-tuning that stops early, by held-out training rows."""
    params = {"encoder": encoder, "epochs": 2, "patience": 1, "inner_folds": 2, "question": "{actor}", "max_length": 64}
    words = {"title": "Tiny", "description": "For a test.", "source": "here"}
    return Recipe(name="finetuned", family="transformer", kind="finetuned-encoder", params=params, **words)


def cheap():
    """The recipes of the shelf that need no encoder, language model or server."""
    return [name for name in known_recipes() if not {"encoder", "model"} & set(load_recipe(name).params)]


@pytest.fixture(scope="module")
def fold():
    """A dataset, and one fold of it, that stay as they are whatever becomes of the test rows' labels."""
    dataset = load_dataset("ground-intervention").with_scheme("favor-against-none")
    dataset = dataset.only(np.arange(len(dataset.rows)) < 36)
    return dataset, split(Protocol(kind="stratified-group-k-fold", folds=3), dataset.rows, repeat=0)[0]


def answers(recipe, dataset, fold, folder):
    """The predictions of a cell as they stand on disk."""
    cell = Cell(Setting("rendered", dataset.scheme.name, Protocol(kind="stratified-group-k-fold")), recipe, 0, 0, 0, fold)
    taken = replace(dataset, rows=dataset.rows.iloc[np.concatenate([fold.train, fold.test])])
    compute_cell(cell, taken, folder, "stamp")
    return pd.read_parquet(folder / cell.path)


@pytest.mark.parametrize("name", [*cheap(), "finetuned"])
def test_labels_of_test_rows_change_no_prediction(name, fold, tmp_path, request):
    dataset, division = fold
    recipe = finetuned(request.getfixturevalue("tiny_encoder")) if name == "finetuned" else load_recipe(name)
    labels = dataset.rows["label"].copy()
    following = dict(zip(dataset.scheme.labels, (*dataset.scheme.labels[1:], dataset.scheme.labels[0]), strict=True))
    labels.iloc[division.test] = labels.iloc[division.test].map(following)
    other = replace(dataset, rows=dataset.rows.assign(label=labels))
    assert (other.y != dataset.y).sum() == len(division.test)
    one, two = (answers(recipe, each, division, tmp_path / part) for each, part in ((dataset, "as-is"), (other, "changed")))
    pd.testing.assert_frame_equal(one, two)


def test_a_t_test_over_folds_would_find_what_is_not_there_and_compare_does_not(study):
    pairs = [study.alike(seed, statements=100) for seed in range(200)]
    assert study.false_positives(study.t_over_folds, pairs) > 0.4
    assert study.false_positives(lambda pair: study.t_over_folds(pair, corrected=True), pairs) < 0.08
    assert study.false_positives(lambda pair: study.p_of_compare(pair, draws=199), pairs) <= 0.06


def test_rows_of_a_statement_or_repeats_taken_for_independent_find_what_is_not_there(study):
    pairs = [study.untrained(seed) for seed in range(200)]
    assert study.false_positives(study.t_over_folds, pairs) > 0.4
    assert study.false_positives(lambda pair: study.p_of_compare(pair, by_statement=False, draws=199), pairs) > 0.15
    assert study.false_positives(lambda pair: study.p_of_compare(pair, draws=199), pairs) <= 0.06
