import json

import pytest

from stancelab.records import write_json_lines
from stancelab.validation import check, validate


def edit(path, number, **change):
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows[number].update(change)
    write_json_lines(path, rows)


def test_the_built_folder_has_no_faults(bridge, bridge_article):
    assert validate(bridge) == []
    assert check(bridge, article=bridge_article) == []


@pytest.mark.parametrize(
    ("file", "number", "change", "message"),
    [
        ("gold.jsonl", 0, {"label": "favour"}, "gold.jsonl:1: unknown label 'favour' in scheme"),
        ("gold.jsonl", 0, {"label": "against"}, "gold.jsonl:1: position 'advocates' does not go with label 'against'"),
        ("gold.jsonl", 1, {"id": "b01-ada"}, "gold.jsonl:2: duplicate id 'b01-ada'"),
        ("gold.jsonl", 1, {"end": 100_000}, "gold.jsonl:2: span"),
        ("gold.jsonl", 1, {"quote": "Nothing at all"}, "gold.jsonl:2: the text does not hold the quote"),
        ("gold.jsonl", 1, {"quote_start": 0}, "gold.jsonl:2: the quote is not inside the span"),
        ("gold.jsonl", 1, {"quote_start": None}, "gold.jsonl:2: quote and quote_start go together"),
        ("gold.jsonl", 0, {"actor_id": "adam"}, "gold.jsonl:1: actor_id 'adam' is not in actors.jsonl"),
        ("gold.jsonl", 0, {"actor": "Ada"}, "gold.jsonl:1: actor 'Ada', but actors.jsonl calls 'ada' 'Ada Brook'"),
        ("gold.jsonl", 0, {"doc_id": "x"}, "gold.jsonl:1: doc_id 'x' is not in articles.jsonl"),
        ("gold.jsonl", 0, {"mode": "dirct"}, "gold.jsonl:1: unknown mode 'dirct'; did you mean 'direct'?"),
        ("gold.jsonl", 0, {"lable": "x"}, "gold.jsonl:1: unknown key 'lable'; did you mean 'label'?"),
        ("annotations.jsonl", 4, {"confidence": 6}, "annotations.jsonl:5: key 'confidence'"),
        ("annotations.jsonl", 4, {"id": "b99"}, "annotations.jsonl:5: no unit has id 'b99'"),
        ("annotations.jsonl", 4, {"annotator": "x"}, "annotations.jsonl:5: duplicate annotation"),
        ("adjudication.jsonl", 0, {"reason": ""}, "adjudication.jsonl:1: key 'reason'"),
    ],
)
def test_validate_names_file_and_line(bridge, file, number, change, message):
    edit(bridge / file, number, **change)
    assert any(message in fault for fault in validate(bridge))


def test_validate_reports_all_faults_at_once(bridge):
    edit(bridge / "gold.jsonl", 0, label="favour")
    edit(bridge / "gold.jsonl", 2, actor_id="nobody")
    edit(bridge / "actors.jsonl", 0, kind="horse")
    faults = "\n".join(validate(bridge))
    assert all(part in faults for part in ("gold.jsonl:1", "gold.jsonl:3", "actors.jsonl:1", "SHA256SUMS has"))


def test_validate_notices_a_changed_and_an_extra_and_a_lost_file(bridge):
    (bridge / "codebook.md").write_text("other", encoding="utf-8")
    (bridge / "extra.txt").write_text("x", encoding="utf-8")
    (bridge / "croissant.json").unlink()
    faults = "\n".join(validate(bridge))
    assert "codebook.md: sha256" in faults
    assert "extra.txt is there and not recorded" in faults
    assert "croissant.json is recorded and not there" in faults


def test_validate_without_checksums(bridge):
    (bridge / "SHA256SUMS").unlink()
    assert any("SHA256SUMS: is missing" in fault for fault in validate(bridge))


def test_validate_reports_a_missing_file_and_goes_on(bridge):
    (bridge / "actors.jsonl").unlink()
    edit(bridge / "gold.jsonl", 0, label="favour")
    faults = "\n".join(validate(bridge))
    assert "actors.jsonl: no such file" in faults
    assert "unknown label 'favour'" in faults


def test_validate_wants_every_annotator_on_every_unit(bridge):
    path = bridge / "annotations.jsonl"
    path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[1:]) + "\n", encoding="utf-8")
    assert any("x gave 'b01-ada' nothing in round 1" in fault for fault in validate(bridge))


def test_validate_a_table(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,text,actor,target,label\n1,a,b,c,favor\n1,a,,c,agianst\n3,a,b,c,none\n", encoding="utf-8")
    faults = validate(path)
    assert any("rows.csv:3: column 'actor' is empty" in fault for fault in faults)
    assert any("rows.csv:3: duplicate id '1'" in fault for fault in faults)
    assert any("rows.csv:3: unknown label 'agianst'" in fault and "'against'" in fault for fault in faults)


def test_check_finds_a_group_that_is_not_whole(bridge):
    rows = [json.loads(line) for line in (bridge / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    place = next(number for number, row in enumerate(rows) if row["id"] == "b07-cole")
    rows.append(rows.pop(place))
    write_json_lines(bridge / "gold.jsonl", rows)
    assert any("group 'b07' goes on here" in fault for fault in check(bridge))


def test_check_finds_two_texts_in_one_group(bridge):
    edit(bridge / "gold.jsonl", 6, text="It is told: something else entirely")
    assert any("text differs within group 'b07'" in fault for fault in check(bridge))


def test_check_finds_near_duplicates_across_groups(bridge):
    first = json.loads((bridge / "gold.jsonl").read_text(encoding="utf-8").splitlines()[0])
    edit(bridge / "gold.jsonl", 3, text=first["text"] + " Really")
    assert any("the same as in another group" in fault for fault in check(bridge))


def test_check_finds_gold_that_does_not_follow(bridge):
    edit(bridge / "gold.jsonl", 0, label="against", position="declines")
    assert any("label, position of 'b01-ada' does not follow" in fault for fault in check(bridge))


def test_check_finds_a_disagreement_without_a_reason(bridge):
    (bridge / "adjudication.jsonl").write_text(
        json.dumps({"id": "b01-ada", "label": "favor", "position": "advocates", "reason": "x"}) + "\n", encoding="utf-8"
    )
    faults = "\n".join(check(bridge))
    assert "b09-council: the annotators disagree and the adjudication log has no entry" in faults
    assert "b01-ada: the adjudication log has an entry, but the annotators agree" in faults


def test_check_with_the_article_finds_moved_spans_and_quotes(bridge, bridge_article):
    bridge_article.write_text("New first line\n\n" + bridge_article.read_text(encoding="utf-8"), encoding="utf-8")
    faults = "\n".join(check(bridge, article=bridge_article))
    assert "sha256 is not the one in articles.jsonl" in faults
    assert "have another checksum" in faults
    assert "the article does not say 'No bridge while I live'" in faults


def test_check_names_the_lines_of_a_table(tmp_path):
    rows = ["id,text,actor,target,label,split", "1,We want it,a,t,favor,train", "2,We want it!,b,t,favor,test"]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert check(path) == [
        f"{path}:3: text is 100% the same as in another group, in splits 'test' and 'train', at {path}:2",
    ]
