import json
import shutil
import sys

import numpy as np
import pytest

from stancelab.cells import facts_of
from stancelab.errors import InputError
from stancelab.explaining import FILE, explain_run, load_explanations, outdated, telling_rows
from stancelab.labels import scheme_named
from stancelab.predictions import Predictions
from stancelab.runs import Run, load_run, run_experiment
from stancelab.splits import split
from stancelab.tables import read_table


@pytest.fixture
def run(bridge_experiment, tmp_path) -> Run:
    """A run of one setting."""
    file = bridge_experiment / "experiment.toml"
    text = file.read_text(encoding="utf-8").replace(', "favor-against-neutral-unrelated"]', "]")
    file.write_text(text.replace('[[protocols]]\nkind = "leave-one-actor-out"\n', ""), encoding="utf-8")
    return run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)


def test_what_is_explained_is_what_the_run_predicted_for_rows_it_did_not_train_on(run):
    found = explain_run(run, rows=4)
    setting = run.settings[0]
    rows = run.dataset(setting).rows
    folds = split(setting.protocol, rows, repeat=0)
    told = {row["id"]: row for row in read_table(run.folder / setting.folder / "naive-bayes").rows}
    assert len(found.rows) == 4
    for row in found.rows:
        (made,) = row.explanations
        number = int(np.flatnonzero(rows["id"] == row.id)[0])
        assert number in folds[made.fold].test
        assert number not in folds[made.fold].train
        assert (made.recipe, made.predicted, made.fold) == ("naive-bayes", told[row.id]["label"], told[row.id]["fold"])
        assert made.probability == made.recorded == pytest.approx(told[row.id][f"p_{made.predicted}"], abs=1e-6)
        assert sum(made.values) == pytest.approx(made.probability - made.base, abs=1e-4)
        assert len(made.values) == len(made.errors) == len(row.players)
        assert "".join(player.text for player in row.players[:-2]) == rows["text"][number]
        assert row.gold == rows["label"][number]
    assert {table.label for table in found.weights["naive-bayes"]} == {"favor", "against", "none"}
    assert {table.folds for table in found.weights["naive-bayes"]} == {2}


def test_explanations_lie_in_the_run_and_are_the_same_every_time(run):
    assert load_explanations(run) is None
    found = explain_run(run, rows=2)
    before = (run.folder / FILE).read_bytes()
    assert load_explanations(run) == found
    assert outdated(run, found) == []
    explain_run(load_run(run.folder), rows=2)
    assert (run.folder / FILE).read_bytes() == before


def test_recipes_without_text_are_explained_where_they_are_named(run):
    found = explain_run(run, recipes=["actor-only", "naive-bayes"], rows=2)
    by_default = explain_run(run, rows=2)
    assert [row.id for row in found.rows] == [row.id for row in by_default.rows]
    for row in found.rows:
        blind, reader = row.explanations
        assert (blind.recipe, reader.recipe) == ("actor-only", "naive-bayes")
        assert set(blind.values[:-2]) == {0.0}
        assert any(reader.values[:-2])


def test_a_run_computed_anew_makes_them_outdated(run, bridge_experiment, bridge):
    found = explain_run(run, rows=2)
    gold = bridge / "gold.jsonl"
    gold.write_text(gold.read_text(encoding="utf-8").replace("flour", "bread"), encoding="utf-8")
    again = run_experiment(bridge_experiment, out=run.folder, jobs=1)
    cells = sorted((run.folder / run.settings[0].folder / "naive-bayes").glob("*.parquet"))
    assert all(facts_of(path).get("fingerprint") for path in cells)
    assert outdated(again, found) == ["naive-bayes"]
    assert outdated(again, explain_run(again, rows=2)) == []
    assert outdated(again, found.model_copy(update={"setting": "elsewhere"})) == ["naive-bayes"]


def test_what_cannot_be_explained_is_refused(run, monkeypatch):
    with pytest.raises(InputError, match="unknown recipe 'naive-bayse'; did you mean 'naive-bayes'"):
        explain_run(run, recipes=["naive-bayse"])
    (run.folder / FILE).write_text('{"setting": 1}', encoding="utf-8")
    with pytest.raises(InputError, match=r"attributions\.json: key 'setting'"):
        load_explanations(run)
    (run.folder / FILE).unlink()
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(InputError, match=r"pip install 'stancelab\[explain\]'"):
        explain_run(run)
    assert not (run.folder / FILE).exists()
    blind = [recipe for recipe in run.recipes if recipe.name != "naive-bayes"]
    monkeypatch.undo()
    with pytest.raises(InputError, match="no recipe here learns from text at little cost"):
        explain_run(Run(run.folder, run.name, run.experiment, tuple(blind), run.datasets, run.facts))


def predictions_of(gold_probability: list[float], groups: str) -> Predictions:
    given = np.array(gold_probability)
    ids = tuple(f"r{number}" for number in range(len(given)))
    codes = np.zeros(len(given), dtype=np.int64)
    probabilities = np.column_stack([given, 1 - given, np.zeros(len(given))])[None]
    return Predictions(scheme_named("favor-against-none"), ids, tuple(groups), codes, codes[None], probabilities, ((0, 0),))


def test_telling_rows_are_the_worst_of_each_statement_then_the_best():
    one = predictions_of([0.1, 0.2, 0.0, 0.5, 0.9, 0.8, 1.0], "aabcddd")
    other = predictions_of([0.1, 0.0, 0.4, 0.5, 0.9, 0.8, 0.4], "aabcddd")
    assert telling_rows([one, other], most=4) == ["r0", "r2", "r3", "r4"]
    assert telling_rows([one], most=2) == ["r2", "r0"]
    assert telling_rows([one], most=99) == ["r2", "r0", "r3", "r5"]


def test_recipes_without_probabilities_count_by_their_labels():
    from dataclasses import replace

    given = predictions_of([0.5, 0.5, 0.5], "abc")
    told = replace(given, probabilities=None, predicted=np.array([[0, 1, 0]]))
    assert telling_rows([told], most=1) == ["r1"]


def test_the_command_prints_what_it_wrote(run, call, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, out, _ = call("explain", "run", "--rows", "2", "--json")
    assert code == 0
    told = json.loads(out)
    assert told.pop("file") == f"run/{FILE}"
    assert told == json.loads((tmp_path / "run" / FILE).read_text(encoding="utf-8"))
    code, out, _ = call("explain", "run", "--rows", "2", "--recipe", "naive-bayes")
    assert code == 0
    assert out.endswith(f"run/{FILE}\n")
    assert out.count("  naive-bayes ") == 2
    shutil.rmtree(tmp_path / "run")
    code, out, err = call("explain", "run")
    assert (code, out) == (2, "")
    assert "not a run" in err
