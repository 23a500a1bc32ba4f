import json

import pytest

from stancelab.checksums import write_checksums
from stancelab.contrast import CONTRAST, as_dataset, parse_contrast, read_contrast
from stancelab.errors import InputError
from stancelab.labels import scheme_named
from stancelab.records import write_json_lines
from stancelab.validation import validate

NATIVE = scheme_named("favor-against-neutral-unrelated")
TARGET = "the council builds a bridge"


def line(name, base, category, text, label, expected, **other):
    row = {"id": name, "base": base, "category": category, "text": text, "actor": "Ada Brook", "target": TARGET}
    return row | {"label": label, "expected": expected} | other


@pytest.fixture
def items():
    return [
        line("k1", "k1", "base", "Brook wants a bridge.", "favor", "same"),
        line("k1-not", "k1", "negation-flip", "Brook wants no bridge.", "against", "changes"),
        line("k1-may", "k1", "hedging", "Brook may want a bridge.", "favor", "same"),
        line("k2", "k2", "base", "Brook sold flour.", "unrelated", "same"),
        line("k2-talk", "k2", "target-swap", "Brook read about bridges.", "neutral", "changes"),
    ]


def written(folder, items):
    path = folder / CONTRAST
    write_json_lines(path, items)
    return path


def test_a_sound_contrast_set_is_read_in_its_order(items, tmp_path):
    found = read_contrast(written(tmp_path, items), NATIVE, ["another text"])
    assert [item.model_dump() for item in found] == items


@pytest.mark.parametrize(
    ("number", "change", "message"),
    [
        (1, {"label": "agianst"}, "contrast.jsonl:2: unknown label 'agianst' in scheme .*did you mean 'against'"),
        (1, {"id": "k1"}, "contrast.jsonl:2: duplicate id 'k1', first at"),
        (2, {"text": "Brook wants a bridge."}, r"contrast.jsonl:3: duplicate \(text, actor, target\)"),
        (1, {"base": "k11"}, "contrast.jsonl:2: base 'k11' is no base item here; did you mean 'k1'"),
        (1, {"base": "k1-may"}, "contrast.jsonl:2: base 'k1-may' is no base item here"),
        (1, {"category": "base"}, "contrast.jsonl:2: category 'base', base 'k1': 'base' is for an item that is its own base"),
        (0, {"category": "tense"}, "contrast.jsonl:1: category 'tense', base 'k1'"),
        (
            1,
            {"expected": "same"},
            "contrast.jsonl:2: expected 'same' does not go .*'against'.*'favor'.*only 'changes'",
        ),
        (2, {"expected": "changes"}, "contrast.jsonl:3: expected 'changes' does not go with the labels"),
        (1, {"expected": "change"}, "contrast.jsonl:2: unknown expected 'change'; did you mean 'changes'"),
        (1, {"category": "Negation flip"}, "contrast.jsonl:2: key 'category'"),
        (1, {"lable": "x"}, "contrast.jsonl:2: unknown key 'lable'; did you mean 'label'"),
        (1, {"actor": " "}, "contrast.jsonl:2: key 'actor'"),
        (3, {"text": "it was  TOLD before."}, "contrast.jsonl:4: the text of 'k2' is that of a gold row"),
    ],
)
def test_a_fault_is_named_with_its_line(items, tmp_path, number, change, message):
    items[number] |= change
    with pytest.raises(InputError, match=message):
        read_contrast(written(tmp_path, items), NATIVE, ["It was told before."])


def test_all_faults_are_told_at_once(items, tmp_path):
    items[0]["label"] = "favour"
    items[2]["category"] = "base"
    items[4]["base"] = "k3"
    items[1]["expected"] = "same"
    _, faults = parse_contrast(written(tmp_path, items), NATIVE, [items[3]["text"]])
    assert {fault.split(":")[1] for fault in faults} == {"1", "2", "3", "4", "5"}


def test_rows_of_one_base_item_are_one_group_and_labels_are_mapped(items, tmp_path):
    rows = as_dataset(read_contrast(written(tmp_path, items), NATIVE, []), NATIVE).with_scheme("favor-against").rows
    assert list(rows["id"]) == ["k1", "k1-not", "k1-may"]
    assert list(rows["group"]) == ["k1"] * 3
    assert list(rows["category"]) == ["base", "negation-flip", "hedging"]


def test_validate_reads_the_contrast_set_of_an_annotated_dataset(bridge, items):
    written(bridge, items)
    write_checksums(bridge)
    assert validate(bridge) == []
    items[1]["text"] = json.loads((bridge / "gold.jsonl").read_text(encoding="utf-8").split("\n")[0])["text"]
    written(bridge, items)
    write_checksums(bridge)
    (fault,) = validate(bridge)
    assert "contrast.jsonl:2: the text of 'k1-not' is that of a gold row" in fault


def test_validate_reads_the_contrast_set_of_an_imported_dataset(bridge, items):
    folder = bridge.parent / "imported"
    folder.mkdir()
    (folder / "dataset.toml").write_text((bridge / "dataset.toml").read_text(encoding="utf-8"), encoding="utf-8")
    row = {"id": "r1", "text": "They want it.", "actor": "Ada", "target": TARGET, "label": "favor"}
    write_json_lines(folder / "rows.jsonl", [row])
    written(folder, items)
    write_checksums(folder)
    assert validate(folder) == []
    items[0]["text"] = "they WANT it."
    (folder / CONTRAST).write_text("[]\n", encoding="utf-8")
    assert any("contrast.jsonl:1: expected a JSON object" in fault for fault in validate(folder))
    written(folder, items)
    assert any("contrast.jsonl:1: the text of 'k1' is that of a gold row" in fault for fault in validate(folder))
