"""Are the features those of scikit-learn's vectorizers, whatever the texts, and is nothing changed by what was kept before?"""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from stancelab.errors import InputError
from stancelab.models import ngram_counts, ngram_memory
from stancelab.models.ngram_counts import WORDS_AND_EMOJI, Reading, count_all
from stancelab.models.ngram_features import NgramFeatures
from stancelab.models.ngrams import NgramClassifier
from stancelab.models.saving import load, save

HARD = [
    "",
    " ",
    "İstanbul İİ ΑΣ ΑΣΑ Σ",
    "a\x00b \x00\x00 a\x00",
    "tab\tnew\nline  two \u3000\u3000 blanks\u2028\u2028x \x1c\x1d y",
    "🙂🙂 👩‍👩‍👧 e\u0301e\u0301 ﬃ ß",
    "中文字符很多很多字 العربية שלום",
    "\ud800 lone \udfff\ud800",
    "x" * 70 + " y",
    "a b ab a_b a-b",
    "the the the cat",
]
LATIN = ["a", "b", "ab", "B", "é", "e\u0301", "_", ".", "İ", "Σ"]
PARTS = st.sampled_from([*LATIN, " ", "  ", "\t", "\n", "\x00", "🙂", "中", "ש", "\ud83d", "\u200d"])
TEXTS = st.lists(st.lists(PARTS, max_size=12).map("".join), min_size=1, max_size=6)
READINGS = [
    [Reading("word", 1, 3)],
    [Reading("word", 2, 2)],
    [Reading("char", 2, 5)],
    [Reading("char", 1, 1)],
    [Reading("char_wb", 2, 5)],
    [Reading("char_wb", 5, 6)],
    [Reading("word", 1, 2), Reading("char_wb", 2, 4)],
    [Reading("char", 3, 21)],
    [Reading("word", 1, 20), Reading("char", 2, 5)],
]


def sklearns(readings, weighting="binary", min_df=1):
    def vectorizer(reading):
        options = {"analyzer": reading.kind, "ngram_range": reading[1:], "min_df": min_df}
        if reading.kind == "word":
            options["token_pattern"] = WORDS_AND_EMOJI
        if weighting == "tfidf":
            return TfidfVectorizer(sublinear_tf=True, **options)
        return CountVectorizer(binary=weighting == "binary", dtype=np.float64, **options)

    return FeatureUnion([(reading.kind.removesuffix("_wb"), vectorizer(reading)) for reading in readings])


def same(ours, theirs, *, rounding=0.0):
    theirs.sort_indices()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == np.float64
    np.testing.assert_array_equal(ours.indptr, theirs.indptr)
    np.testing.assert_array_equal(ours.indices, theirs.indices)
    np.testing.assert_allclose(ours.data, theirs.data, rtol=rounding, atol=0)


def check(readings, train, new, **options):
    ngram_memory.forget()
    ours, theirs = NgramFeatures(readings, **options), sklearns(readings, **options)
    try:
        expected = theirs.fit_transform(train)
    except ValueError:
        with pytest.raises(InputError, match="n-gram"):
            ours.fit_transform(train)
        return
    same(ours.fit_transform(train), expected, rounding=4e-16)
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()
    same(ours.transform(new), theirs.transform(new))


pytestmark = pytest.mark.filterwarnings("ignore:The parameter 'token_pattern' will not be used")


@pytest.mark.parametrize("weighting", ["binary", "counts", "tfidf"])
@pytest.mark.parametrize("readings", READINGS, ids=str)
def test_hard_texts_give_scikit_learns_columns_names_and_values(readings, weighting):
    check(readings, HARD[::2] + HARD[:3], HARD, weighting=weighting)


@given(TEXTS, TEXTS, st.sampled_from(READINGS), st.sampled_from(["binary", "counts", "tfidf"]), st.sampled_from([1, 2, 0.5]))
@settings(max_examples=150, deadline=None)
def test_any_texts_give_scikit_learns_columns_names_and_values(train, new, readings, weighting, min_df):
    check(readings, train, new, weighting=weighting, min_df=min_df)


def test_an_alphabet_of_thousands_of_characters_and_words():
    generator = np.random.default_rng(0)
    texts = ["".join(map(chr, generator.integers(0x4E00, 0x9000, 60))) for _ in range(90)]
    texts += [" ".join(map(str, generator.integers(0, 6000, 60))) for _ in range(90)]
    check([Reading("word", 1, 6), Reading("char", 2, 5)], texts, [text[5:40] for text in texts])


@pytest.mark.parametrize("size", [1, 40, 1000])
def test_how_texts_are_divided_into_pieces_changes_nothing(monkeypatch, size):
    texts = [f"{text} {other}" for text in HARD for other in HARD[2:6]]
    readings = [Reading("word", 1, 3), Reading("char", 2, 5)]
    whole = NgramFeatures(readings, weighting="tfidf")
    fitted, found = whole.fit_transform(texts), whole.transform(texts[::3])
    monkeypatch.setattr(ngram_counts, "CHARACTERS_AT_ONCE", size)
    ngram_memory.forget()
    divided = NgramFeatures(readings, weighting="tfidf")
    same(divided.fit_transform(texts), fitted)
    same(divided.transform(texts[::3]), found)
    assert divided.get_feature_names_out().tolist() == whole.get_feature_names_out().tolist()


def test_what_was_read_before_changes_nothing():
    texts = [f"{text} {number}" for number, text in enumerate(HARD * 3)]
    folds = [texts[:20], texts[5:33], texts[::2] + texts[:3], texts[20:], texts]
    readings = [Reading("word", 1, 2), Reading("char", 2, 4)]

    def everything(fold):
        features = NgramFeatures(readings, weighting="tfidf", min_df=2)
        matrix = features.fit_transform(fold)
        return matrix, features.to_arrays(), features.transform(texts)

    ngram_memory.forget()
    kept = [everything(fold) for fold in folds]
    for fold, (matrix, arrays, transformed) in zip(folds, kept, strict=True):
        ngram_memory.forget()
        alone, own, found = everything(fold)
        same(matrix, alone)
        same(transformed, found)
        assert own.keys() == arrays.keys()
        assert all(np.array_equal(own[name], arrays[name]) for name in own)


def test_texts_known_from_another_fold_are_not_read_again(monkeypatch):
    ngram_memory.forget()
    read = []
    monkeypatch.setattr(ngram_memory, "count_all", lambda texts, reading: read.append(len(texts)) or count_all(texts, reading))
    texts = [f"{letter}{letter} x" for letter in "abcdefghij"]
    for fold in (texts[2:], texts[:8], texts[1:9], texts[::2]):
        NgramFeatures([Reading("word", 1, 1)]).fit_transform(fold)
    assert read == [8, 10]
    NgramFeatures([Reading("word", 1, 1)]).fit_transform(["other", "texts", "a x"])
    assert read == [8, 10, 3]


def test_what_is_kept_is_bounded(monkeypatch):
    ngram_memory.forget()
    monkeypatch.setattr(ngram_memory, "MOST_KEPT", 25)
    for start in range(0, 100, 10):
        NgramFeatures([Reading("word", 1, 1)]).fit_transform([f"w{number}" for number in range(start, start + 10)])
        assert sum(len(known.counts.columns) for known in ngram_memory._kept) <= 25
    assert len(ngram_memory._kept) == 2
    NgramFeatures([Reading("word", 1, 1)]).fit_transform([f"v{number}" for number in range(26)])
    assert ngram_memory._kept == []


def test_predicting_keeps_nothing():
    ngram_memory.forget()
    features = NgramFeatures([Reading("word", 1, 1)])
    features.fit_transform(["a", "b"])
    ngram_memory.forget()
    features.transform(["c", "d"])
    assert ngram_memory._kept == []


def test_no_text_gives_no_row():
    features = NgramFeatures([Reading("word", 1, 1), Reading("char", 2, 3)])
    width = features.fit_transform(["ab cd"]).shape[1]
    assert features.transform([]).shape == (0, width)
    assert features.transform([""]).shape == (1, width)


def test_arrays_without_pickles_hold_everything(tmp_path):
    features = NgramFeatures([Reading("word", 1, 2), Reading("char_wb", 2, 5)], weighting="tfidf", min_df=2)
    features.fit_transform(HARD * 2)
    np.savez(tmp_path / "features.npz", **features.to_arrays())
    with np.load(tmp_path / "features.npz", allow_pickle=False) as arrays:
        again = NgramFeatures.from_arrays(dict(arrays))
    same(again.transform(HARD), features.transform(HARD))
    assert again.get_feature_names_out().tolist() == features.get_feature_names_out().tolist()
    assert (again.readings, again.weighting, again.min_df) == (features.readings, "tfidf", 2)


ROWS = pd.DataFrame({"text": ["we back it", "no 🙂 way", "back back", "never  it"], "actor": "They", "target": "it"})
LABELS = ["favor", "against", "favor", "against"]


def test_a_saved_classifier_says_the_same(tmp_path):
    model = NgramClassifier().fit(ROWS, LABELS)
    save(model, tmp_path)
    again = load(NgramClassifier(), tmp_path)
    np.testing.assert_array_equal(again.predict_proba(ROWS), model.predict_proba(ROWS))


@pytest.mark.parametrize("learner", ["svm", "logistic", "naive-bayes"])
@pytest.mark.parametrize("labels", [LABELS, ["favor", "against", "none", "against"]])
def test_a_classifier_saved_with_scikit_learns_vectorizers_says_the_same(tmp_path, learner, labels):
    model = NgramClassifier(learner=learner, template="{text}").fit(ROWS, labels)
    expected = model.predict_proba(ROWS)
    model.vectorizer_ = sklearns(model.vectorizer_.readings)
    model.vectorizer_.fit(ROWS["text"])
    assert model.linear() is None
    save(model, tmp_path)
    again = load(NgramClassifier(learner=learner, template="{text}"), tmp_path)
    assert isinstance(again.vectorizer_, FeatureUnion)
    np.testing.assert_allclose(again.predict_proba(ROWS), expected, rtol=1e-12)


@pytest.mark.parametrize("min_df", [0, -1, 1.5, -0.5])
def test_a_min_df_that_says_nothing_is_refused(min_df):
    with pytest.raises(InputError, match=r"min_df .*expected a number of texts"):
        NgramClassifier(min_df=min_df).fit(ROWS, LABELS)


def test_numpy_is_all_that_prediction_imports():
    code = "import sys, stancelab.models.linear_ngrams as m; sys.exit(bool({'scipy', 'sklearn', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_sign_of_ascii_parts_words_as_the_pattern_says():
    text = "".join(f"a{chr(code)}b{chr(code)}" for code in range(128))
    assert ngram_counts.tokens(text) == ngram_counts.TOKEN.findall(text)
