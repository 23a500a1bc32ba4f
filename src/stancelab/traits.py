"""By what can a dataset's rows be told apart, so that errors may be counted on each part?"""

from typing import TYPE_CHECKING

import numpy as np

from stancelab.dataset import VOTES, Dataset

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "actor": "actor",
    "kind of actor": "actor_kind",
    "target": "target",
    "mode of the statement": "mode",
    "position": "position",
    "corpus": "corpus",
}
"""The traits that are a column of the rows, where the dataset has it."""
UNKNOWN = "not known"
MOST_VALUES = 60


def traits(dataset: Dataset) -> dict[str, list[str]]:
    """The value of every row, for each trait that has two values at least: shape (n,) each.

    Beside columns of the rows: how long the statement is, and whether the annotators agreed, in the dataset's scheme, where their
    votes are known. Of a trait with more than 60 values, those with few rows are one value together.
    """
    rows = dataset.rows
    found = {title: _texts(rows[column]) for title, column in COLUMNS.items() if column in rows}
    found["length of the statement"] = lengths([str(text) for text in rows["text"]])
    votes = rows[[name for name in rows if str(name).startswith(VOTES)]]
    if votes.shape[1]:
        found["annotators"] = agreement_of_votes(votes)
    return {title: _most_frequent(values) for title, values in found.items() if len(set(values)) > 1}


def lengths(texts: list[str]) -> list[str]:
    """Each text's third by its number of words, cut at the tertiles of the distinct texts; equal lengths are never parted.

    >>> lengths(["one", "one two", "one two three"])
    ['1 word', '2 words', '3 words']
    """
    words = np.array([len(text.split()) for text in texts])
    distinct = np.array([len(text.split()) for text in dict.fromkeys(texts)])
    third = np.searchsorted(np.quantile(distinct, [1 / 3, 2 / 3], method="inverted_cdf"), words, side="left")
    bounds = {part: (words[third == part].min(), words[third == part].max()) for part in set(third.tolist())}
    return [_span(*bounds[part]) for part in third.tolist()]


def _span(low: int, high: int) -> str:
    return f"{low} to {high} words" if low < high else f"{low} word{'s' if low > 1 else ''}"


def agreement_of_votes(votes: "pd.DataFrame") -> list[str]:
    """Whether all votes of a row are for one label; not known where it has fewer than two. votes: counts, a column a label."""
    counts = votes.fillna(0).to_numpy(dtype=float)
    names = np.where((counts > 0).sum(axis=1) > 1, "not unanimous", "unanimous")
    return [str(name) for name in np.where(counts.sum(axis=1) < 2, UNKNOWN, names)]


def _texts(column: "pd.Series[str]") -> list[str]:
    return [UNKNOWN if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]


def _most_frequent(values: list[str]) -> list[str]:
    names, counts = np.unique(values, return_counts=True)
    if len(names) <= MOST_VALUES:
        return values
    kept = {str(names[place]) for place in np.argsort(-counts, kind="stable")[: MOST_VALUES - 1]}
    return [value if value in kept else "all others" for value in values]
