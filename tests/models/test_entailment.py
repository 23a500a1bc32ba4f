"""Are hypotheses judged as the model judges them, averaged as stated, and is the threshold the training rows' best?"""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import logit, softmax
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from stancelab.errors import InputError
from stancelab.metrics import macro_f1
from stancelab.models import entailment
from stancelab.models.entailment import CrossEncoder, EntailmentClassifier, _between, entailment_place, load_cross_encoder
from stancelab.recipes import _built_on, load_recipe

X = pd.DataFrame(
    {
        "text": ["we support the plan", "they reject the plan and the troops", "soup", "we support the plan"],
        "actor": ["we", "they", "we", "they"],
        "target": "the plan",
    }
)
HYPOTHESES = {"favor": ["{actor} support {target}"], "against": ["{actor} oppose {target}"]}


def with_outcomes(folder, outcomes, tmp_path):
    """The cross-encoder of a folder with other outcomes, of which there may be fewer."""
    place = tmp_path / "-".join(outcomes)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, id2label=dict(enumerate(outcomes)), label2id={}, ignore_mismatched_sizes=True
        )
    model.save_pretrained(place)
    AutoTokenizer.from_pretrained(folder).save_pretrained(place)
    return str(place)


def one_by_one(folder, place, pairs):
    """The oracle: each pair alone, without padding."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        logits = [model(**tokenizer(*pair, return_tensors="pt")).logits[0].numpy() for pair in pairs]
    return softmax(np.array(logits, dtype=float), axis=1)[:, place]


def judged_by(probabilities, monkeypatch):
    """Put a judge in place whose probability of each hypothesis, or of each (premise, hypothesis), is known."""

    class Judge:
        def probabilities(self, pairs, *, max_length):
            return np.array([probabilities.get(pair, probabilities.get(pair[1])) for pair in pairs], dtype=float)

    monkeypatch.setattr(entailment, "load_cross_encoder", lambda name: Judge())


@pytest.mark.parametrize(
    ("outcomes", "place"),
    [
        (["entailment", "neutral", "contradiction"], 0),
        (["CONTRADICTION", "NEUTRAL", "ENTAILMENT"], 2),
        (["not_entailment", "entailment"], 1),
    ],
)
def test_strengths_are_those_of_the_model_pair_by_pair(tiny_cross_encoder, tmp_path, outcomes, place):
    folder = with_outcomes(tiny_cross_encoder, outcomes, tmp_path)
    model = EntailmentClassifier(encoder=folder, hypotheses=HYPOTHESES).without_training()
    verbs = {"against": "oppose", "favor": "support"}
    strengths = [
        one_by_one(folder, place, [(row.text, f"{row.actor} {verbs[label]} the plan") for row in X.itertuples()])
        for label in model.classes_
    ]
    assert np.ptp(strengths) > 0.01
    np.testing.assert_allclose(model.predict_proba(X), softmax(logit(np.array(strengths)).T, axis=1), atol=1e-5)


def test_a_model_without_entailment_is_refused_with_what_it_has(tiny_encoder):
    model = EntailmentClassifier(encoder=tiny_encoder, hypotheses=HYPOTHESES).without_training()
    with pytest.raises(InputError, match=r"expected a model of natural language inference.*'?LABEL_0'?, '?LABEL_1"):
        model.predict(X)


def test_not_entailed_is_not_entailed():
    with pytest.raises(InputError, match=r"its outcomes are .*not_entailment"):
        entailment_place("owner/model", {0: "not_entailment", 1: "contradiction"})


def test_wordings_are_averaged_as_probabilities(monkeypatch):
    judged_by({"we like it": 0.9, "we want it": 0.2, "we hate it": 0.5}, monkeypatch)
    hypotheses = {"favor": ["{actor} like it", "{actor} want it"], "against": ["{actor} hate it"]}
    model = EntailmentClassifier(hypotheses=hypotheses, fallback=("none",)).without_training()
    assert list(model.classes_) == ["against", "favor", "none"]
    odds = np.array([1.0, 0.55 / 0.45, 1.0])
    np.testing.assert_allclose(model.predict_proba(X[:1]), [odds / odds.sum()])


def test_columns_are_in_the_order_of_the_labels(monkeypatch):
    judged_by({"we support the plan": 0.9, "we oppose the plan": 0.1}, monkeypatch)
    hypotheses = {"pro": HYPOTHESES["favor"], "con": HYPOTHESES["against"]}
    model = EntailmentClassifier(hypotheses=hypotheses, fallback=("blank",)).without_training()
    assert list(model.classes_) == ["blank", "con", "pro"]
    odds = np.array([1, 1 / 9, 9])
    np.testing.assert_allclose(model.predict_proba(X[:1]), [odds / odds.sum()])


def test_two_actors_of_one_statement_can_differ(monkeypatch):
    judged_by({"we support": 0.9, "we oppose": 0.1, "they support": 0.2, "they oppose": 0.8}, monkeypatch)
    hypotheses = {"favor": ["{actor} support"], "against": ["{actor} oppose"]}
    model = EntailmentClassifier(hypotheses=hypotheses).without_training()
    assert list(model.predict(X.iloc[[0, 3]])) == ["favor", "against"]


@pytest.mark.parametrize(("strength", "label"), [(0.49, "none"), (0.51, "favor")])
def test_without_training_more_than_half_is_wanted(monkeypatch, strength, label):
    judged_by({"we support the plan": strength, "we oppose the plan": 0.1}, monkeypatch)
    model = EntailmentClassifier(hypotheses=HYPOTHESES, fallback=("none",)).without_training()
    assert list(model.predict(X[:1])) == [label]


STRENGTHS = np.array([0.05, 0.15, 0.25, 0.35, 0.45, 0.10, 0.20, 0.02])
GOLD = ["none", "none", "favor", "favor", "favor", "none", "against", "none"]
ROWS = pd.DataFrame({"text": [f"row {n}" for n in range(8)], "actor": "we", "target": "the plan"})


@pytest.fixture
def judge_of_rows(monkeypatch):
    """Against is what row 6 entails most, favor what all others do."""
    judged = {(f"row {n}", "we support the plan"): 0.01 if n == 6 else STRENGTHS[n] for n in range(8)}
    judged |= {(f"row {n}", "we oppose the plan"): STRENGTHS[n] if n == 6 else 0.01 for n in range(8)}
    judged_by(judged, monkeypatch)


@pytest.mark.usefixtures("judge_of_rows")
def test_the_threshold_is_learnt_from_the_training_rows():
    plain = EntailmentClassifier(hypotheses=HYPOTHESES, fallback=("none",)).without_training()
    learnt = EntailmentClassifier(hypotheses=HYPOTHESES, fallback=("none",)).fit(ROWS, GOLD)
    assert set(plain.predict(ROWS)) == {"none"}
    assert learnt.threshold_ == pytest.approx((0.15 + 0.20) / 2)
    assert list(learnt.predict(ROWS)) == GOLD


@pytest.mark.usefixtures("judge_of_rows")
def test_no_other_threshold_does_better():
    gold = ["none", "favor", "none", "favor", "none", "against", "against", "none"]
    learnt = EntailmentClassifier(hypotheses=HYPOTHESES, fallback=("none",)).fit(ROWS, gold)

    def score(threshold):
        learnt.threshold_ = threshold
        return macro_f1(gold, learnt.predict(ROWS), labels=["against", "favor", "none"])

    assert score(learnt.threshold_) == max(score(threshold) for threshold in np.linspace(0.001, 0.999, 999))


@pytest.mark.parametrize(("given", "learnt"), [(0.1, (0.02 + 0.35) / 2), (0.9, (0.35 + 0.45) / 2)])
@pytest.mark.usefixtures("judge_of_rows")
def test_of_equal_thresholds_the_one_nearest_to_the_given_is_taken(given, learnt):
    model = EntailmentClassifier(hypotheses=HYPOTHESES, fallback=("none",), threshold=given)
    model.fit(ROWS.iloc[[7, 3, 4]], ["none", "against", "favor"])
    assert model.threshold_ == pytest.approx(learnt)


def test_thresholds_lie_below_between_and_above():
    np.testing.assert_allclose(_between(np.array([0.2, 0.6, 0.2])), [0.1, 0.4, 0.8])


def test_thresholds_are_a_few_hundred_at_most():
    candidates = _between(np.linspace(0.1, 0.9, 5000))
    assert len(candidates) <= 200
    assert (min(candidates), max(candidates)) == pytest.approx((0.05, 0.95))


@pytest.mark.usefixtures("judge_of_rows")
def test_several_fallbacks_share_by_the_training_rows():
    gold = ["neutral", "unrelated", "favor", "favor", "favor", "neutral", "against", "neutral"]
    model = EntailmentClassifier(hypotheses=HYPOTHESES, fallback=("none", "neutral", "unrelated")).fit(ROWS, gold)
    assert list(model.classes_) == ["against", "favor", "neutral", "unrelated"]
    probabilities = model.predict_proba(ROWS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(probabilities[:, 2], 3 * probabilities[:, 3])
    assert list(model.predict(ROWS)) == ["neutral" if label == "unrelated" else label for label in gold]
    assert np.log(probabilities[0, 1] / probabilities[0, 2]) == pytest.approx(logit(0.05) - logit(model.threshold_))


@pytest.mark.usefixtures("judge_of_rows")
def test_rows_without_a_side_leave_their_shares():
    model = EntailmentClassifier(hypotheses=HYPOTHESES, fallback=("neutral", "unrelated"))
    model.fit(ROWS, ["neutral"] * 6 + ["unrelated"] * 2)
    np.testing.assert_allclose(model.predict_proba(ROWS[:2]), [[0.75, 0.25]] * 2)


def test_a_label_with_a_hypothesis_of_its_own_needs_no_fallback(monkeypatch):
    judged_by({"we support the plan": 0.2, "we oppose the plan": 0.1, "we like soup": 0.3}, monkeypatch)
    model = EntailmentClassifier(hypotheses={**HYPOTHESES, "none": ["{actor} like soup"]}).without_training()
    assert list(model.predict(X[:1])) == ["none"]


def test_a_label_that_y_lacks_is_left_out(tiny_cross_encoder):
    hypotheses = {**HYPOTHESES, "none": ["{actor} like soup"]}
    model = EntailmentClassifier(encoder=tiny_cross_encoder, hypotheses=hypotheses).fit(X, ["favor", "against"] * 2)
    assert list(model.classes_) == ["against", "favor"]
    assert model.predict_proba(X).shape == (4, 2)


def test_without_training_the_scheme_names_the_labels():
    recipe = load_recipe("nli-zeroshot")
    named = recipe.build(seed=0, labels=["favor", "against", "neutral", "unrelated"]).without_training()
    assert list(named.classes_) == ["against", "favor", "neutral", "unrelated"]
    assert list(recipe.build(seed=0).without_training().classes_) == ["against", "favor", "none"]


def test_a_label_that_nothing_is_said_of_is_refused_by_name():
    model = EntailmentClassifier(hypotheses=HYPOTHESES, fallback=("none",))
    with pytest.raises(InputError, match=r"label 'pro' has no hypotheses and is no fallback"):
        model.fit(X, ["pro", "favor", "none", "favor"])
    with pytest.raises(InputError, match=r"label 'nonne' .*did you mean 'none'"):
        EntailmentClassifier(hypotheses=HYPOTHESES, fallback=("none",), labels=("favor", "nonne")).without_training()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hypotheses": {"favor": "{actor} support"}}, "hypotheses of 'favor': expected a list of templates"),
        ({"hypotheses": {"favor": []}}, "hypotheses of 'favor': expected a list of templates"),
        ({"hypotheses": ["{actor} support"]}, "expected a table of labels"),
        ({"fallback": "none"}, "fallback 'none': expected a list of labels"),
        ({"fallback": ("favor",)}, "label 'favor' has hypotheses and is a fallback"),
        ({"threshold": 1.0}, "threshold 1.0: expected a probability between 0 and 1"),
    ],
)
def test_parameters_that_make_no_sense(parameters, message):
    with pytest.raises(InputError, match=message):
        EntailmentClassifier(**{"hypotheses": HYPOTHESES, **parameters}).without_training()


def test_a_model_that_is_not_here_is_refused():
    with pytest.raises(InputError, match=r"encoder 'MoritzLaurer/deberta-v3-base-zeroshot-v2.0' cannot be loaded"):
        load_recipe("nli-zeroshot").build(seed=0).without_training().predict(X)


def test_the_recipe_s_stamp_covers_what_judges():
    built_on = {path.name for path in _built_on(Path(entailment.__file__))}
    assert {"entailment.py", "encoders.py", "inputs.py", "metrics.py", "stance_classifier.py"} <= built_on


@pytest.fixture
def cross_encoder(tiny_cross_encoder):
    loaded = load_cross_encoder(tiny_cross_encoder)
    return CrossEncoder(loaded.tokenizer, loaded.model, loaded.entailment)


def test_a_long_premise_is_cut_and_the_hypothesis_stays(cross_encoder):
    whole, hypotheses = "the plan " * 40, ["we support the plan", "they oppose soup"]
    room = 20 - 3 - np.array([len(each.split()) for each in hypotheses])
    cut = [(" ".join(whole.split()[:words]), each) for words, each in zip(room, hypotheses, strict=True)]
    found = cross_encoder.probabilities([(whole, each) for each in hypotheses], max_length=20)
    np.testing.assert_allclose(found, cross_encoder.probabilities(cut, max_length=128), atol=1e-6)
    assert abs(found[0] - found[1]) > 1e-3


def test_a_hypothesis_that_fills_the_model_is_refused(cross_encoder):
    with pytest.raises(InputError, match=r"the second segment 'we we .* takes 130 tokens"):
        cross_encoder.probabilities([("soup", "we " * 130)], max_length=256)


def test_equal_pairs_are_judged_once(cross_encoder, monkeypatch):
    judged = []
    original = CrossEncoder._outcomes
    monkeypatch.setattr(CrossEncoder, "_outcomes", lambda self, tokens: judged.append(len(tokens)) or original(self, tokens))
    pairs = [("soup", "we support"), ("the plan", "we support"), ("soup", "we support")]
    first = cross_encoder.probabilities(pairs, max_length=64)
    assert first[0] == first[2] != first[1]
    np.testing.assert_array_equal(cross_encoder.probabilities(pairs[::-1], max_length=64), first[::-1])
    assert judged == [2]


def test_a_changed_folder_is_loaded_again(tiny_cross_encoder, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(tiny_cross_encoder, folder)
    first = load_cross_encoder(str(folder))
    assert load_cross_encoder(str(folder)) is first
    changed = with_outcomes(tiny_cross_encoder, ["not_entailment", "entailment"], tmp_path)
    shutil.copytree(changed, folder, dirs_exist_ok=True)
    assert load_cross_encoder(str(folder)).entailment == 1


def test_what_was_learnt_comes_back(tiny_cross_encoder, tmp_path):
    def unfitted():
        return EntailmentClassifier(encoder=tiny_cross_encoder, hypotheses=HYPOTHESES, fallback=("neutral", "unrelated"))

    fitted = unfitted().fit(X, ["favor", "against", "neutral", "unrelated"])
    fitted.save(tmp_path)
    again = unfitted().load(tmp_path)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.threshold_ == fitted.threshold_
