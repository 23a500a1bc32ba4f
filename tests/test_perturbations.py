import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.models.inputs import mentions
from stancelab.perturbations import (
    ABLATIONS,
    INVARIANCES,
    LONG_WORD,
    NEWCOMERS,
    OTHER_NUMBER,
    OTHER_SHAPE,
    PERTURBATIONS,
    masked_actor,
    mistype,
    requote,
    strangers,
    swapped_actor,
    typos,
)

ROWS = pd.DataFrame(
    {
        "text": [
            "Mayor Ada Brook said that Brook's council “isn't done” with the Brookside bridge.",
            "The millers' guild didn't say a word.",
            "Cole: 'no', he said, \"never\" and ‘never’.",
            "",
        ],
        "actor": ["Ada Brook", "The millers", "Cole", "Ada Brook"],
        "target": ["a bridge"] * 4,
    },
    index=[7, 3, 5, 9],
)
words = st.lists(st.text("abcdeABC'-é", min_size=1, max_size=9), min_size=1, max_size=30).map(" ".join)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_perturbation_is_a_pure_function_of_rows_and_seed(name):
    before = ROWS.copy()
    found = PERTURBATIONS[name](ROWS, 0)
    pd.testing.assert_frame_equal(ROWS, before)
    pd.testing.assert_frame_equal(found, PERTURBATIONS[name](ROWS, 0))
    assert list(found.columns) == list(ROWS.columns)
    assert list(found.index) == list(ROWS.index)
    assert all(isinstance(value, str) for value in found.to_numpy().ravel())


@pytest.mark.parametrize("name", ["typos", "lower-case", "upper-case", "no-quotes", "single-or-double-quotes"])
def test_a_perturbation_of_the_text_leaves_the_fields(name):
    found = PERTURBATIONS[name](ROWS, 0)
    pd.testing.assert_frame_equal(found[["actor", "target"]], ROWS[["actor", "target"]])
    assert (found["text"] != ROWS["text"]).any()


def test_what_stays_as_it_is_was_not_perturbed():
    assert set(INVARIANCES) | set(ABLATIONS) == set(PERTURBATIONS)
    assert not set(INVARIANCES) & set(ABLATIONS)


@given(words, st.integers(0, 5))
def test_typos_hit_one_long_word_of_eight(text, seed):
    rows = pd.DataFrame({"text": [text], "actor": ["nobody"], "target": ["x"]})
    typed = typos(rows, seed)["text"][0]
    long = len(LONG_WORD.findall(text))
    wanted = min(long, max(1, round(len(text.split()) / 8)))
    changed = [(one, other) for one, other in zip(text.split(), typed.split(), strict=True) if one != other]
    assert bool(changed) == (wanted > 0)
    assert len(changed) <= wanted
    for one, other in changed:
        assert abs(len(other) - len(one)) <= wanted
        assert LONG_WORD.search(one)


@given(words, st.integers(0, 5))
def test_typos_spare_the_words_of_the_name(text, seed):
    rows = pd.DataFrame({"text": [f"{text} Adalbert Brook ADALBERT {text}"], "actor": ["Adalbert Brook"], "target": ["x"]})
    typed = typos(rows, seed)["text"][0].split()
    assert [word for word in typed if word.casefold() in ("adalbert", "brook")] == ["Adalbert", "Brook", "ADALBERT"]


@given(st.text("abcé", min_size=3, max_size=8), st.integers(0, 9))
def test_a_mistyped_word_is_another_one_with_its_first_letter(word, seed):
    typed = mistype(word, np.random.default_rng(seed))
    swapped = [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)]
    dropped = [word[:at] + word[at + 1 :] for at in range(1, len(word) - 1)]
    doubled = [word[: at + 1] + word[at:] for at in range(1, len(word) - 1)]
    assert typed != word
    assert typed in swapped + dropped + doubled


def test_typos_follow_the_seed():
    assert typos(ROWS, 0)["text"].tolist() != typos(ROWS, 1)["text"].tolist()


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            "curly-or-straight-quotes",
            ['council "isn\'t done" with', "The millers' guild didn't", "Cole: ‘no’, he said, “never” and 'never'."],
        ),
        (
            "single-or-double-quotes",
            ["council ‘isn't done’ with", "The millers' guild didn't", "Cole: \"no\", he said, 'never' and “never”."],
        ),
        ("no-quotes", ["council isn't done with", "The millers' guild didn't", "Cole: no, he said, never and never."]),
    ],
)
def test_quotation_marks_change_and_apostrophes_stay(name, texts):
    for found, part in zip(PERTURBATIONS[name](ROWS, 0)["text"], texts, strict=False):
        assert part in found


@given(st.text("ab '\"“”‘’.", max_size=20))
def test_curly_quotes_made_straight_and_back_hold_the_same_words(text):
    for marks in (OTHER_SHAPE, OTHER_NUMBER):
        assert re.sub(r"[“”‘’'\"]", "", requote(text, marks)) == re.sub(r"[“”‘’'\"]", "", text)
    if not set("'\"‘’") & set(text):
        assert requote(requote(text, OTHER_SHAPE), OTHER_SHAPE) == text or text.count("“") != text.count("”")


def test_a_masked_actor_is_found_nowhere():
    found = masked_actor(ROWS, 0)
    assert found["text"].iloc[0] == "Mayor Someone said that Someone's council “isn't done” with the Brookside bridge."
    assert set(found["actor"]) == {"Someone"}
    for actor, text in zip(ROWS["actor"], found["text"], strict=True):
        assert mentions(text, actor) == []


def test_a_swapped_actor_is_a_person_of_no_row_and_the_same_everywhere():
    found = swapped_actor(ROWS, 0)
    new = dict(zip(ROWS["actor"], found["actor"], strict=True))
    assert set(new.values()) <= set(NEWCOMERS)
    assert len(set(new.values())) == len(new)
    name = new["Ada Brook"]
    assert found["text"].iloc[0].startswith(f"Mayor {name} said that {name.split()[-1]}'s council")
    assert found["actor"].iloc[3] == name
    assert {tuple(swapped_actor(ROWS, seed)["actor"]) for seed in range(9)} != {tuple(found["actor"])}


def test_a_newcomer_whom_a_row_names_is_not_swapped_in():
    rows = ROWS.assign(text=["we met LINDQVIST", "Vale", "Aiko", "x"], target=["Okonjo", "b", "c", "d"])
    assert strangers(rows) == ["Ines Valdecy", "Henrik Baumel"]
    with pytest.raises(InputError, match="no actor is left to swap in"):
        strangers(rows.assign(target=" ".join(NEWCOMERS)))


def test_an_ablation_leaves_one_field():
    for name, kept in (("statement-only", "text"), ("target-only", "target"), ("actor-only", "actor")):
        found = ABLATIONS[name](ROWS, 0)
        assert found[kept].tolist() == ROWS[kept].tolist()
        assert set(found.drop(columns=kept).to_numpy().ravel()) == {""}
