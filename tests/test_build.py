import json
from pathlib import Path

import pytest

from stancelab.build import build, dataset_agreement
from stancelab.croissant import describe
from stancelab.dataset import DatasetHeader, load_dataset
from stancelab.errors import InputError
from stancelab.toml_files import read_toml
from stancelab.validation import validate


def test_building_again_changes_nothing(bridge):
    before = {path.name: path.read_bytes() for path in bridge.iterdir()}
    build(bridge)
    assert {path.name: path.read_bytes() for path in bridge.iterdir()} == before


def test_gold_takes_the_agreed_and_the_adjudicated_labels(bridge):
    labels = load_dataset(bridge).rows.set_index("id")["label"]
    assert labels["b01-ada"] == "favor"
    assert labels["b09-council"] == "neutral"


def test_an_unsettled_disagreement_writes_nothing(bridge):
    path = bridge / "annotations.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"label": "favor"', '"label": "neutral"', 1), encoding="utf-8")
    before = (bridge / "gold.jsonl").read_bytes()
    with pytest.raises(InputError, match="b01-ada: the annotators disagree"):
        build(bridge)
    assert (bridge / "gold.jsonl").read_bytes() == before


def test_only_the_last_round_counts(bridge):
    path = bridge / "annotations.jsonl"
    first = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    second = [{**row, "round": 2} for row in first]
    first[0]["label"] = "neutral"
    path.write_text("".join(json.dumps(row) + "\n" for row in first + second), encoding="utf-8")
    build(bridge)
    assert load_dataset(bridge).rows.set_index("id")["label"]["b01-ada"] == "favor"


def test_agreement_covers_label_position_and_each_label(bridge):
    found = {entry.field: entry for entry in dataset_agreement(bridge)}
    assert list(found) == ["label", "position", "label: favor", "label: against", "label: neutral", "label: unrelated"]
    assert found["label: favor"].alpha.value == 1
    assert 0.8 < found["label"].alpha.value < 1
    assert found["label"].annotators == 3


def test_the_card_shows_the_tables(bridge):
    card = (bridge / "README.md").read_text(encoding="utf-8")
    assert "| favor | advocates |" in card
    assert "| label | nominal | 0." in card


def test_croissant_tells_whole_numbers_from_text():
    folder = Path(__file__).parent.parent / "datasets" / "ground-intervention"
    facts = describe(folder, read_toml(folder / "dataset.toml", DatasetHeader))
    types = {field["@id"]: field["dataType"] for entry in facts["recordSet"] for field in entry["field"]}
    assert types["annotations/confidence"] == types["gold/start"] == "sc:Integer"
    assert types["annotations/rationale"] == types["gold/text"] == "sc:Text"


def test_croissant_names_every_file_with_its_checksum(bridge):
    facts = json.loads((bridge / "croissant.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in facts["distribution"]] == [
        "gold.jsonl",
        "annotations.jsonl",
        "adjudication.jsonl",
        "actors.jsonl",
    ]
    assert validate(bridge) == []
