"""Which n-grams of training texts are known from the fit before? Folds are fitted to the same texts again and again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stancelab.models.ngram_counts import Counts, Reading, count_all
from stancelab.models.ngram_keys import Alphabet, Numbers

MOST_KEPT = 1 << 22
"""How many counts are kept, each of an n-gram in a text (8 bytes)."""


@dataclass(frozen=True, eq=False)
class Known:
    """Texts by the row that each has in `counts`, whose keys are of `alphabet`."""

    reading: Reading
    rows: dict[str, int]
    alphabet: Alphabet
    counts: Counts

    def share(self, texts: Sequence[str]) -> float:
        """How many of the texts were read, between 0 and 1."""
        return sum(map(self.rows.__contains__, texts)) / len(texts)

    def has(self, texts: Sequence[str]) -> bool:
        """Whether all of the texts were read."""
        return all(text in self.rows for text in texts)

    def of(self, texts: Sequence[str]) -> Counts:
        """The counts of known texts."""
        places: Numbers = np.fromiter(map(self.rows.__getitem__, texts), np.int64, len(texts))
        return self.counts.of_texts(places)


_kept: list[Known] = []


def learnt(texts: Sequence[str], reading: Reading) -> Known:
    """Texts to learn from, read now or before, and kept for the next time.

    Where most of them are known, the others join those; else they are kept by themselves. The oldest go when it is too much.
    """
    shares = [known.share(texts) if known.reading == reading else 0.0 for known in _kept]
    nearest = int(np.argmax([0.5, *shares])) - 1
    known = _kept.pop(nearest) if nearest >= 0 else None
    if known is None or not known.has(texts):
        together = dict.fromkeys([*(known.rows if known else ()), *texts])
        known = Known(reading, {text: row for row, text in enumerate(together)}, *count_all(list(together), reading))
    _kept.append(known)
    while sum(len(each.counts.columns) for each in _kept) > MOST_KEPT:
        _kept.pop(0)
    return known


def forget() -> None:
    """Keep nothing any more."""
    _kept.clear()
