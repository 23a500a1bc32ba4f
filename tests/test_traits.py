from itertools import pairwise

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from stancelab.dataset import Dataset, load_dataset
from stancelab.labels import LabelScheme
from stancelab.traits import UNKNOWN, agreement_of_votes, lengths, traits

texts = st.lists(st.integers(1, 30).map(lambda words: " ".join(["word"] * words)), min_size=1, max_size=40)


def made(**columns):
    rows = len(next(iter(columns.values())))
    given = {"text": ["same words"] * rows, "actor": ["she"] * rows, "target": ["it"] * rows, **columns}
    return Dataset("made", "", LabelScheme("two", ("favor", "against")), pd.DataFrame(given))


def test_the_built_dataset_has_every_trait_but_those_with_one_value(bridge):
    found = traits(load_dataset(bridge))
    assert list(found) == ["actor", "kind of actor", "mode of the statement", "position", "length of the statement", "annotators"]
    assert set(found["kind of actor"]) == {"person", "group", "organisation"}
    assert set(found["annotators"]) == {"unanimous", "not unanimous"}
    assert {len(values) for values in found.values()} == {16}


def test_a_bare_table_has_what_its_columns_say():
    found = traits(made(text=["a", "b c", "d e f"], actor=["x", "y", "y"], mode=["direct", None, "direct"]))
    assert found["actor"] == ["x", "y", "y"]
    assert found["mode of the statement"] == ["direct", UNKNOWN, "direct"]
    assert "target" not in found


def test_votes_are_unanimous_where_all_are_for_one_label():
    votes = pd.DataFrame({"votes_favor": [3, 2, 0, 1, None], "votes_against": [0, 1, 2, 0, 0]})
    assert agreement_of_votes(votes) == ["unanimous", "not unanimous", "unanimous", UNKNOWN, UNKNOWN]


def test_many_values_keep_the_most_frequent_by_name():
    names = [f"a{number}" for number in range(80)] + ["often"] * 5
    found = traits(made(actor=names))["actor"]
    assert len(set(found)) == 60
    assert found[-5:] == ["often"] * 5
    assert found.count("all others") == 80 - 58


def test_tertiles_are_those_of_the_texts_not_of_the_rows():
    many = ["one"] * 50 + ["one two", "one two three"]
    assert set(lengths(many)) == {"1 word", "2 words", "3 words"}


@given(texts)
def test_lengths_are_cut_in_order_into_three_at_most_and_say_what_they_hold(given_texts):
    found = lengths(given_texts)
    assert len(set(found)) <= 3
    bounds = {}
    for text, part in zip(given_texts, found, strict=True):
        bounds.setdefault(part, []).append(len(text.split()))
    for part, words in bounds.items():
        assert part.startswith(str(min(words)))
        assert str(max(words)) in part
    ordered = sorted(bounds.values())
    assert all(max(one) < min(other) for one, other in pairwise(ordered))
