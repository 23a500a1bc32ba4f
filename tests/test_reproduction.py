import json
import re

import pytest

from stancelab.errors import InputError
from stancelab.expected import Expected, expected_numbers, record_numbers
from stancelab.experiment import MissingCorpusError
from stancelab.reproduction import Outcome, Plan, Reproduction, as_dict, carry_out, plans, reproduce, verdict


def expected(value, tolerance, **more):
    words = dict.fromkeys(("scheme", "protocol", "recipe", "metric", "reason"), "x")
    return Expected(**{**words, **more}, value=value, tolerance=tolerance)


def outcome_of(*observed, **more):
    numbers = tuple(Reproduction("x", expected(0.5, 0.02, **more), value) for value in observed)
    return Outcome(Plan(None, None, tuple(number.expected for number in numbers)), numbers)


@pytest.fixture
def recorded(finished_bridge, finished_experiment):
    """The bridge experiment with its expected.toml."""
    record_numbers(finished_bridge, finished_experiment / "expected.toml")
    return finished_experiment


@pytest.fixture
def absent(recorded, tmp_path, without_corpora):
    """An experiment with recorded numbers whose corpus is not here."""
    folder = tmp_path / "experiments" / "absent-run"
    folder.mkdir()
    (folder / "expected.toml").write_text((recorded / "expected.toml").read_text(encoding="utf-8"), encoding="utf-8")
    text = (recorded / "experiment.toml").read_text(encoding="utf-8")
    (folder / "experiment.toml").write_text(re.sub('dataset = ".*"', 'dataset = "semeval2016"', text), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("observed", "passed"),
    [(0.5, True), (0.51, True), (0.49, True), (0.52, True), (0.48, True), (0.5201, False), (0.4799, False)],
)
def test_the_tolerance_is_symmetric(observed, passed):
    result = Reproduction("x", expected(0.5, 0.02), observed)
    assert result.passed is passed
    assert result.line.endswith("PASS" if passed else "FAIL")


@pytest.mark.parametrize("shift", [0.02, -0.02])
@pytest.mark.parametrize("value", [0.1, 0.3, 0.57, 0.7425, 0.9])
def test_a_difference_of_the_tolerance_passes_on_either_side(value, shift):
    assert Reproduction("x", expected(value, 0.02), value + shift).passed
    assert not Reproduction("x", expected(value, 0.02), value + 1.01 * shift).passed


def test_no_tolerance_means_the_same_number():
    assert Reproduction("x", expected(0.5, 0), 0.5).passed
    assert not Reproduction("x", expected(0.5, 0), 0.5001).passed


def test_what_was_published_decides_nothing():
    result = Reproduction("x", expected(0.5, 0.02, published=0.9, published_source="Doe"), 0.5)
    assert result.passed
    assert result.from_published == pytest.approx(-0.4)
    assert "published 0.9000" in result.line
    assert Reproduction("x", expected(0.5, 0.02), 0.5).from_published is None


def test_a_tiny_difference_below_has_no_sign_of_its_own():
    assert "difference +0.0000" in Reproduction("x", expected(0.5, 0.02), 0.49999).line


def test_the_worst_difference_is_one_that_is_off_where_there_is_one():
    assert outcome_of(0.5, 0.49, 0.505).worst.observed == 0.49
    wide = Reproduction("x", expected(0.5, 0.5), 0.1)
    outcome = outcome_of(0.5, 0.53)
    assert Outcome(outcome.plan, (*outcome.numbers, wide)).worst.observed == 0.53
    assert Outcome(outcome.plan).worst is None


def test_one_line_over_all():
    skipped = Outcome(Plan(None, None, (), absent="not here"))
    assert verdict([outcome_of(0.5, 0.5)]) == "PASS: 2 of 2 numbers of 1 experiment reproduced"
    assert verdict([outcome_of(0.5), outcome_of(0.6), skipped]) == (
        "FAIL: 1 of 2 numbers of 2 experiments reproduced, 1 experiment skipped"
    )
    assert verdict([skipped, skipped]) == "nothing was compared, 2 experiments skipped"


def test_what_was_recorded_is_reproduced(recorded, tmp_path):
    found = reproduce(recorded, out=tmp_path / "b", jobs=1)
    assert len(found) == 2 * 2 * 3 * 2
    assert all(result.passed for result in found)


@pytest.mark.parametrize("value", [0.99, 0.0])
def test_an_altered_expectation_fails(recorded, tmp_path, value):
    path = recorded / "expected.toml"
    lines = path.read_text(encoding="utf-8").split("\n")
    place = next(number for number, line in enumerate(lines) if line.startswith("value"))
    lines[place] = f"value = {value}"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [result.passed for result in reproduce(recorded, out=tmp_path / "a", jobs=1)].count(False) == 1


def test_a_recipe_alone(recorded, tmp_path):
    assert {entry.recipe for entry in expected_numbers(recorded, ["majority"])} == {"majority"}
    plan = plans([recorded], ["majority"])[0]
    assert {number.expected.recipe for number in carry_out(plan, out=tmp_path / "b", jobs=1).numbers} == {"majority"}


def test_nothing_recorded(bridge_experiment):
    with pytest.raises(InputError, match="--record"):
        reproduce(bridge_experiment)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"majority"', '"stratified"', "stratified / macro_f1, which the experiment 'bridge-run' does not run"),
        ('"leave-one-actor-out"', '"leave-one-out"', "/ leave-one-out / .*, which the experiment 'bridge-run' does not run"),
        ('"favor_against_f1"', '"favor_against"', r"expected.toml:\d+: unknown metric 'favor_against'"),
    ],
)
def test_an_expectation_of_what_is_not_run_is_refused_before_anything_is_run(recorded, tmp_path, monkeypatch, old, new, message):
    path = recorded / "expected.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    monkeypatch.setattr("stancelab.reproduction.run_experiment", lambda *_, **__: pytest.fail("it was run"))
    with pytest.raises(InputError, match=message):
        reproduce(recorded, out=tmp_path / "a", jobs=1)


def test_a_metric_that_the_predictions_do_not_allow(recorded, tmp_path):
    path = recorded / "expected.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"favor_against_f1"', '"f1:nobody"'), encoding="utf-8")
    with pytest.raises(InputError, match="f1:nobody, which the experiment"):
        reproduce(recorded, out=tmp_path / "a", jobs=1)


def test_an_experiment_whose_corpus_is_absent_is_skipped_with_the_reason(absent, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = plans([absent])[0]
    outcome = carry_out(plan, jobs=1)
    assert outcome.numbers == ()
    assert "absent-run: skipped, none of its 24 numbers compared" in outcome.summary
    assert re.search(r"experiment.toml:3: the corpus 'semeval2016' is not here", outcome.summary)
    assert "stancelab data import semeval2016" in outcome.summary
    assert not (tmp_path / "runs").exists()
    with pytest.raises(MissingCorpusError, match="'semeval2016' is not here"):
        reproduce(absent)


def test_a_dataset_that_nobody_publishes_is_a_fault(absent):
    path = absent / "experiment.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("semeval2016", "semevil2016"), encoding="utf-8")
    with pytest.raises(InputError, match="no dataset 'semevil2016'") as caught:
        plans([absent])
    assert not isinstance(caught.value, MissingCorpusError)


def test_an_experiment_named_twice_is_run_once(recorded):
    assert len(plans([recorded, recorded / "experiment.toml", str(recorded)])) == 1


def test_a_finished_reproduction_is_made_anew(recorded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = plans([recorded], ["majority"])[0]
    carry_out(plan, jobs=1)
    mark = tmp_path / "runs" / "bridge-run-reproduction" / "mark"
    mark.touch()
    carry_out(plan, jobs=1)
    assert not mark.exists()


def test_as_plain_values(recorded, absent, tmp_path):
    found = as_dict([carry_out(plan, out=tmp_path / "b", jobs=1) for plan in plans([recorded, absent])])
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["numbers"], found["passed"], found["failed"], found["skipped"]) == (24, 24, 0, 1)
    assert {"python", "stancelab", "numpy"} <= set(found["versions"])
    assert [(entry["experiment"], len(entry["numbers"])) for entry in found["experiments"]] == [
        ("bridge-run", 24),
        ("absent-run", 0),
    ]
    assert found["experiments"][0]["skipped"] is None
    assert "semeval2016" in found["experiments"][1]["skipped"]
    assert set(found["experiments"][0]["numbers"][0]) == {
        *("scheme", "protocol", "recipe", "metric", "tolerance", "reason", "published", "published_source"),
        *("expected", "observed", "difference", "passed", "difference_to_published"),
    }
