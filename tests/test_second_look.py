import json
from dataclasses import replace
from functools import partial

import pytest

from stancelab.dataset import load_dataset
from stancelab.doubts import doubts
from stancelab.errors import InputError
from stancelab.records import Unit, read_records, write_json_lines
from stancelab.runs import run_experiment
from stancelab.second_look import blind_units, queue_of, write_queue
from stancelab.tables import read_table


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def run(bridge_experiment, tmp_path):
    file = bridge_experiment / "experiment.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace('[[protocols]]\nkind = "leave-one-actor-out"\n', ""), encoding="utf-8"
    )
    return run_experiment(bridge_experiment, recipes=["majority", "naive-bayes"], out=tmp_path / "run", jobs=1)


def test_doubts_go_out_blind_in_the_units_form_and_the_key_stays_apart(run, bridge, tmp_path):
    queue = queue_of(run, seed=3)
    assert queue.recipes == ("naive-bayes",)
    (predictions,) = (run.predictions(queue.setting, recipe) for recipe in run.recipes if recipe.name == "naive-bayes")
    expected = doubts(predictions.ids, predictions.gold, predictions.probabilities.mean(axis=0), predictions.scheme.labels)
    assert list(queue.doubts) == expected != []
    units, key = write_queue(queue, tmp_path / "again")
    given = {unit.id: unit for unit in read_records(bridge / "units.jsonl", Unit)}
    assert {unit.id: unit for unit in read_records(units, Unit)} == {entry.id: given[entry.id] for entry in expected}
    assert list(lines(units)[0]) == list(lines(bridge / "units.jsonl")[0])
    assert [list(line) for line in lines(key)] == [["rank", "id", "gold", "suggested", "self_confidence", "margin", "why"]] * len(
        expected
    )
    assert [line["id"] for line in lines(key)] == [entry.id for entry in expected]
    silent = replace(predictions, probabilities=None)
    with pytest.raises(InputError, match="does not give a probability"):
        queue_of(Answering(run, silent), recipes=["naive-bayes"])
    with pytest.raises(InputError, match="no recipe of the run that reads statements"):
        queue_of(Answering(run, silent))


class Answering:
    """A run whose recipes all gave the same predictions."""

    def __init__(self, run, predictions):
        self.settings, self.tested, self.recipes_in = run.settings, run.tested, run.recipes_in
        self.predictions = lambda setting, recipe: predictions


def test_the_command_says_where_things_are_and_refuses_what_it_must(run, bridge, tmp_path, call, monkeypatch):
    doubts_of = partial(call, "doubts", run.folder)
    code, out, _ = doubts_of(
        "-o", tmp_path / "queue.csv", "--recipe", "naive-bayes", "--recipe", "majority", "--most", "1", "--json"
    )
    found = json.loads(out)
    assert (code, found["rows"], found["recipes"]) == (0, 16, ["naive-bayes", "majority"])
    assert len(found["doubts"]) == len(read_table(tmp_path / "queue.csv").rows) == 1
    assert found["key"] == str(tmp_path / "queue.key.csv")
    assert (tmp_path / "queue.key.csv").exists()
    code, out, _ = doubts_of("-o", tmp_path / "folder")
    assert code == 0
    assert str(tmp_path / "folder" / "units.jsonl") in out
    code, out, err = doubts_of("-o", bridge)
    assert (code, out) == (2, "")
    assert "the folder of a dataset" in err
    code, out, err = doubts_of("-o", bridge / "units.jsonl")
    assert code == 2
    code, out, err = doubts_of("-o", tmp_path / "new", "--recipe", "naive-bay")
    assert (code, out) == (2, "")
    assert "unknown recipe in the run's primary setting: 'naive-bay'; did you mean 'naive-bayes'?" in err
    assert not (tmp_path / "new").exists()
    monkeypatch.setattr("stancelab.second_look.doubts", lambda *_: [])
    code, out, _ = doubts_of("-o", tmp_path / "none")
    assert (code, out.splitlines()[-1]) == (0, "nothing is written")
    assert not (tmp_path / "none").exists()


def test_rows_of_a_table_go_out_with_the_columns_they_have(tmp_path):
    rows = [
        {"id": f"r{n}", "text": f"said {n}", "actor": "she", "target": "it", "label": "favor", "votes_favor": 2, "mode": "direct"}
        for n in range(30)
    ]
    write_json_lines(tmp_path / "rows.jsonl", rows)
    table = load_dataset(tmp_path / "rows.jsonl").rows
    found = blind_units(table, seed=1)
    assert found.columns.tolist() == ["id", "group", "text", "actor", "target", "mode"]
    assert sorted(found["id"]) == sorted(table["id"])
    assert found["id"].tolist() != table["id"].tolist()
    assert found.equals(blind_units(table, seed=1))
    assert not found.equals(blind_units(table, seed=2))
