from dataclasses import replace
from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from stancelab.dataset import load_dataset
from stancelab.errors import InputError
from stancelab.hydration import articles_of, hydrate
from stancelab.metrics import METRICS
from stancelab.repetition import repeat
from stancelab.runs import run_experiment
from stancelab.scoring import score, score_predictions
from stancelab.signatures import parse
from stancelab.tables import write_table

RECIPES = ["majority", "naive-bayes"]


@pytest.fixture
def run(bridge_experiment, bridge_article, tmp_path, monkeypatch):
    """Both forms of the text, k-fold with another number of repeats for one recipe, leave-one-actor-out, two seeds."""
    monkeypatch.chdir(tmp_path)
    file = bridge_experiment / "experiment.toml"
    text = file.read_text(encoding="utf-8").replace("seeds = [0]", "seeds = [0, 3]")
    file.write_text(text.replace(', "favor-against-neutral-unrelated"]', "]"), encoding="utf-8")
    return run_experiment(bridge_experiment, recipes=RECIPES, out=tmp_path / "runs/bridge", jobs=1, article=bridge_article)


def scored(run, setting, recipe):
    """A recipe's scores in a setting, as its leaderboard has them but for the number of draws."""
    signed = run.signature(setting, recipe, METRICS["macro_f1"])
    names, predictions = ["macro_f1", "log_loss", "f1:favor"], run.predictions(setting, recipe)
    options = {"protocol": signed.division, "seeds": signed.seeds, "draws": 60}
    return score_predictions(predictions, names, dataset=run.dataset(setting), **options)


def test_every_signature_of_a_run_repeats_to_the_same_digits(run, bridge, bridge_article, tmp_path):
    stated = set()
    for setting, recipe in product(run.settings, run.recipes):
        cells = run.folder / setting.folder / recipe.name
        for expected in scored(run, setting, recipe):
            found = repeat(cells, parse(expected.signature))
            assert (found.score, found.differences) == (expected, [])
            stated.add((parse(expected.signature).division, found.score.replicates))
    assert {division for division, _ in stated} == {
        f"{text}:{protocol}"
        for text in ("rendered", "verbatim")
        for protocol in ("stratified-group-k-fold-2x2", "stratified-group-k-fold-2x1", "leave-one-actor-out")
    }
    assert {replicates for _, replicates in stated} == {2, 4}
    _verbatim_rows_outside_a_run_are_those_that_hydration_writes(
        expected, cells.rename(tmp_path / "moved"), bridge, bridge_article
    )


def _verbatim_rows_outside_a_run_are_those_that_hydration_writes(expected, cells, bridge, article):
    signed = parse(expected.signature)
    assert signed.text == "verbatim"
    with pytest.raises(InputError, match="on verbatim text gold is what `stancelab data hydrate` writes"):
        repeat(cells, signed)
    write_table(Path("verbatim.jsonl"), hydrate(load_dataset(bridge), article, articles=articles_of(bridge)).rows)
    found = repeat(cells, signed, gold="verbatim.jsonl")
    assert (found.score, found.differences) == (expected, [])


@pytest.fixture
def official(bridge, tmp_path, monkeypatch):
    """A table of labelled rows with an official division, and predictions of its test rows."""
    monkeypatch.chdir(tmp_path)
    rows = load_dataset(bridge).rows.assign(split=["test" if number % 3 else "train" for number in range(16)])
    write_table(tmp_path / "gold.jsonl", rows[["id", "group", "text", "actor", "target", "label", "split"]])
    return load_dataset(tmp_path / "gold.jsonl")


def signed(dataset, division, **parts):
    start = f"{dataset.signature}|{dataset.scheme.name}|{division}|seeds:0"
    return replace(parse(f"{start}|accuracy|interval:bca,clusters,50|stancelab:0"), **parts)


def predicted(rows, path, **columns):
    rows[["id", "label"]].assign(**columns).to_csv(path, index=False)
    return path


def test_an_official_division_tests_its_own_rows(official, tmp_path):
    test = official.rows[official.rows["split"] == "test"]
    path = predicted(test, tmp_path / "p.csv")
    found = repeat(path, signed(official, "rendered:official-test"), gold="gold.jsonl")
    assert (found.score.rows, found.score.interval.value) == (10, 1.0)
    assert [entry.part for entry in found.differences] == ["version"]
    with pytest.raises(InputError, match=r"6 ids that are not in gold|have no prediction"):
        repeat(path, signed(official, "rendered:official-train-from-test"), gold="gold.jsonl")


def test_a_part_is_scored_alone(official, tmp_path):
    labels = official.rows["label"].where(official.rows["split"] == "test", "favor")
    path = predicted(official.rows.assign(label=labels), tmp_path / "p.csv")
    [_, expected] = score(path, official, metrics=["accuracy"], by="split")
    found = repeat(path, parse(expected.signature), gold="gold.jsonl")
    assert (found.score, found.differences) == (replace(expected, part=None), [])
    with pytest.raises(InputError, match="no row of gold is of the part 'split=dev'; parts: split=train, split=test"):
        repeat(path, replace(parse(expected.signature), part="split=dev"), gold="gold.jsonl")


def test_only_the_signed_replicates_count(official, tmp_path):
    wrong = official.rows.assign(label="unrelated")
    both = pd.concat([official.rows.assign(seed=0), wrong.assign(seed=1)])
    path = predicted(both, tmp_path / "p.csv", seed=both["seed"])
    one = signed(official, "rendered:leave-one-actor-out")
    right = repeat(path, one, gold="gold.jsonl").score
    assert (right.interval.value, right.replicates) == (1.0, 1)
    assert repeat(path, replace(one, seeds=(0, 1)), gold="gold.jsonl").score.replicates == 2
    with pytest.raises(InputError, match="1 of 2 signed replicates are not here: seed 2, repeat 0"):
        repeat(path, replace(one, seeds=(0, 2)), gold="gold.jsonl")
    with pytest.raises(InputError, match="seeds:none goes with as-given"):
        repeat(path, replace(one, seeds=()), gold="gold.jsonl")


def test_seeds_that_the_predictions_have_and_the_signature_has_not_show(official, tmp_path):
    path = predicted(official.rows, tmp_path / "p.csv", seed=4)
    found = repeat(path, replace(signed(official, "as-given"), seeds=()), gold="gold.jsonl")
    assert [entry.part for entry in found.differences] == ["seeds", "version"]


@pytest.mark.parametrize(
    ("part", "value"), [("choices", "absent=1"), ("interval", "percentile,clusters,50"), ("version", "0.0.1")]
)
def test_what_comes_out_otherwise_is_named(official, tmp_path, part, value):
    path = predicted(official.rows, tmp_path / "p.csv")
    [current] = score(path, official, metrics=["balanced_accuracy"])
    found = repeat(path, replace(parse(current.signature), **{part: value}), gold="gold.jsonl")
    assert [entry.part for entry in found.differences] == [part]


def test_other_rows_are_refused_and_named(official, bridge, tmp_path):
    path = predicted(official.rows, tmp_path / "p.csv")
    other = replace(signed(official, "as-given"), sha="00000000")
    with pytest.raises(
        InputError, match=rf"gold@00000000 in scheme '{official.scheme.name}', but gold.jsonl is gold@\w+, 16 rows"
    ):
        repeat(path, other, gold="gold.jsonl")
    with pytest.raises(InputError, match=r"dataset 'bridge' is bridge@\w+, 16 rows; --gold names the rows"):
        repeat(path, replace(other, dataset="bridge"))
    with pytest.raises(InputError, match=r"no dataset 'nowhere' is here.*data hydrate"):
        repeat(path, replace(other, dataset="nowhere", text="verbatim"))


def test_a_protocol_of_no_name_is_refused(official, tmp_path):
    path = predicted(official.rows, tmp_path / "p.csv")
    with pytest.raises(InputError, match=r"unknown protocol 'leave-one-actor'; did you mean 'leave-one-actor-out'\?"):
        repeat(path, signed(official, "rendered:leave-one-actor"), gold="gold.jsonl")
