"""Are the probabilities of numpy's heads those of scikit-learn's and torch's, bent and divided as the classifiers' are?"""

import numpy as np
import pandas as pd
import pytest

from stancelab.compiled.classifier import margins
from stancelab.compiled.dissection import _head, _leaves, parts_of
from stancelab.compiled.heads import Head, Linear
from stancelab.compiled.making import LEFT_OVER, doubt_of
from stancelab.models.calibrated import CalibratedClassifier
from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier
from stancelab.models.frozen_encoder import FrozenEncoderClassifier
from stancelab.models.ngrams import NgramClassifier
from stancelab.models.per_target import PerTargetClassifier
from stancelab.records import Record

WORDS = {"favor": "we support the plan", "against": "they reject the soup", "none": "soldiers on stance"}


class Kept(Record):
    """A head as it is written."""

    head: Head


def rows(labels, targets, *, count=48):
    draw = np.random.default_rng(0)
    y = np.array([labels[n % 7 % len(labels)] for n in range(count)], dtype=object)
    texts = [f"{WORDS[label]} {' '.join(draw.choice(['troops', 'to', 'send', 'not'], 6))} {n}" for n, label in enumerate(y)]
    return pd.DataFrame({"text": texts, "actor": "we", "target": [targets[n % len(targets)] for n in range(count)]}), y


def given_by_head(classifier, X):
    """Probabilities by the head as it comes back from its file, of the vectors of the encoder itself."""
    leaf = next(_leaves(classifier))
    head = Kept.model_validate_json(Kept(head=_head(classifier)).model_dump_json()).head
    return head.probabilities(leaf.vectors(X), list(X["target"]))


@pytest.mark.parametrize("labels", [["favor", "against", "none"], ["favor", "none"]])
@pytest.mark.parametrize("wrap", ["", "temperature", "isotonic", "per-target", "per-target temperature"])
def test_heads_of_a_frozen_encoder(tiny_encoder, labels, wrap):
    model = FrozenEncoderClassifier(encoder=tiny_encoder, views=("{text}", "{actor} on {target}: {text}"), C=50.0)
    if wrap.endswith(("temperature", "isotonic")):
        model = CalibratedClassifier(model, method=wrap.split()[-1], folds=3, least=10)
    if wrap.startswith("per-target"):
        model = PerTargetClassifier(model, least=20)
    X, y = rows(labels, ["war", "soup", "war"])
    model.fit(X, y)
    asked = X.assign(target=["war", "soup", "peace", "war"] * 12)
    assert np.abs(given_by_head(model, asked) - model.predict_proba(asked)).max() < 1e-5


def test_targets_with_labels_of_their_own(tiny_encoder):
    X, y = rows(["favor", "against", "none"], ["war", "soup"], count=60)
    y[np.array(X["target"] == "war") & (y == "none")] = "favor"
    kept = (X["target"] != "war") | (y == "favor")
    X, y = pd.concat([X[kept], X[kept].assign(target="bread")]), np.concatenate([y[kept], y[kept]])
    model = PerTargetClassifier(FrozenEncoderClassifier(encoder=tiny_encoder, views=("{text}",)), least=10).fit(X, y)
    assert len(model.of_target_["war"].classes_) == 1
    asked = X.assign(target="peace")
    for each in (X, asked):
        assert np.abs(given_by_head(model, each) - model.predict_proba(each)).max() < 1e-5


def test_other_kinds_have_no_parts():
    X, y = rows(["favor", "against"], ["war"])
    assert parts_of(NgramClassifier().fit(X, y)) is None
    one = np.full(len(y), "favor", dtype=object)
    assert parts_of(FrozenEncoderClassifier().fit(X, one)) is None


def test_another_precision_has_no_parts(tiny_encoder):
    X, y = rows(["favor", "against"], ["war"], count=12)
    model = FinetunedEncoderClassifier(encoder=tiny_encoder, precision="bfloat16", epochs=0, inner_folds=0)
    assert parts_of(model.fit(X, y)) is None
    assert parts_of(model.set_params(precision="float32").fit(X, y)) is not None


def test_a_row_has_the_same_probabilities_in_any_company():
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(50, 37)).astype(np.float32)
    head = Linear(weights=draw.normal(size=(3, 37)).tolist(), bias=[0.1, 0.2, 0.3])
    together = head.probabilities(vectors, [])
    assert all(np.array_equal(head.probabilities(vectors[row : row + 1], [])[0], together[row]) for row in range(50))


def test_doubt_covers_nearly_all_labels_that_change():
    draw = np.random.default_rng(0)

    def probabilities(scores):
        shares = np.exp(scores)
        return shares / shares.sum(axis=1, keepdims=True)

    scores = draw.normal(size=(20_000, 3))
    exact, quick = probabilities(scores), probabilities(scores + draw.normal(scale=0.1, size=scores.shape))
    changed = exact.argmax(axis=1) != quick.argmax(axis=1)
    doubted = margins(quick) < doubt_of(exact[:300], quick[:300])
    assert changed.mean() > 0.03
    assert (changed & ~doubted).mean() < 2 * LEFT_OVER
    assert doubted.mean() < 0.25
    assert doubt_of(exact, exact) == 0.0
