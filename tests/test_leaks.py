import itertools
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab import leaks as module
from stancelab.errors import InputError
from stancelab.leaks import Pair, leaks, shingles, similar_pairs

BOILERPLATE = " ".join(f"word{number}" for number in range(60))
few_words = st.text(alphabet="abc ", max_size=14)
TEXTS = st.lists(st.one_of(few_words, st.text(alphabet="aB c!é👍", max_size=8)), max_size=14)
THRESHOLDS = st.one_of(st.sampled_from([0.5, 0.6, 2 / 3, 0.7, 0.75, 0.8, 1.0]), st.floats(0.05, 1.0))
beginnings = st.integers(0, 16).map(lambda count: " ".join(BOILERPLATE.split()[:count]))
ROWS = st.lists(st.tuples(st.sampled_from("ghij"), beginnings, st.sampled_from(["train", "test", "dev", None])), max_size=12)


def spaced(texts):
    return [" ".join(text) for text in texts]


def overlap(one, other):
    union = shingles(one) | shingles(other)
    return len(shingles(one) & shingles(other)) / len(union) if union else 0.0


def all_similar(texts, threshold):
    """Brute force over all pairs."""
    return {
        (first, second): found
        for first, second in itertools.combinations(range(len(texts)), 2)
        if (found := overlap(texts[first], texts[second])) >= threshold
    }


def spread_out(texts, pairs):
    """The pairs with each text in place of the one that stands for it."""
    holder = {pair.second: pair.first for pair in pairs if pair.overlap == 1}
    alike = {at: [] for at in range(len(texts))}
    for at in alike:
        alike[holder.get(at, at)].append(at)
    found = {}
    for own in alike.values():
        found |= dict.fromkeys(itertools.combinations(own, 2), 1.0)
    for pair in pairs:
        if pair.overlap < 1:
            for one, other in itertools.product(alike[pair.first], alike[pair.second]):
                found[min(one, other), max(one, other)] = pair.overlap
    return found


def frame_of(rows):
    return pd.DataFrame(rows, columns=["group", "text", "split"])


def lines_of(rows):
    return leaks(frame_of(rows), [str(number) for number in range(len(rows))])


@pytest.fixture
def verified(monkeypatch):
    """How many pairs were looked at in full."""
    counts = []
    original = module._overlaps

    def counted(table, left, right):
        counts.append(len(left))
        return original(table, left, right)

    monkeypatch.setattr(module, "_overlaps", counted)
    return counts


def test_shingles_of_short_texts():
    assert shingles("One, two") == {("one", "two")}
    assert shingles("") == frozenset()
    assert len(shingles("a b c d")) == 2


def test_shingles_of_signs_and_of_accents_written_in_two_ways():
    assert shingles("?! 👍") == {("?!", "👍")}
    assert shingles("👍, yes") == {("yes",)}
    assert shingles("Cafe\u0301 ÉTÉ") == shingles("caf\u00e9 e\u0301te\u0301") == {("café", "été")}


@given(texts=TEXTS.map(spaced), threshold=THRESHOLDS)
def test_no_pair_is_missed_and_none_invented(texts, threshold):
    pairs = similar_pairs(texts, threshold)
    assert spread_out(texts, pairs) == all_similar(texts, threshold)
    assert pairs == sorted(pairs, key=lambda pair: (pair.first, pair.second))
    assert all(pair.first < pair.second for pair in pairs)
    assert len({(pair.first, pair.second) for pair in pairs}) == len(pairs)


@given(texts=TEXTS.map(spaced), threshold=THRESHOLDS, at_once=st.integers(1, 50))
def test_the_pieces_of_the_join_change_nothing(texts, threshold, at_once):
    whole = similar_pairs(texts, threshold)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "AT_ONCE", at_once)
        assert similar_pairs(texts, threshold) == whole


@given(seed=st.randoms(use_true_random=False), threshold=st.sampled_from([0.3, 0.5, 0.8, 0.9]))
def test_longer_texts_with_changed_words_agree_with_all_pairs(seed, threshold):
    vocabulary = [f"w{number}" for number in range(40)]
    texts = []
    for _ in range(25):
        words = seed.choice(texts).split() if texts and seed.random() < 0.7 else seed.choices(vocabulary, k=seed.randint(5, 40))
        for _ in range(seed.randint(0, 3)):
            words[seed.randrange(len(words))] = seed.choice(vocabulary)
        texts.append(" ".join(words))
    assert spread_out(texts, similar_pairs(texts, threshold)) == all_similar(texts, threshold)


@pytest.mark.parametrize(("shared", "union"), [(4, 5), (3, 4), (2, 3), (7, 10), (3, 10), (9, 10), (29, 100), (57, 100), (1, 3)])
def test_a_pair_at_the_threshold_itself_is_found(shared, union):
    words = [f"w{number}" for number in range(union + 2)]
    texts = [" ".join(words), " ".join(words[: shared + 2])]
    assert similar_pairs(texts, shared / union) == [Pair(0, 1, shared / union)]
    assert similar_pairs(texts, math.nextafter(shared / union, 1)) == []


def test_texts_of_one_word_of_signs_and_of_nothing():
    texts = ["Yes", "yes!", "no", "!!!", "???", " !!! ", "", "  ", "👍", "👎", "👍"]
    assert [(pair.first, pair.second) for pair in similar_pairs(texts)] == [(0, 1), (3, 5), (8, 10)]
    assert similar_pairs([]) == similar_pairs(["one"]) == similar_pairs(["", ""]) == []


def test_copies_are_paired_with_the_first_only():
    assert similar_pairs(["a b c d e f", "x", "a b c d e f g", "A b c d e f", "a b c d e f g.", "a b c d e f"]) == [
        Pair(0, 2, 0.8),
        Pair(0, 3, 1.0),
        Pair(0, 5, 1.0),
        Pair(2, 4, 1.0),
    ]


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_a_threshold_out_of_range(threshold):
    with pytest.raises(InputError, match="is not above 0 and at most 1"):
        similar_pairs(["a"], threshold)


def test_one_short_text_20_000_times_is_never_compared(verified):
    pairs = similar_pairs(["We want it"] * 20_000)
    assert len(pairs) == 19_999
    assert {pair.first for pair in pairs} == {0}
    assert sum(verified) == 0


def test_boilerplate_5_000_times_is_compared_once(verified):
    pairs = similar_pairs([BOILERPLATE] * 5000 + [f"{BOILERPLATE} again"] * 5000)
    assert len(pairs) == 4999 + 4999 + 1
    assert sum(verified) == 1


def test_boilerplate_before_words_of_ones_own_is_not_compared(verified):
    texts = [f"{BOILERPLATE} " + " ".join(f"own{number}x{word}" for word in range(12)) for number in range(1000)]
    assert similar_pairs(texts) == []
    assert sum(verified) == 0


def test_unrelated_texts_of_common_words_are_hardly_compared(verified):
    texts = [" ".join(f"w{(number * 7919 + word * word) % 300}" for word in range(30)) for number in range(1000)]
    assert spread_out(texts[:100], similar_pairs(texts[:100])) == all_similar(texts[:100], 0.8)
    verified.clear()
    similar_pairs(texts)
    assert sum(verified) < 10_000


def test_a_group_in_two_splits():
    rows = [("g", "one", "train"), ("h", "two", "train"), ("g", "three", "test"), ("g", "four", "dev"), ("g", "five", "test")]
    assert lines_of(rows) == ["0: group 'g' stands in split 'train', and in split 'test' at 2, and in split 'dev' at 3"]


def test_a_group_with_a_long_name():
    lines = lines_of([(BOILERPLATE, "one", "train"), (BOILERPLATE, "two", "test")])
    assert lines == [f"0: group '{BOILERPLATE[:60]}...' stands in split 'train', and in split 'test' at 1"]


def test_texts_in_two_splits():
    rows = [
        ("g", "a b c d e f", "train"),
        ("h", "something else", "train"),
        ("i", "a b c d e f g", "test"),
        ("j", "Something else!", "test"),
        ("g", "a b c d e f", "train"),
    ]
    assert lines_of(rows) == [
        "2: text is 80% the same as in another group, in splits 'test' and 'train', at 0",
        "3: text is 100% the same as in another group, in splits 'test' and 'train', at 1",
    ]


def test_a_text_is_named_beside_the_one_most_like_it():
    sizes = [(20, "test"), (18, "train"), (19, "train"), (17, "test")]
    rows = [("g" if split == "test" else "h", " ".join(BOILERPLATE.split()[:size]), split) for size, split in sizes]
    assert [round(overlap(rows[one][1], rows[other][1]), 2) for one, other in ((0, 1), (0, 2), (1, 3), (2, 3))] == [
        0.89,
        0.94,
        0.94,
        0.88,
    ]
    assert lines_of(rows) == [
        "2: text is 94% the same as in another group, in splits 'train' and 'test', at 0",
        "3: text is 94% the same as in another group, in splits 'test' and 'train', at 1",
    ]


def test_one_changed_word_in_a_long_text_is_not_called_the_same():
    long = " ".join(f"w{number}" for number in range(400))
    assert "text is 99% the same" in lines_of([("g", long, None), ("h", long + " x", None)])[0]


def test_a_copy_in_the_same_group_does_not_hide_one_in_another():
    rows = [("g", "we want it", "train"), ("h", "we want it", "train"), ("g", "we want it", "test")]
    assert lines_of(rows) == [
        "0: group 'g' stands in split 'train', and in split 'test' at 2",
        "2: text is 100% the same as in another group, in splits 'test' and 'train', at 1",
        "1: text is 100% the same as in another group, at 0, the first of 2 such texts of split 'train'",
    ]


def test_every_copy_is_named_beside_one_in_another_split():
    rows = [(f"g{number}", "we want it", "train" if number % 2 else "test") for number in range(1000)]
    lines = lines_of(rows)
    assert len(lines) == 999 + 2
    assert lines[-2:] == [
        "2: text is 100% the same as in another group, at 0, the first of 500 such texts of split 'test'",
        "3: text is 100% the same as in another group, at 1, the first of 500 such texts of split 'train'",
    ]


def test_rows_without_a_split_leak_into_none():
    rows = [("g", "we want it", "train"), ("h", "we want it", None), ("i", "we want it", None), ("g", "other", None)]
    assert lines_of(rows) == ["2: text is 100% the same as in another group, at 1, the first of 2 such texts without a split"]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, "", " "])
def test_a_split_that_all_rows_miss_is_none(missing):
    rows = [("g", "we want it", missing), ("g", "we want it", missing), ("h", "We want it", missing)]
    assert lines_of(rows) == ["2: text is 100% the same as in another group, at 0"]
    assert leaks(frame_of(rows).drop(columns="split"), ["0", "1", "2"]) == lines_of(rows)


def test_splits_that_are_numbers():
    assert lines_of([("g", "we want it", 0), ("h", "we want it", 1)]) == [
        "1: text is 100% the same as in another group, in splits '1' and '0', at 0"
    ]


@given(rows=ROWS)
def test_every_row_that_leaks_is_named_beside_one_most_like_it(rows):
    splits_known = any(split for _, _, split in rows)
    closest, named = {}, {}
    for (group, text, split), (other_group, other_text, other_split) in itertools.permutations(rows, 2):
        apart = not splits_known or (split != other_split and None not in (split, other_split))
        if group != other_group and apart and (found := overlap(text, other_text)) >= 0.8:
            key = (group, split, shingles(text))
            closest[key] = max(closest.get(key, 0), int(f"{found:.0%}"[:-1]))
    for line in lines_of(rows):
        if "the same" in line and "such texts" not in line:
            share = int(line.partition("%")[0].split()[-1])
            for row in (int(line.partition(":")[0]), int(line.split()[-1])):
                group, text, split = rows[row]
                key = (group, split, shingles(text))
                named[key] = max(named.get(key, 0), share)
    assert named == closest


@given(rows=ROWS)
def test_groups_that_straddle_agree_with_a_count(rows):
    counts = frame_of(rows).dropna(subset="split").groupby("group")["split"].nunique()
    assert sum("stands in split" in line for line in lines_of(rows)) == (counts > 1).sum()
