"""Is a language model one more annotator, and do gold and the annotators' agreement not notice?"""

import json

import krippendorff
import pytest

from stancelab.adjudication import settle
from stancelab.annotating import annotate
from stancelab.build import build, dataset_agreement, recipe_agreement
from stancelab.cli import main
from stancelab.errors import InputError
from stancelab.recipes import load_recipe
from stancelab.records import Annotation, read_records
from stancelab.validation import check, validate


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    pytest.importorskip("openai")
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def model(chat_stub):
    """The shelf's recipe with the stub behind it: favor wherever a bridge is named, unrelated elsewhere."""

    def reply(request, asked):
        return chat_stub.completion(
            "favor" if "bridge" in request["messages"][-1]["content"].split("<statement>")[1] else "unrelated"
        )

    chat_stub.reply = reply
    found = load_recipe("chat-server")
    return found.model_copy(update={"params": {**found.params, "base_url": chat_stub.url, "retries": 0}})


def annotations(folder):
    return read_records(folder / "annotations.jsonl", Annotation)


def test_a_recipe_gives_every_unit_its_label_beside_the_others(bridge, model, chat_stub):
    before = annotations(bridge)
    done = annotate(model, bridge)
    after = annotations(bridge)
    assert after[: len(before)] == before
    added = after[len(before) :]
    assert (done.given, done.unanswered, done.annotator, done.round) == (16, (), "chat-server", 1)
    assert len(added) == 16
    assert {entry.label for entry in added} == {"favor", "unrelated"}
    assert {(entry.annotator, entry.round, entry.codebook) for entry in added} == {("chat-server", 1, "1.0")}
    assert {(entry.position, entry.confidence, entry.rationale) for entry in added} == {(None, None, None)}
    assert {entry.recipe for entry in added} == {f"chat-server@{model.fingerprint[:8]}"}
    assert not any("advocates" in str(request) or "as told" in str(request) for request in chat_stub.requests)


def described(folder):
    """The fields of annotations that croissant.json describes."""
    sets = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))["recordSet"]
    [fields] = [entry["field"] for entry in sets if entry["name"] == "annotations"]
    return [field["name"] for field in fields]


def test_gold_agreement_and_soundness_do_not_notice(bridge, model):
    before_fields = described(bridge)
    gold, before = (bridge / "gold.jsonl").read_bytes(), dataset_agreement(bridge)
    annotate(model, bridge)
    assert check(bridge) == []
    assert len([fault for fault in validate(bridge) if "annotations.jsonl" in fault]) == 1
    build(bridge)
    assert validate(bridge) == check(bridge) == []
    assert (bridge / "gold.jsonl").read_bytes() == gold
    assert dataset_agreement(bridge) == before
    assert described(bridge) == [*before_fields, "recipe"]
    assert "chat-server" not in (bridge / "README.md").read_text(encoding="utf-8")


def test_a_later_round_of_a_recipe_is_no_round_of_the_others(bridge, model):
    before = dataset_agreement(bridge)
    annotate(model, bridge, number=7)
    assert dataset_agreement(bridge) == before
    assert check(bridge) == []
    units_given_by_nobody = settle([], annotations(bridge), [])[1]
    assert len(units_given_by_nobody) == 16


def test_a_recipe_alone_settles_nothing(bridge, model):
    annotate(model, bridge)
    path = bridge / "annotations.jsonl"
    kept = [
        line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if "b01-ada" not in line or "recipe" in line
    ]
    path.write_text("".join(kept), encoding="utf-8")
    with pytest.raises(InputError, match="b01-ada: nobody has annotated it"):
        build(bridge)


def test_agreement_with_each_annotator_pair_by_pair(bridge, model):
    annotate(model, bridge)
    annotate(model, bridge, annotator="another", number=2)
    found = {entry.field: entry for entry in recipe_agreement(bridge)}
    assert list(found) == [
        f"label: {name} and {other}" for name in ("chat-server (round 1)", "another (round 2)") for other in "xyz"
    ]
    entry = found["label: chat-server (round 1) and x"]
    assert (entry.units, entry.clusters, entry.annotators, entry.level) == (16, 14, 2, "nominal")
    theirs, own = (
        {entry.id: entry.label for entry in annotations(bridge) if entry.annotator == name} for name in ("x", "another")
    )
    codes = ["favor", "against", "neutral", "unrelated"]
    data = [[codes.index(labels[name]) for name in theirs] for labels in (theirs, own)]
    expected = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal", value_domain=[0, 1, 2, 3])
    assert entry.alpha.value == pytest.approx(expected)


def test_units_without_an_answer_are_left_out_and_named(bridge, model, chat_stub):
    answer = chat_stub.reply

    def sometimes(request, asked):
        question = request["messages"][-1]["content"]
        return chat_stub.completion("As an AI I cannot") if "fishers" in question else answer(request, asked)

    chat_stub.reply = sometimes
    done = annotate(model, bridge)
    assert done.unanswered == ("b05-fishers", "b07-cole", "b07-fishers", "b12-fishers")
    build(bridge)
    assert validate(bridge) == check(bridge) == []
    assert {entry.units for entry in recipe_agreement(bridge)} == {12}


def test_nothing_is_written_twice_over_others_or_without_an_answer(bridge, model, chat_stub):
    before = (bridge / "annotations.jsonl").read_bytes()
    with pytest.raises(InputError, match="gold follows from the annotations of 'x'; --annotator names the recipe otherwise"):
        annotate(model, bridge, annotator="x", number=9)
    with pytest.raises(InputError, match="recipe 'majority' has to be trained"):
        annotate(load_recipe("majority"), bridge)
    with pytest.raises(InputError, match="has to be trained"):
        annotate(load_recipe("logistic-tfidf"), bridge)
    assert chat_stub.requests == []
    answer = chat_stub.reply
    chat_stub.reply = lambda request, asked: chat_stub.completion("no idea")
    with pytest.raises(InputError, match="no answer to any of the 16 units; nothing is written"):
        annotate(model.model_copy(update={"params": {**model.params, "model": "mute"}}), bridge)
    assert (bridge / "annotations.jsonl").read_bytes() == before
    chat_stub.reply = answer
    annotate(model, bridge)
    once = (bridge / "annotations.jsonl").read_bytes()
    with pytest.raises(InputError, match=r"'chat-server' has annotated round 1 already \(rounds 1\)"):
        annotate(model, bridge)
    assert (bridge / "annotations.jsonl").read_bytes() == once


def test_only_annotated_datasets_are_annotated(bridge, model, tmp_path):
    with pytest.raises(InputError, match=r"holds no units\.jsonl"):
        annotate(model, tmp_path)


def test_of_annotators_everything_is_required(bridge):
    path = bridge / "annotations.jsonl"
    row = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    del row["position"], row["rationale"]
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**row, "annotator": "w"}) + "\n")
    with pytest.raises(InputError, match=r"annotations\.jsonl:49: key 'position' is missing and key 'rationale' is missing"):
        annotations(bridge)


def test_the_command_line(bridge, model, tmp_path, monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr("sys.argv", ["stancelab", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        return (left.value.code or 0, *capsys.readouterr())

    recipe = tmp_path / "mine.toml"
    facts = {key: value for key, value in model.model_dump().items() if isinstance(value, str) and key != "name"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in facts.items()]
    lines += ["[params]", *(f"{key} = {json.dumps(value)}" for key, value in model.params.items())]
    recipe.write_text("\n".join(lines), encoding="utf-8")
    code, out, err = call("annotate", recipe, bridge, "--max-requests", 3)
    assert (code, out) == (2, "")
    assert "error: budget spent: 3 of 3 requests" in err
    code, out, err = call("annotate", recipe, bridge, "--annotator", "robot", "--round", 1)
    assert code == 0
    assert "16 annotations by robot in round 1" in out
    assert "servers: requests 13, answers from the cache 3" in err
    assert call("data", "build", bridge)[0] == 0
    code, out, _ = call("data", "agree", bridge)
    assert "they count neither above nor for gold" in out
    assert "| label: robot (round 1) and x | nominal |" in out
    found = json.loads(call("data", "agree", bridge, "--json")[1])
    assert [entry["field"] for entry in found][-3:] == [f"label: robot (round 1) and {name}" for name in "xyz"]
    code, out, _ = call("annotate", recipe, bridge, "--annotator", "robot", "--json")
    assert code == 2
