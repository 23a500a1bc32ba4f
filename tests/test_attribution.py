import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from stancelab.attribution import Player, attribute, players_of, rows_with
from stancelab.coefficients import weights_of
from stancelab.errors import InputError
from stancelab.models.ngrams import NgramClassifier
from stancelab.models.per_target import PerTargetClassifier

WORDS = ["back", "welcome", "praise", "reject", "oppose", "warn", "troops", "plan"]


def row_of(text: str, actor: str = "Ada", target: str = "troops") -> pd.Series:
    return pd.Series({"id": "r1", "text": text, "actor": actor, "target": target})


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Sixty rows of distinct words, most of whose first three words make them favor, the next three against."""
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.permutation(WORDS)[:5]) for _ in range(60)]
    balance = [sum(text.count(w) for w in WORDS[:3]) - sum(text.count(w) for w in WORDS[3:6]) for text in texts]
    label = ["favor" if value + rng.normal(0, 0.3) > 0 else "against" for value in balance]
    return pd.DataFrame({"text": texts, "actor": "Ada", "target": "troops", "label": label})


def fitted(rows: pd.DataFrame, **options) -> NgramClassifier:
    return NgramClassifier(template="{text}", words=(1, 1), characters=(), **options).fit(rows, rows["label"])


@given(text=st.text(min_size=1, max_size=80), most=st.integers(1, 9))
def test_all_players_together_are_the_row_itself(text, most):
    if not text.strip():
        return
    players = players_of(row_of(text), most=most)
    assert len(players) <= most + 2
    assert rows_with(players, np.ones((1, len(players)), dtype=bool)).iloc[0].to_dict() == row_of(text).drop("id").to_dict()


def test_absent_players_are_left_out():
    players = players_of(row_of("No way,  never!"))
    masks = np.array([[True, False, True, False, True], [False] * 5])
    assert rows_with(players, masks).to_numpy().tolist() == [["No never!", "", "troops"], ["", "", ""]]


def test_long_statements_fall_into_phrases_of_like_length():
    parts = players_of(row_of(" ".join("word" for _ in range(70))))[:-2]
    assert len(parts) == 32
    assert {len(part.text.split()) for part in parts} == {2, 3}


@pytest.mark.parametrize("learner", ["svm", "logistic", "naive-bayes"])
def test_values_add_up_and_rank_as_the_coefficients_do(rows, learner):
    model = fitted(rows, learner=learner)
    row = row_of("praise reject troops back oppose plan")
    made = attribute(model, players_of(row), pairs=20, seed=[0])
    assert made.values.sum() == pytest.approx(made.probability - made.base, abs=1e-6)
    weights = weights_of(model)[made.predicted]
    assert made.probability == pytest.approx(model.predict_proba(pd.DataFrame([row])).max())
    coefficients = [weights[f"word__{word}"] for word in row["text"].split()]
    assert spearmanr(made.values[:-2], coefficients).statistic > 0.9


def test_what_a_classifier_does_not_read_has_no_value(rows):
    made = attribute(fitted(rows), players_of(row_of("praise xylophone troops")), seed=[0])
    assert made.values[1] == made.values[-2] == made.values[-1] == 0
    assert made.errors[1] == 0
    assert made.values[0] != 0


def test_what_it_reads_beside_the_statement_has(rows):
    named = rows.assign(actor=np.where(rows["label"] == "favor", "Ada", "Cole"))
    model = NgramClassifier(template="{actor}", words=(1, 1), characters=()).fit(named, named["label"])
    made = attribute(model, players_of(row_of("praise troops")), seed=[0])
    assert made.predicted == "favor"
    assert made.values[-2] > 0.2
    assert (made.values[[0, 1, 3]] == 0).all()


def test_one_model_per_target_can_do_without_a_target(rows):
    model = PerTargetClassifier(NgramClassifier(template="{text}"), least=10).fit(rows, rows["label"])
    made = attribute(model, players_of(row_of("praise reject troops")), seed=[0])
    assert made.values.sum() == pytest.approx(made.probability - made.base, abs=1e-6)


def test_the_same_seed_gives_the_same_values(rows):
    model, players = fitted(rows, learner="naive-bayes"), players_of(row_of("praise reject troops back oppose plan"))
    first, again, other = (attribute(model, players, seed=[seed]).values for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_part_without_probabilities_is_refused(rows):
    class Silent:
        classes_ = np.array(["against", "favor"])

        def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
            found = np.full((len(X), 2), 0.5)
            found[0] = np.nan
            return found

    with pytest.raises(InputError, match="1 of 4 parts of the row got no probability"):
        attribute(Silent(), [Player(field="actor", text="a"), Player(field="target", text="b")], seed=[0])
