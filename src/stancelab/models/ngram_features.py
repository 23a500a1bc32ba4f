"""Which features do n-grams of texts give a linear model? The columns and values of scikit-learn's vectorizers, much faster."""

import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import pairwise, repeat
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from stancelab.errors import InputError
from stancelab.models.ngram_counts import Counts, Reading, character_table, count, pieces, read
from stancelab.models.ngram_keys import Alphabet, Numbers, bits_of, packed, places_of, unpacked, words_of_key
from stancelab.models.ngram_memory import Known, learnt

Weighting = Literal["binary", "counts", "tfidf"]


class Vocabulary:
    """The n-grams of one kind that a model knows, in the order of its columns. keys: see `packed`, in an alphabet that has
    exactly the symbols of these n-grams.
    """

    def __init__(self, reading: Reading, alphabet: Alphabet, keys: Numbers) -> None:
        self.reading = reading
        self.alphabet = alphabet
        self.keys = keys
        self.known: Callable[[], Known | None] = lambda: None
        """Texts read in training, for as long as they are kept."""
        self.places_of_known = np.empty(0, dtype=np.int32)

    @classmethod
    def of(cls, reading: Reading, alphabet: Alphabet, keys: Numbers) -> Self:
        """The vocabulary of some n-grams of a larger alphabet."""
        symbols = unpacked(keys, bits_of(alphabet), reading.most)
        used = np.zeros(len(alphabet) + 1, dtype=bool)
        used[symbols] = True
        used[0] = False
        own = [alphabet[place] for place in np.flatnonzero(used[1:]).tolist()]
        return cls(reading, own, _respelt(symbols, np.cumsum(used) * used, bits_of(own)))

    def counts(self, texts: Sequence[str]) -> Counts:
        """How often each of the n-grams stands in each of some texts, see `pieces`."""
        known = self.known()
        if known and known.has(texts):
            return known.of(texts).renumbered(self.keys, self.places_of_known)
        symbols = read(texts, self.reading, self._numbers_of_words)
        if self.reading.kind != "word":
            symbols = symbols._replace(numbers=self._number_of_character.take(symbols.numbers, mode="clip"))
        found = count(symbols, self.reading, bits_of(self.alphabet))
        return found.renumbered(self.keys, places_of(found.keys, self.keys))

    def names(self) -> list[str]:
        """The n-grams as text, words with a blank between them."""
        symbols = unpacked(self.keys, bits_of(self.alphabet), self.reading.most)
        ends = np.cumsum((symbols != 0).sum(axis=1)).tolist()
        said = [self.alphabet[number - 1] for number in symbols[symbols != 0].tolist()]
        between = " " if self.reading.kind == "word" else ""
        return [between.join(said[start:stop]) for start, stop in pairwise([0, *ends])]

    def to_arrays(self) -> dict[str, Numbers]:
        """All there is to know of it, as arrays of numbers."""
        between = "\n" if self.reading.kind == "word" else ""
        alphabet = np.frombuffer(between.join(self.alphabet).encode("utf-8", "surrogatepass"), dtype=np.uint8)
        return {"lengths": np.array(self.reading[1:]), "alphabet": alphabet, "keys": self.keys}

    @classmethod
    def from_arrays(cls, kind: Any, arrays: dict[str, Numbers]) -> Self:
        """What `to_arrays` gave."""
        alphabet = arrays["alphabet"].tobytes().decode("utf-8", "surrogatepass")
        least, most = arrays["lengths"].tolist()
        return cls(Reading(kind, least, most), alphabet.split("\n") if kind == "word" else list(alphabet), arrays["keys"])

    @cached_property
    def _number_of_character(self) -> Numbers:
        return character_table(self.alphabet)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.alphabet, start=1)}

    def _numbers_of_words(self, words: Iterable[str]) -> Iterable[int]:
        return map(self._numbers.get, words, repeat(0))


def _respelt(symbols: Numbers, table: Numbers, bits: int) -> Numbers:
    """Keys of n-grams, shape (k, n) in one alphabet, in another one; table: the new number of each symbol."""
    return packed(table[symbols], bits, words_of_key(symbols.shape[1], bits))


class Entries(NamedTuple):
    """What of a matrix is not 0, row by row and ascending within each: its row, its column, its value."""

    rows: Numbers
    columns: Numbers
    values: Numbers


class NgramFeatures:
    """Word and character n-grams side by side, as scikit-learn's FeatureUnion of vectorizers has them.

    readings: which n-grams. weighting: "binary" (present or not), "counts", or "tfidf": 1 + log(count), times the inverse
    document frequency, each kind's part of a row brought to length 1. min_df: in how many texts an n-gram must stand, or in what
    share of them.
    """

    def __init__(self, readings: Sequence[Reading], *, weighting: Weighting = "binary", min_df: float = 1) -> None:
        self.readings = tuple(readings)
        self.weighting = weighting
        self.min_df = min_df

    def fit_transform(self, texts: Sequence[str]) -> Any:
        """Learn the vocabularies. Returns the texts' features, shape (n, d), a scipy.sparse.csr_array.

        InputError where no n-gram is left.
        """
        counted = [self._learn(reading, texts) for reading in self.readings]
        self.vocabularies = [vocabulary for vocabulary, _ in counted]
        self.idf = [_inverse_frequency(counts) if self.weighting == "tfidf" else np.empty(0) for _, counts in counted]
        return self._matrix([counts for _, counts in counted])

    def transform(self, texts: Sequence[str]) -> Any:
        """The texts' features, shape (n, d), a scipy.sparse.csr_array."""
        from scipy import sparse

        parts = [self._matrix([vocabulary.counts(piece) for vocabulary in self.vocabularies]) for piece in pieces(texts)]
        return sparse.vstack(parts, format="csr")

    def get_feature_names_out(self) -> Numbers:
        """The columns' names: "word__a b", "char__a b"."""
        kinds = [(vocabulary.reading.kind.removesuffix("_wb"), vocabulary.names()) for vocabulary in self.vocabularies]
        return np.array([f"{kind}__{name}" for kind, names in kinds for name in names], dtype=object)

    def entries(self, texts: Sequence[str]) -> Entries:
        """The features of some texts (see `pieces`) without scipy, each kind of n-gram after the other."""
        return self._entries([vocabulary.counts(texts) for vocabulary in self.vocabularies])

    @property
    def width(self) -> int:
        """How many columns there are."""
        return sum(len(vocabulary.keys) for vocabulary in self.vocabularies)

    def _learn(self, reading: Reading, texts: Sequence[str]) -> tuple[Vocabulary, Counts]:
        known = learnt(texts, reading)
        counts = known.of(texts)
        least = self.min_df if isinstance(self.min_df, int) else self.min_df * len(texts)
        kept = np.bincount(counts.columns, minlength=len(counts.keys)) >= max(least, 1)
        if not kept.any():
            raise InputError(f"no {reading.kind} n-gram stands in {self.min_df} or more of the {len(texts)} texts; lower min_df")
        vocabulary = Vocabulary.of(reading, known.alphabet, counts.keys[kept])
        vocabulary.known, vocabulary.places_of_known = (
            weakref.ref(known),
            np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32),
        )
        return vocabulary, counts.renumbered(vocabulary.keys, vocabulary.places_of_known)

    def _values(self, counts: Counts, idf: Numbers) -> Numbers:
        if self.weighting != "tfidf":
            return np.ones(len(counts.counts)) if self.weighting == "binary" else counts.counts.astype(np.float64)
        values = (np.log(counts.counts.astype(np.float64)) + 1.0) * idf[counts.columns]
        rows = np.repeat(np.arange(len(counts.sizes)), counts.sizes)
        return values / np.sqrt(np.bincount(rows, values * values))[rows]

    def _entries(self, counted: Sequence[Counts]) -> Entries:
        rows = [np.repeat(np.arange(len(counts.sizes)), counts.sizes) for counts in counted]
        firsts = np.cumsum([0, *(len(counts.keys) for counts in counted)])
        columns = [counts.columns + first for counts, first in zip(counted, firsts[:-1], strict=True)]
        values = [self._values(counts, idf) for counts, idf in zip(counted, self.idf, strict=True)]
        return Entries(np.concatenate(rows), np.concatenate(columns), np.concatenate(values))

    def _matrix(self, counted: Sequence[Counts]) -> Any:
        from scipy import sparse

        parts = []
        for counts, idf in zip(counted, self.idf, strict=True):
            kind = np.int32 if counts.starts[-1] < 1 << 31 else np.int64
            compressed = (self._values(counts, idf), counts.columns.astype(kind), counts.starts.astype(kind))
            parts.append(sparse.csr_array(compressed, shape=(len(counts.sizes), len(counts.keys))))
        return sparse.hstack(parts, format="csr")

    def to_arrays(self) -> dict[str, Numbers]:
        """All that was learnt, as arrays of numbers and short text that np.savez takes."""
        arrays = {"weighting": np.array(self.weighting), "min_df": np.array(self.min_df)}
        for vocabulary, idf in zip(self.vocabularies, self.idf, strict=True):
            named = vocabulary.to_arrays() | {"idf": idf}
            arrays |= {f"{vocabulary.reading.kind}.{name}": array for name, array in named.items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, Numbers]) -> Self:
        """What `to_arrays` gave: the same features."""
        kinds = dict.fromkeys(name.split(".")[0] for name in arrays if "." in name)
        parts = {kind: {name.split(".")[1]: arrays[name] for name in arrays if name.startswith(f"{kind}.")} for kind in kinds}
        vocabularies = [Vocabulary.from_arrays(kind, part) for kind, part in parts.items()]
        readings = [vocabulary.reading for vocabulary in vocabularies]
        features = cls(readings, weighting=arrays["weighting"].item(), min_df=arrays["min_df"].item())
        features.vocabularies = vocabularies
        features.idf = [part["idf"] for part in parts.values()]
        return features

    def __getstate__(self) -> dict[str, Any]:
        return self.to_arrays()

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(vars(self.from_arrays(state)))


def _inverse_frequency(counts: Counts) -> Numbers:
    """log((1 + n) / (1 + df)) + 1 for each column."""
    frequency = np.bincount(counts.columns, minlength=len(counts.keys)).astype(np.float64)
    return np.log((len(counts.sizes) + 1.0) / (frequency + 1.0)) + 1.0
