"""Does the lexicon count cues by side, mind negation, and tell being beside the point from taking no side?"""

import re
import tomllib
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.models.cue_lexicon import CueLexiconClassifier, cue_balance, lexicon, shares_a_word, tokenize

TARGET = "NATO member countries send ground troops into Ukraine"
ALL = ["favor", "against", "neutral", "unrelated"]

CUES = tomllib.loads(files("stancelab.models").joinpath("cues.toml").read_text(encoding="utf-8"))


def predicted(text, *, labels=ALL, **names):
    X = pd.DataFrame({"text": [text], "actor": ["They"], "target": [TARGET]})
    rows = pd.DataFrame({"text": ["x"] * len(labels), "actor": ["y"] * len(labels), "target": ["z"] * len(labels)})
    return CueLexiconClassifier(**names).fit(rows, labels).predict(X)[0]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It’s OFF, then.", ["it's", "off", ",", "then", "."]),
        ("no—never", ["no", "—", "never"]),
        ("لا للحرب!", ["لا", "للحرب", "!"]),
        ("🤷 ok", ["🤷", "ok"]),
        ("", []),
    ],
)
def test_tokenize(text, tokens):
    assert tokenize(text) == tokens


@pytest.mark.parametrize(
    ("text", "balance"),
    [
        ("They support the plan.", (1, 0)),
        ("They supported and welcomed the plan.", (2, 0)),
        ("They reject the plan and warn of war.", (0, 2)),
        ("They support it but warn of the cost.", (1, 1)),
        ("They do not support the plan.", (0, 1)),
        ("They don’t support the plan.", (0, 1)),
        ("They never ever really support it.", (0, 1)),
        ("Not now, they support it.", (1, 0)),
        ("Not that many people here would support it.", (1, 0)),
        ("They cannot not support it.", (1, 0)),
        ("They have no objection and support it.", (2, 0)),
        ("They do not rule out troops.", (1, 0)),
        ("They rule out troops.", (0, 1)),
        ("They refuse to rule out troops.", (1, 0)),
        ("They refuse to support it.", (0, 1)),
        ("It is out of the question.", (0, 1)),
        ("The door is painted green.", (0, 0)),
        ("", (0, 0)),
    ],
)
def test_cue_balance(text, balance):
    assert cue_balance(text) == balance


@pytest.mark.parametrize("cue", CUES["favor"])
def test_every_cue_for_counts_for(cue):
    assert cue_balance(cue.replace("*", "")) == (1, 0)


@pytest.mark.parametrize("cue", CUES["against"])
def test_every_cue_against_counts_against(cue):
    assert cue_balance(cue.replace("*", "")) == (0, 1)


def test_no_cue_stands_on_both_sides_or_twice():
    cues = CUES["favor"] + CUES["against"]
    assert len(set(cues)) == len(cues)


def test_longer_cues_come_first():
    lengths = [len(cue.tokens) for cue in lexicon().cues]
    assert lengths == sorted(lengths, reverse=True)


@given(st.text())
def test_any_text_has_a_balance(text):
    assert min(cue_balance(text)) >= 0


@pytest.mark.parametrize(
    ("text", "shared"),
    [("Ukrainian farmers", True), ("TROOPS!", True), ("into the sun", False), ("A recipe for soup", False), ("", False)],
)
def test_shares_a_word_with_the_target(text, shared):
    assert shares_a_word(text, TARGET) is shared


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("They support troops in Ukraine.", "favor"),
        ("They oppose troops in Ukraine.", "against"),
        ("They do not oppose troops in Ukraine.", "favor"),
        ("Troops in Ukraine were discussed.", "neutral"),
        ("They support troops in Ukraine but warn of the risk and the danger.", "against"),
        ("They support troops but warn.", "neutral"),
        ("They support soup.", "unrelated"),
        ("", "unrelated"),
    ],
)
def test_the_label_of_a_text(text, label):
    assert predicted(text) == label


@pytest.mark.parametrize("text", ["Troops in Ukraine were discussed.", "They support soup."])
def test_none_stands_for_neutral_and_unrelated(text):
    assert predicted(text, labels=["favor", "against", "none"]) == "none"


def test_another_schemes_names():
    names = {"favor": "pro", "against": "con"}
    assert predicted("They oppose troops.", labels=["con", "neutral", "pro"], **names) == "con"


def test_the_probabilities_are_the_softmax_of_the_cues():
    X = pd.DataFrame({"text": ["They support and welcome troops."], "actor": ["They"], "target": [TARGET]})
    model = CueLexiconClassifier(sharpness=0.5).fit(X, ["favor"]).fit(pd.concat([X] * 3), ["against", "favor", "neutral"])
    expected = np.exp([0.0, 1.0, 0.0]) / np.exp([0.0, 1.0, 0.0]).sum()
    np.testing.assert_allclose(model.predict_proba(X)[0], expected)


def test_a_side_missing_in_training_leaves_even_odds():
    X = pd.DataFrame({"text": ["They support troops."], "actor": ["They"], "target": [TARGET]})
    model = CueLexiconClassifier().fit(pd.concat([X] * 2), ["against", "neutral"])
    np.testing.assert_allclose(model.predict_proba(X), [[0.5, 0.5]])


FORMS = sorted(
    {form for cue in CUES["favor"] + CUES["against"] for word in cue.split() for form in (word, word.replace("*", "ed"))}
)


@given(st.lists(st.sampled_from([*FORMS, "the", ",", "plan"]), max_size=12))
def test_no_cue_is_passed_over(words):
    tokens = tokenize(" ".join(words))
    line = f" {' '.join(tokens)} "
    for cue in lexicon().cues:
        windows = [tokens[start : start + len(cue.tokens)] for start in range(len(tokens) - len(cue.tokens) + 1)]
        stands = any(all(map(re.Pattern.match, cue.tokens, window)) for window in windows)
        assert stands == bool(cue.line.search(line))
