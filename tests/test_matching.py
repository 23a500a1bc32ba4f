from itertools import permutations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from stancelab.article.matching import overlaps, pairs, trimmed

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda pair: (pair[0], sum(pair))), max_size=4)
LIKENESS = st.integers(0, 4).flatmap(
    lambda rows: st.integers(0, 4).flatmap(
        lambda columns: st.lists(st.integers(0, 10), min_size=rows * columns, max_size=rows * columns).map(
            lambda cells: np.array(cells, dtype=float).reshape(rows, columns) / 10
        )
    )
)


def test_edges_without_quote_marks_and_white_space():
    content = "She said:\n\n“It is ‘late’.” \n"
    assert content[slice(*trimmed(content, (9, len(content))))] == "It is ‘late’."
    assert trimmed(content, (0, 8)) == (0, 8)
    assert trimmed("a “” b", (1, 5)) == (1, 5)


@given(SPANS, SPANS)
def test_overlap_is_that_of_sets_of_places(gold, found):
    for row, one in enumerate(gold):
        for column, other in enumerate(found):
            own, theirs = set(range(*one)), set(range(*other))
            assert overlaps(gold, found)[row, column] == len(own & theirs) / len(own | theirs)
    assert overlaps(gold, found).shape == (len(gold), len(found))


@example(np.array([[0.1, 0.9], [0.0, 0.2]]), 0.0)
@given(LIKENESS, st.sampled_from([0.0, 0.5, 1.0]))
def test_no_other_choice_has_more_pairs_or_as_many_that_are_more_alike(likeness, least):
    chosen = pairs(likeness, least=least)
    assert len({row for row, _ in chosen}) == len({column for _, column in chosen}) == len(chosen)
    assert all(likeness[pair] >= least and likeness[pair] > 0 for pair in chosen)
    small, large = (likeness, likeness.shape) if likeness.shape[0] <= likeness.shape[1] else (likeness.T, likeness.shape[::-1])
    best = (0, 0.0)
    for order in permutations(range(large[1]), large[0]):
        cells = [small[row, column] for row, column in enumerate(order) if small[row, column] >= least and small[row, column] > 0]
        best = max(best, (len(cells), round(sum(cells), 6)))
    assert (len(chosen), round(sum(likeness[pair] for pair in chosen), 6)) == best
