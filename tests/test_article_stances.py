"""Does every attribution get the stance that its own row would get, and does somebody learn what to think of it?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.pipeline import analyse
from stancelab.article.stances import Question, question, with_stances
from stancelab.errors import InputError
from stancelab.labels import LabelScheme, scheme_named
from stancelab.models.cue_lexicon import CueLexiconClassifier
from stancelab.predictors import Predictor, predictor

TARGET = "the city builds a tram line"
NEWS = "Ada: I support the tram.\nCole, Dora: We reject the tram.\nnobody speaks\nAda: The tram has two ends.\nDora: Good soup."


@pytest.fixture
def analyses(colon_core):
    return [analyse(colon_core(f"a{number}", text), None) for number, text in enumerate((NEWS, "quiet", "Dora: No.", NEWS))]


class Recorded:
    """A classifier that answers from a list of labels, None for no answer, and remembers what it was given."""

    classes_ = np.array(["against", "favor"], dtype=object)

    def __init__(self, labels, *, probabilities=True):
        self.labels, self.probabilities, self.given = labels, probabilities, []

    def predict(self, X):
        self.given.append(X)
        return np.array([self.labels[row % len(self.labels)] for row in range(len(X))], dtype=object)

    def predict_proba(self, X):
        votes = self.predict(X)[:, None] == self.classes_
        return np.where(votes.any(axis=1, keepdims=True) & self.probabilities, votes * 0.5 + 0.25, np.nan)


def asking(classifier, *, scheme="favor-against", targets=None, target=TARGET):
    return Question(target, Predictor("asked", classifier, scheme_named(scheme), targets))


def attributions(analyses):
    return [each for analysis in analyses for statement in analysis.statements for each in statement.attributions]


def test_each_attribution_gets_what_its_own_row_would_get(analyses):
    asked = question(TARGET)
    for analysis in with_stances(analyses, asked):
        names = {actor.id: actor.name for actor in analysis.actors}
        for statement in analysis.statements:
            for each in statement.attributions:
                row = pd.DataFrame({"id": ["x"], "text": statement.text, "actor": names[each.actor_id], "target": TARGET})
                alone = predictor("cue-lexicon").predict(row).iloc[0]
                assert each.label == alone["label"]
                assert each.probabilities == {name[2:]: alone[name] for name in alone.index if name.startswith("p_")}
    labels = [each.label for each in attributions(with_stances(analyses[:1], asked))]
    assert labels == ["favor", "against", "against", "neutral", "unrelated"]


def test_all_articles_are_predicted_together_and_nothing_else_of_them_changes(analyses):
    asked = asking(classifier := Recorded(["favor"]))
    judged = with_stances(analyses, asked)
    assert {len(X) for X in classifier.given} == {len(attributions(analyses))}
    assert set(classifier.given[0]["actor"]) == {"Ada", "Cole", "Dora"}
    for before, after in zip(analyses, judged, strict=True):
        assert (after.target, after.scheme, after.model) == (TARGET, asked.predictor.scheme, "asked")
        bare = [replace(each, label=None, probabilities=None) for each in attributions([after])]
        assert bare == attributions([before])
        assert (after.source, after.actors) == (before.source, before.actors)
    assert attributions(with_stances([], asked)) == attributions(with_stances([analyses[1]], asked)) == []


def test_no_answer_and_no_probabilities_are_none(analyses):
    first, second, third = attributions(with_stances(analyses, asking(Recorded(["favor", None, "against"]))))[:3]
    assert (first.label, first.probabilities) == ("favor", {"favor": 0.75, "against": 0.25})
    assert (second.label, second.probabilities) == (None, None)
    assert third.probabilities == {"favor": 0.25, "against": 0.75}
    silent = attributions(with_stances(analyses, asking(Recorded(["favor"], probabilities=False))))
    assert {(each.label, each.probabilities) for each in silent} == {("favor", None)}


@pytest.mark.parametrize(
    ("scheme", "noted"),
    [
        ("favor-against", True),
        ("pro-con-neutral", True),
        ("favor-against-none", False),
        ("favor-against-neutral-unrelated", False),
    ],
)
def test_a_scheme_without_a_label_for_other_matters_is_noted(analyses, scheme, noted):
    asked = asking(None, scheme=scheme)
    assert [("statements about something else" in note) for note in asked.notes] == [True] * noted


@pytest.mark.parametrize(
    ("targets", "noted"),
    [
        (None, False),
        (("The city  builds a TRAM line.",), False),
        (("a", TARGET), False),
        (("a bridge",), True),
        ((f"{TARGET} soon",), True),
    ],
)
def test_a_model_of_another_target_is_noted(analyses, targets, noted):
    asked = asking(Recorded(["favor"]), scheme="favor-against-none", targets=targets)
    assert [("trained on another target" in note) for note in asked.notes] == [True] * noted
    assert all(analysis.notes[-1:] == asked.notes or not noted for analysis in with_stances(analyses, asked))


def test_what_cannot_be_asked():
    with pytest.raises(InputError, match="the target is empty"):
        question("  ")
    with pytest.raises(InputError, match="has to be trained first"):
        question(TARGET, "naive-bayes")
    with pytest.raises(InputError, match="no such folder"):
        question(TARGET, "nothing")
    with pytest.raises(InputError, match="unknown label scheme 'favour'"):
        question(TARGET, scheme="favour")


@given(st.lists(st.text(), min_size=1, max_size=5), st.sampled_from(["favor-against-neutral-unrelated", "favor-against-none"]))
def test_the_lexicon_without_training_predicts_as_with_it(texts, name):
    labels = scheme_named(name).labels
    X = pd.DataFrame({"text": texts, "actor": "They", "target": TARGET})
    rows = pd.DataFrame({"text": "x", "actor": "y", "target": "z"}, index=range(len(labels)))
    trained, ready = CueLexiconClassifier().fit(rows, labels), CueLexiconClassifier(labels=labels).without_training()
    np.testing.assert_array_equal(trained.classes_, ready.classes_)
    np.testing.assert_array_equal(trained.predict_proba(X), ready.predict_proba(X))


def test_the_lexicons_own_labels():
    assert predictor("cue-lexicon").scheme == scheme_named("favor-against-neutral-unrelated")
    assert predictor("cue-lexicon", scheme="favor-against-none").scheme.labels == ("favor", "against", "none")
    assert isinstance(predictor("cue-lexicon").scheme, LabelScheme)
