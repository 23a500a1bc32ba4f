"""Is the form that predicts as right as the model itself, and is a wrong one never used?"""

import json
import pickle
import shutil
import sys

import numpy as np
import pandas as pd
import pytest

from stancelab.compiled import choosing
from stancelab.compiled.agreement import CALIBRATION, divided
from stancelab.compiled.choosing import choose
from stancelab.compiled.classifier import CompiledClassifier
from stancelab.compiled.libraries import core, openvino
from stancelab.compiled.store import write_form
from stancelab.embedding_cache import contents, user_cache
from stancelab.model_folder import load_model
from stancelab.predictors import predictor

LARGE = 10**6


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def spoil(place, form):
    """Let a form's graph give the opposite of each number."""
    graph = core().read_model(str(place / form / "graph0.xml"))
    upside_down = openvino().opset13.negative(graph.get_results()[0].input_value(0))
    spoilt = openvino().Model([upside_down], graph.get_parameters(), "spoilt")

    def write(folder):
        others = [path for path in (place / form).iterdir() if path.suffix not in (".xml", ".bin") and path.name != "sha256.json"]
        for path in others:
            shutil.copy(path, folder)
        openvino().save_model(spoilt, folder / "graph0.xml", compress_to_fp16=False)

    write_form(place / form, write)


@pytest.mark.slow
def test_compiling_says_nothing_and_writes_nothing_at_home(in_process, frozen_model, sample, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "sample.json").write_text(json.dumps(sample))
    code = """
import json, sys
from stancelab.compiled import choose
from stancelab.predictors import predictor
print(choose(predictor(sys.argv[1]), json.load(open(sys.argv[2])), rows=10**6, allowed=["int8"]).form)
"""
    done = in_process(code, frozen_model, tmp_path / "sample.json", home=tmp_path / "home", cache=tmp_path / "cache")
    assert done.stdout.startswith(("int8: ", "float32: "))
    assert len(done.stdout.splitlines()) == 1
    bars = ("compiling the model:", "quantising the model:")
    assert [line for line in done.stderr.splitlines() if not line.startswith(bars)] == []
    assert list((tmp_path / "home").rglob("*")) == []
    assert len(list((tmp_path / "cache").glob("compiled/*/int8/graph0.xml"))) == 1


def test_predicting_loads_nothing_heavy(in_process, forms, frozen_model, some, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "rows.json").write_text(json.dumps({name: values[:10] for name, values in some.items()}))
    code = """
import json, sys
from stancelab.predictors import predictor
model = predictor(sys.argv[1])
labels, probabilities = model.answers(json.load(open(sys.argv[2])))
heavy = {"torch", "transformers", "sklearn", "skops", "pandas", "scipy", "nncf", "openvino_telemetry"}
print(json.dumps([sorted(heavy & set(sys.modules)), probabilities.shape]))
"""
    done = in_process(code, frozen_model, tmp_path / "rows.json", home=tmp_path / "home", cache=forms)
    assert json.loads(done.stdout) == [[], [10, 3]]
    assert done.stderr == ""
    assert list((tmp_path / "home").rglob("*")) == []


def test_a_frozen_encoder_answers_as_before(compiled, frozen_model, some):
    found = predictor(str(frozen_model))
    assert isinstance(found.classifier, CompiledClassifier)
    assert found.own_threads
    own = load_model(frozen_model).predict(pd.DataFrame(some))
    labels, probabilities = found.answers(some)
    assert np.abs(probabilities - own.iloc[:, 2:].to_numpy()).max() < 1e-5
    assert (labels == own["label"]).mean() > 0.95
    pd.testing.assert_frame_equal(found.predict(pd.DataFrame(some)), own, atol=1e-5)


def test_a_finetuned_encoder_answers_as_before(finetuned_model, some, tmp_path, monkeypatch):
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path))
    found = choose(predictor(str(finetuned_model)), some, rows=60)
    assert found.form == "float32: less than 5,000 rows"
    own = load_model(finetuned_model).classifier.answers(pd.DataFrame(some))
    labels, probabilities = found.classifier.answers(some)
    assert list(found.classifier.classes_) == list(load_model(finetuned_model).classifier.classes_)
    assert np.abs(probabilities - own[1]).max() < 1e-5
    assert (labels == own[0]).mean() > 0.95
    again = predictor(str(finetuned_model))
    assert equal(again.answers(some), found.answers(some))
    assert contents(user_cache()).entries == 0


def test_no_rows_have_no_answers(compiled, frozen_model):
    labels, probabilities = predictor(str(frozen_model)).answers({"id": [], "text": [], "actor": [], "target": []})
    assert labels.shape == (0,)
    assert probabilities.shape == (0, 3)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_an_answer_depends_on_the_row_alone(compiled, frozen_model, some, precision, monkeypatch):
    monkeypatch.setenv("STANCELAB_CACHE_LIMIT", "0")
    model = CompiledClassifier(compiled, precision)
    labels, probabilities = model.answers(some)
    order = np.random.default_rng(0).permutation(60)
    permuted = model.answers({name: [values[row] for row in order] for name, values in some.items()})
    assert equal(permuted, (labels[order], probabilities[order]))
    alone = [model.answers({name: [values[row]] for name, values in some.items()})[1][0] for row in range(20)]
    assert np.array_equal(alone, probabilities[:20])
    for streams in (1, 3):
        model.engines = [model.engine(graph, streams=streams) for graph in model.graphs]
        assert equal(model.answers(some), (labels, probabilities))


def test_another_process_gets_the_same_form(compiled, some):
    model = CompiledClassifier(compiled, "int8", keeps=False)
    model.answers(some)
    again = pickle.loads(pickle.dumps(model))  # noqa: S301
    assert (again.precision, again.keeps, again.fingerprint) == ("int8", False, model.fingerprint)
    assert equal(again.answers(some), model.answers(some))


def test_vectors_of_one_form_never_serve_another(compiled, some, monkeypatch):
    exact, faster = CompiledClassifier(compiled), CompiledClassifier(compiled, "int8")
    first = exact.answers(some)
    kept = contents(user_cache()).entries
    assert kept == 120
    second = faster.answers(some)
    assert contents(user_cache()).entries == 2 * kept
    assert not np.array_equal(first[1], second[1])
    monkeypatch.setattr(CompiledClassifier, "_computed", None)
    assert equal(CompiledClassifier(compiled).answers(some), first)
    assert equal(CompiledClassifier(compiled, "int8").answers(some), second)


def test_too_large_an_input_leaves_the_cache_as_it_is(compiled, frozen_model, some, monkeypatch):
    monkeypatch.setenv("STANCELAB_CACHE_LIMIT", "100 kB")
    few = choose(predictor(str(frozen_model)), some, rows=60)
    many = choose(predictor(str(frozen_model)), some, rows=1000)
    assert equal(many.answers(some), few.answers(some))
    assert few.classifier.keeps
    assert not many.classifier.keeps


def test_a_small_input_and_a_small_sample_stay_exact(compiled, frozen_model, sample, some):
    assert choose(predictor(str(frozen_model)), sample, rows=4999).form == "float32: less than 5,000 rows"
    assert choose(predictor(str(frozen_model)), some, rows=LARGE).form == "float32: too few distinct rows to try a faster form on"


def with_speed(monkeypatch, factor=3.0):
    monkeypatch.setattr(choosing, "speed_up", lambda *_: factor)


def test_a_form_that_disagrees_is_not_used(compiled, frozen_model, sample, some, monkeypatch):
    shutil.rmtree(compiled / "speed-int8", ignore_errors=True)
    with_speed(monkeypatch)
    spoil(compiled, "int8")
    monkeypatch.setattr(choosing, "make_int8", lambda exact, rows: None)
    found = choose(predictor(str(frozen_model)), sample, rows=LARGE, allowed=["int8"])
    assert found.form.startswith("float32: int8 gave only ")
    assert found.form.endswith(" of 600 held-out labels as in float32")
    assert equal(found.classifier.answers(some), CompiledClassifier(compiled).answers(some))


def test_a_form_that_disagrees_is_made_again_from_the_new_texts(compiled, frozen_model, sample, monkeypatch):
    shutil.rmtree(compiled / "speed-int8", ignore_errors=True)
    with_speed(monkeypatch)
    shutil.copytree(compiled / "int8", compiled / "good")
    spoil(compiled, "int8")
    asked = []

    def make(exact, rows):
        asked.append(rows)
        shutil.rmtree(compiled / "int8")
        (compiled / "good").rename(compiled / "int8")

    monkeypatch.setattr(choosing, "make_int8", make)
    monkeypatch.setattr("stancelab.compiled.agreement.LEAST_EQUAL", 0.9)
    found = choose(predictor(str(frozen_model)), sample, rows=LARGE, allowed=["int8"])
    assert [len(rows["text"]) for rows in asked] == [CALIBRATION]
    assert found.form.startswith("int8: ")
    assert found.fingerprint != predictor(str(frozen_model)).fingerprint


def test_a_form_that_is_no_faster_is_not_used(compiled, frozen_model, sample, monkeypatch):
    shutil.rmtree(compiled / "speed-int8", ignore_errors=True)
    with_speed(monkeypatch, 1.1)
    found = choose(predictor(str(frozen_model)), sample, rows=LARGE, allowed=["int8"])
    assert found.form == "float32: no other form is faster here"
    with_speed(monkeypatch, 3.0)  # it was measured once and for all
    assert choose(predictor(str(frozen_model)), sample, rows=LARGE, allowed=["int8"]).form == found.form


def test_a_damaged_form_is_made_again(compiled, frozen_model, some):
    weights = compiled / "float32" / "graph0.bin"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    found = predictor(str(frozen_model))
    assert not isinstance(found.classifier, CompiledClassifier)
    again = choose(found, some, rows=60)
    assert isinstance(again.classifier, CompiledClassifier)
    assert isinstance(predictor(str(frozen_model)).classifier, CompiledClassifier)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda *_: (_ for _ in ()).throw(RuntimeError("no such operation")), "RuntimeError: no such operation"),
        (None, "DifferentAnswersError: its probabilities differ by"),
    ],
)
def test_a_model_that_cannot_be_compiled_predicts_as_it_is(compiled, frozen_model, some, monkeypatch, capsys, wrong, said):
    spoil(compiled, "float32")
    spoilt = shutil.move(compiled / "float32", compiled.parent.parent / "spoilt")

    def spoilt_graph(network, batch, path):
        for name in ("graph0.xml", "graph0.bin"):
            shutil.copy(f"{spoilt}/{name}", path.parent / name)

    monkeypatch.setattr("stancelab.compiled.making.write_graph", wrong or spoilt_graph)
    given = predictor(str(frozen_model))
    assert choose(given, some, rows=60) is given
    assert f"is not compiled, so it predicts more slowly ({said}" in capsys.readouterr().err
    assert choose(given, some, rows=60) is given
    assert capsys.readouterr().err == ""
    assert not (compiled / "float32").exists()


def test_without_the_extra_a_model_predicts_as_it_is(compiled, frozen_model, some, monkeypatch, capsys):
    monkeypatch.setattr(choosing, "installed", lambda: False)
    given = predictor(str(frozen_model))
    assert not isinstance(given.classifier, CompiledClassifier)
    assert choose(given, some, rows=60) is given
    assert capsys.readouterr().err == ""


def test_a_model_without_a_compiled_form_predicts_as_it_is(bridge, some, tmp_path):
    from stancelab.training import train

    train("majority", bridge, tmp_path / "model", folds=0)
    given = predictor(str(tmp_path / "model"))
    assert choose(given, some, rows=LARGE) is given


def test_calibrating_and_held_out_rows_are_distinct_and_of_all_lengths(sample):
    doubled = {name: values * 2 for name, values in sample.items()}
    calibrating, held_out = divided(doubled)
    texts = [set(part["text"]) for part in (calibrating, held_out)]
    assert [len(part) for part in texts] == [CALIBRATION, 600]
    assert not texts[0] & texts[1]
    lengths = sorted(map(len, sample["text"]))
    for part in texts:
        assert abs(np.median([len(text) for text in part]) - np.median(lengths)) < 20
        assert max(map(len, part)) > lengths[-10]
    assert divided({name: values[:799] for name, values in sample.items()}) is None
    assert "torch" in sys.modules
