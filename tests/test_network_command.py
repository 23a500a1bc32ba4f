import json
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest

from stancelab.networks.exports import SUMMARY

Call = Callable[..., tuple[int, str, str]]
ROW = {"doc_id": "d", "group": "g", "actor": "Ann", "actor_id": "ann", "target": "tax", "label": "favor"}
ROWS = [
    {**ROW, "id": "1", "date": "2024-01-01", "p_favor": 0.7, "p_against": 0.2, "p_neutral": 0.1},
    {**ROW, "id": "2", "date": "2024-01-02", "actor": "Bo", "actor_id": "bo"},
    {**ROW, "id": "3", "actor": "Cy", "actor_id": "cy", "label": "against"},
    {**ROW, "id": "4", "actor": "Cy", "actor_id": "cy", "label": None},
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "statements.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def test_networks_are_made_and_told(call: Call, table: Path, tmp_path: Path):
    code, out, _ = call("network", table, "-o", tmp_path / "out", "--window", 7, "--draws", 200)
    assert code == 0
    assert out.startswith("3 statements of 3 actors on 1 target in 1 article: 2 in favor, 1 against, 0 other\n")
    for told in ("1 rows without a label are left out", "2 of 3 rows have no probabilities", "1 rows have no date", "modularity"):
        assert told in out
    ties = nx.read_graphml(tmp_path / "out" / "subtract.graphml")
    assert ties["actor:ann"]["actor:bo"]["value"] == 1
    assert ties["actor:ann"]["actor:bo"]["positive"] == pytest.approx(0.7, abs=0.1)
    assert ties["actor:bo"]["actor:cy"]["value"] == -1
    assert (tmp_path / "out" / "windows" / "2024-01-01--2024-01-07" / "congruence.graphml").exists()


def test_json_is_the_summary(call: Call, table: Path, tmp_path: Path):
    code, out, _ = call("network", table, "-o", tmp_path / "out", "--kind", "congruence", "--window", 7, "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["undated"], len(told["windows"])) == (1, 1)
    summary = json.loads((tmp_path / "out" / SUMMARY).read_text(encoding="utf-8"))
    assert {name: told[name] for name in summary if name != "files"} == {
        name: summary[name] for name in summary if name != "files"
    }
    assert told["all"]["networks"] == [
        {"kind": "congruence", "nodes": 3, "ties": 1, "ties_in_draws_only": 1, "left_out_as_seldom": 0}
    ]
    assert told["all"]["with_probabilities"] == 1


def test_targets_can_be_tied_too(call: Call, table: Path, tmp_path: Path):
    assert call("network", table, "-o", tmp_path / "out", "--among", "targets", "--kind", "ignore")[0] == 0
    assert list(nx.read_graphml(tmp_path / "out" / "ignore-of-targets.graphml")) == ["target:tax"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--kind", "conflit"], "unknown kind of network 'conflit'; did you mean 'conflict'"),
        (["--normalisation", "cosinus"], "unknown normalisation 'cosinus'"),
        (["--window", "7", "--step", "9"], "--step 9: expected 1 to 7 days"),
        (["--step", "9"], "--step goes with --window"),
        (["--scheme", "pro-con-neutral"], "unknown label 'favor' in scheme 'pro-con-neutral'"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_written(call: Call, table: Path, tmp_path: Path, words: list[str], message: str):
    code, _, told = call("network", table, "-o", tmp_path / "out", *words)
    assert code == 2
    assert told.startswith("error: ")
    assert message in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("rows", "words", "message"),
    [
        ([{name: value for name, value in ROW.items() if name != "target"}], [], "column 'target' is missing"),
        ([ROW, ROW, {**ROW, "label": "favour"}], [], ":3: unknown label 'favour'"),
        ([ROW], ["--window", "7"], "no row has a date"),
        ([{**ROW, "date": "yesterday"}], ["--window", "7"], ":1: date 'yesterday' is not written YEAR-MONTH-DAY"),
    ],
)
def test_faulty_tables_are_one_line(call: Call, tmp_path: Path, rows: list[dict[str, str]], words: list[str], message: str):
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, _, told = call("network", path, "-o", tmp_path / "out", *words)
    assert (code, told.count("\n")) == (2, 1)
    assert message in told


def test_a_table_that_is_not_there_is_said(call: Call, tmp_path: Path):
    code, _, told = call("network", tmp_path / "nowhere.jsonl", "-o", tmp_path / "out")
    assert (code, told.count("\n")) == (2, 1)
