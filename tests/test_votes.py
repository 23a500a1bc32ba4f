import pandas as pd
import pytest

from stancelab.errors import InputError
from stancelab.votes import vote_shares


@pytest.mark.parametrize(
    ("votes", "shares"), [((2, 1, 1), (0.5, 0.25, 0.25)), ((0, 0, 0), (0, 0, 0)), ((None, "3", 0), (0, 1, 0))]
)
def test_shares_of_votes(votes, shares):
    columns = dict(zip(("votes_favor", "votes_against", "votes_other"), votes, strict=True))
    rows = pd.DataFrame({name: [value] for name, value in columns.items()})
    assert vote_shares(rows, ("favor", "against", "other", "none")).tolist() == [[*shares, 0]]
    assert vote_shares(rows, ("none",)) is None


def test_a_number_of_votes_that_is_none_is_refused():
    for value in ("many", -1, float("inf")):
        with pytest.raises(InputError, match="columns votes_LABEL: expected numbers of votes"):
            vote_shares(pd.DataFrame({"votes_favor": [value]}), ("favor",))
