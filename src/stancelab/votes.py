"""What did the annotators give each row: votes for each label, a label by each of them?"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stancelab.errors import InputError
from stancelab.labels import Crosswalk

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

VOTES = "votes_"
"""What the columns are named by, before a label, that count the annotators who gave it."""
GIVEN = "label_by_"
"""What the columns are named by, before an annotator, that hold the label this annotator gave; empty where none was given."""


def named(rows: "pd.DataFrame", prefix: str) -> list[str]:
    """The columns of votes (VOTES) or of annotators (GIVEN)."""
    return [str(name) for name in rows if str(name).startswith(prefix)]


def sha_of(rows: "pd.DataFrame", prefix: str) -> str:
    """sha256 over the id and the votes (VOTES), or the annotators' labels (GIVEN), of every row, in order."""
    return hashlib.sha256(rows[["id", *sorted(named(rows, prefix))]].to_csv(index=False).encode()).hexdigest()


def mapped(rows: "pd.DataFrame", walk: Crosswalk) -> "pd.DataFrame":
    """The rows with what annotators gave in the other scheme; a label that has no value there is left out."""
    votes = named(rows, VOTES)
    found = rows.drop(columns=votes)
    for name in votes:
        label = walk(name.removeprefix(VOTES))
        if label is not None:
            found[VOTES + label] = found.get(VOTES + label, 0) + rows[name]
    return found.assign(**{name: rows[name].map(walk.map, na_action="ignore") for name in named(rows, GIVEN)})


def vote_shares(rows: "pd.DataFrame", labels: Sequence[str]) -> "NDArray[np.float64] | None":
    """The share of the annotators' votes that each label got, shape (n, k); 0 throughout in a row without votes.

    Votes for a label that is not among `labels` do not count. None where no column votes_LABEL is of one of them. InputError for
    a count that is none.
    """
    import numpy as np
    import pandas as pd

    names = [f"{VOTES}{label}" for label in labels]
    if not set(names) & set(rows):
        return None
    try:
        votes = rows.reindex(columns=names).apply(pd.to_numeric).fillna(0).to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"columns {VOTES}LABEL: expected numbers of votes: {error}") from None
    if (votes < 0).any() or not np.isfinite(votes).all():
        raise InputError(f"columns {VOTES}LABEL: expected numbers of votes, 0 or more")
    return np.asarray(votes / np.maximum(votes.sum(axis=1, keepdims=True), np.finfo(float).tiny))
