"""Which texts stand in two splits or in two groups, word for word or nearly?"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from stancelab.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

NEAR_DUPLICATE = 0.8
SHINGLE = 3
AT_ONCE = 1_000_000
"""About as many elements of the join are in memory at a time."""
LONGEST_NAME = 60
SLACK = 1e-9
"""A bound that rounding put above a whole number must not exclude it; the overlap itself is compared as it is."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts by their number, first < second, and the overlap of their shingles (Jaccard)."""

    first: int
    second: int
    overlap: float


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The text's runs of three words, lower-cased; the words themselves where there are fewer, its signs where there is no word.

    >>> sorted(shingles("So it begins, again"))
    [('it', 'begins', 'again'), ('so', 'it', 'begins')]
    """
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text).lower()) or text.split()
    size = min(SHINGLE, len(words)) or 1
    return frozenset(tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def similar_pairs(texts: Iterable[str], threshold: float = NEAR_DUPLICATE) -> list[Pair]:
    """Every pair of texts whose shingles overlap by the threshold or more, 0 < threshold <= 1, ordered by (first, second).

    Texts with the same shingles count as one: each is paired with the first of them, which stands for it in all other pairs.
    A blank text is like no other. No pair is missed: shingles are ordered by rarity, and texts are compared that share one of
    the first few, so many that texts which share none of them cannot reach the threshold.
    Source: Bayardo, Ma and Srikant 2007 (prefixes, lengths); Xiao et al. 2008 (positions).

    >>> similar_pairs(["a b c d e f", "A b c, d e f!", "a b c d e f g", "x"])
    [Pair(first=0, second=1, overlap=1.0), Pair(first=0, second=2, overlap=0.8)]
    """
    holders, first, second, overlap = _similar(texts, threshold)
    copies = np.flatnonzero(holders != np.arange(len(holders)))
    first, second = np.concatenate([holders[copies], first]), np.concatenate([copies, second])
    overlap = np.concatenate([np.ones(len(copies)), overlap])
    order = np.lexsort((second, first))
    return [Pair(*found) for found in zip(*(values[order].tolist() for values in (first, second, overlap)), strict=True)]


def _similar(texts: Iterable[str], threshold: float) -> tuple[Ints, Ints, Ints, Floats]:
    """For each text the first with its shingles; and the pairs among these first ones: first, second, overlap."""
    if not 0 < threshold <= 1:
        raise InputError(f"threshold {threshold} is not above 0 and at most 1")
    numbers: dict[tuple[str, ...], int] = {}
    known: dict[bytes, int] = {}
    holders, sets = [], {}
    for at, text in enumerate(texts):
        own = np.array(sorted(numbers.setdefault(shingle, len(numbers)) for shingle in shingles(text)), dtype=np.int64)
        holders.append(known.setdefault(own.tobytes(), at) if len(own) else at)
        if len(own) and holders[at] == at:
            sets[at] = own
    order = sorted(sets, key=lambda at: len(sets[at]))
    texts_of = np.array(order, dtype=np.int64)
    left, right, overlap = _join([sets[at] for at in order], threshold)
    left, right = texts_of[left], texts_of[right]
    return np.array(holders, dtype=np.int64), np.minimum(left, right), np.maximum(left, right), overlap


def _join(sets: list[Ints], threshold: float) -> tuple[Ints, Ints, Floats]:
    """Pairs of sets, given by increasing size, with a Jaccard overlap of at least the threshold."""
    table, found = _by_rarity(sets), []
    for left, right in _candidates(table, threshold):
        overlap = _overlaps(table, left, right)
        near = overlap >= threshold
        found.append((left[near], right[near], overlap[near]))
    left, right, overlap = (np.concatenate(column) for column in zip(*found, strict=True))
    _, once = np.unique(left * len(sets) + right, return_index=True)
    return left[once], right[once], overlap[once]


def _by_rarity(sets: list[Ints]) -> csr_array:
    """The sets as rows of ones, shape (sets, shingles), the shingle that fewest sets hold first."""
    flat = np.concatenate([*sets, np.zeros(0, dtype=np.int64)])
    held = np.bincount(flat, minlength=1)
    rarity = np.argsort(np.argsort(held, kind="stable"))[flat]
    starts = np.cumsum([0, *map(len, sets)])
    table = csr_array((np.ones(len(flat), dtype=np.int32), rarity, starts), shape=(len(sets), len(held)))
    table.sort_indices()
    return table


def _candidates(table: csr_array, threshold: float) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of rows, left < right, that may reach the threshold by their lengths and their first shingles; few come twice."""
    count, sizes, shingle = table.shape[0], np.diff(table.indptr).astype(np.int64), table.indices.astype(np.int64)
    least = np.ceil(threshold * sizes - SLACK).astype(np.int64)
    row = np.repeat(np.arange(count), sizes)
    place = np.arange(len(row)) - table.indptr[row]
    first_ones = np.flatnonzero((place <= (sizes - least)[row]) & (np.bincount(shingle)[shingle] > 1))
    row, place, shingle = row[first_ones], place[first_ones], shingle[first_ones]
    keys = shingle * count + row
    posting = np.argsort(keys)
    until = np.argsort(posting)
    since = np.searchsorted(keys[posting], shingle * count + np.searchsorted(sizes, least)[row])
    for entries in _pieces(until - since):
        widths = (until - since)[entries]
        right = np.repeat(entries, widths)
        left = posting[since[right] + np.arange(len(right)) - np.repeat(np.cumsum(widths) - widths, widths)]
        both = sizes[row[left]] + sizes[row[right]]
        most = np.minimum(sizes[row[left]] - place[left], sizes[row[right]] - place[right])
        possible = most / (both - most) >= threshold
        codes = np.unique(row[left[possible]] * count + row[right[possible]])
        yield codes // max(count, 1), codes % max(count, 1)


def _overlaps(table: csr_array, left: Ints, right: Ints) -> Floats:
    """The Jaccard overlap of each pair of rows."""
    sizes = np.diff(table.indptr).astype(np.int64)
    both = sizes[left] + sizes[right]
    common = [table[left[part]].multiply(table[right[part]]).sum(axis=1) for part in _pieces(both)]
    shared: Ints = np.concatenate(common).astype(np.int64)
    overlaps: Floats = shared / (both - shared)
    return overlaps


def _pieces(weights: Ints) -> list[Ints]:
    """Runs of neighbouring numbers whose weights come to about AT_ONCE."""
    return np.split(np.arange(len(weights)), np.flatnonzero(np.diff(np.cumsum(weights) // AT_ONCE)) + 1)


@dataclass(frozen=True)
class _Rows:
    """A table's columns; the first row with each row's text; and (row, overlap) of the other texts like it, nearest first."""

    groups: list[Hashable]
    splits: list[str | None]
    texts: list[int]
    starts: Ints
    others: Ints
    overlaps: Floats

    def like(self, row: int) -> Iterator[tuple[int, float]]:
        yield self.texts[row], 1.0
        part = slice(self.starts[self.texts[row]], self.starts[self.texts[row] + 1])
        yield from zip(self.others[part].tolist(), self.overlaps[part].tolist(), strict=True)


def leaks(frame: "pd.DataFrame", places: Sequence[str]) -> list[str]:
    """What a classifier could know of a row from elsewhere: faults of a table with the columns group, text and, maybe, split.

    places: where each row stands, shape (n,). With splits: groups that straddle them; each text that is like one of another
    group in another split, beside the one most like it; and, in a line for each split, how many texts are like one of another
    group there. Without: each text that is like one of another group. A row without a split, where others have one, leaks into
    none. Rows that share group, split and text are one.
    """
    rows = _rows(frame)
    inside = _closest(rows, lambda own, other: own == other)
    if not any(rows.splits):
        return [_fault(places, pair, "in another group") for pair in _pairs(inside)]
    across = _closest(rows, lambda own, other: own != other and None not in (own, other))
    faults = _straddling(rows, places)
    for pair in _pairs(across):
        where = f"in another group, in splits {rows.splits[pair.second]!r} and {rows.splits[pair.first]!r}"
        faults.append(_fault(places, pair, where))
    for split in dict.fromkeys(rows.splits):
        within = {row: like for row, like in inside.items() if rows.splits[row] == split}
        for pair in _pairs(within)[:1]:
            where = "without a split" if split is None else f"of split {split!r}"
            faults.append(_fault(places, pair, "in another group") + f", the first of {len(within)} such texts {where}")
    return faults


def _rows(frame: "pd.DataFrame") -> _Rows:
    splits: list[str | None] = [None] * len(frame)
    if "split" in frame:
        there = frame["split"].notna()
        splits = [(str(split).strip() or None) if known else None for split, known in zip(frame["split"], there, strict=True)]
    texts, first, second, overlap = _similar(frame["text"], NEAR_DUPLICATE)
    own, other = np.concatenate([first, second]), np.concatenate([second, first])
    overlap = np.concatenate([overlap, overlap])
    order = np.lexsort((other, -overlap, own))
    starts = np.searchsorted(own[order], np.arange(len(frame) + 1))
    return _Rows(frame["group"].tolist(), splits, texts.tolist(), starts, other[order], overlap[order])


def _closest(rows: _Rows, allowed: Callable[[str | None, str | None], bool]) -> dict[int, tuple[int, float]]:
    """For each row, the row of another group and of an allowed split whose text is most like its own, and the overlap.

    Of each text two rows a split are enough, of two groups: nobody is in both.
    """
    standing: dict[int, dict[str | None, list[int]]] = {}
    distinct: dict[tuple[int, str | None, Hashable], int] = {}
    for row, (text, split, group) in enumerate(zip(rows.texts, rows.splits, rows.groups, strict=True)):
        if distinct.setdefault((text, split, group), row) == row:
            others = standing.setdefault(text, {}).setdefault(split, [])
            if len(others) < 2:
                others.append(row)
    found = {}
    for (_, split, group), row in distinct.items():
        choices = (
            (other, overlap)
            for text, overlap in rows.like(row)
            for other_split, others in standing[text].items()
            if allowed(split, other_split)
            for other in others
            if rows.groups[other] != group
        )
        for choice in islice(choices, 1):
            found[row] = choice
    return found


def _pairs(closest: dict[int, tuple[int, float]]) -> list[Pair]:
    """The pairs of a row and the one closest to it, each once, by the later row and then the earlier one."""
    pairs = {Pair(min(row, other), max(row, other), overlap) for row, (other, overlap) in closest.items()}
    return sorted(pairs, key=lambda pair: (pair.second, pair.first))


def _fault(places: Sequence[str], pair: Pair, where: str) -> str:
    """Only what is the same is called 100 % the same."""
    share = min(pair.overlap, 1.0 if pair.overlap == 1 else 0.99)
    return f"{places[pair.second]}: text is {share:.0%} the same as {where}, at {places[pair.first]}"


def _straddling(rows: _Rows, places: Sequence[str]) -> list[str]:
    """A fault for each group that stands in several splits, with its first row in each."""
    first: dict[Hashable, dict[str, int]] = {}
    for row, (group, split) in enumerate(zip(rows.groups, rows.splits, strict=True)):
        if split is not None:
            first.setdefault(group, {}).setdefault(split, row)
    faults = []
    for group, stands in first.items():
        if len(stands) > 1:
            (split, row), *rest = stands.items()
            name = repr(group) if len(str(group)) <= LONGEST_NAME else repr(str(group)[:LONGEST_NAME] + "...")
            others = "".join(f", and in split {other!r} at {places[at]}" for other, at in rest)
            faults.append(f"{places[row]}: group {name} stands in split {split!r}{others}")
    return faults
