"""Which n-grams stand in which texts, and how often? Many texts at a time, as scikit-learn's analyzers read them, numpy alone."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise
from typing import Literal, NamedTuple

import numpy as np

from stancelab.models.ngram_keys import (
    Alphabet,
    Numbers,
    bits_of,
    comparable,
    mask,
    places_of,
    word_and_shift,
    words_of_key,
)

WORDS_AND_EMOJI = r"(?u)\w+|[^\w\s\u0000-\u00bf\u2000-\u206f]"
TOKEN = re.compile(WORDS_AND_EMOJI)
WORDS_OF_ASCII = bytes(code if chr(code).isalnum() or chr(code) == "_" else ord(" ") for code in range(128)) + bytes(128)
CHARACTERS_AT_ONCE = 1 << 16
"""Texts are read in pieces of about this many characters: what is sorted then stays in the processor's cache."""
SPACE = np.array([False] + [chr(code).isspace() for code in range(0x3001)] + [False])
"""Whether a raw character (its code point and 1) is white space; take it with mode "clip", as beyond U+3000 there is none."""
BLANK = ord(" ") + 1

Kind = Literal["word", "char", "char_wb"]

Numbering = Callable[[Iterable[str]], Iterable[int]]
"""The number of each of some words."""


class Reading(NamedTuple):
    """Which n-grams are looked for: of words ("word") or characters (across words "char", within "char_wb"), how long."""

    kind: Kind
    least: int
    most: int

    @property
    def lengths(self) -> range:
        """All lengths that can occur: within words, one shorter than `least` is an n-gram itself, with a blank on each side."""
        return range(min(self.least, 3) if self.kind == "char_wb" else self.least, self.most + 1)


class Symbols(NamedTuple):
    """Texts as one row of symbols. numbers: of each symbol, 0 after each text or word that no n-gram crosses; rows: its text."""

    numbers: Numbers
    rows: Numbers
    texts: int


@dataclass(frozen=True)
class Counts:
    """keys: the distinct n-grams, sorted, see ngram_keys. Of text i, columns[starts[i]:starts[i + 1]]
    are the n-grams in it, ascending, and `counts` says how often each stands there.
    """

    keys: Numbers
    starts: Numbers
    columns: Numbers
    counts: Numbers

    @property
    def sizes(self) -> Numbers:
        """How many distinct n-grams each text has."""
        return np.diff(self.starts)

    def of_texts(self, rows: Numbers) -> "Counts":
        """The same of some texts, in that order; the keys stay."""
        if np.array_equal(rows, np.arange(len(self.starts) - 1)):
            return self
        sizes = self.sizes[rows]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        taken = np.repeat(self.starts[rows] - starts[:-1], sizes) + np.arange(starts[-1])
        return Counts(self.keys, starts, self.columns[taken], self.counts[taken])

    def renumbered(self, keys: Numbers, places: Numbers) -> "Counts":
        """The same with other keys: places[j] is where the j-th key now stands, ascending, or -1 for one that falls away."""
        columns = places[self.columns]
        known = columns >= 0
        if known.all():
            return Counts(keys, self.starts, columns, self.counts)
        before = np.concatenate([[0], np.cumsum(known)])
        return Counts(keys, before[self.starts], columns[known], self.counts[known])


def pieces(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in pieces of about CHARACTERS_AT_ONCE."""
    total = np.cumsum([len(text) + 1 for text in texts])
    cuts = np.flatnonzero(np.diff(total // CHARACTERS_AT_ONCE)) + 1
    for start, stop in pairwise([0, *cuts.tolist(), len(texts)]):
        yield texts[start:stop]


def count_all(texts: Sequence[str], reading: Reading) -> tuple[Alphabet, Counts]:
    """All n-grams of the texts, and the alphabet of their keys."""
    seen: defaultdict[str, int] = defaultdict()
    seen.default_factory = lambda: len(seen) + 1
    parts = [read(piece, reading, partial(map, seen.__getitem__)) for piece in pieces(texts)]
    alphabet, table = _sorted_words(seen) if reading.kind == "word" else _sorted_characters(parts)
    counted = []
    while parts:
        part = parts.pop(0)
        counted.append(count(part._replace(numbers=table.take(part.numbers, mode="clip")), reading, bits_of(alphabet)))
    return alphabet, joined(counted)


def _sorted_words(seen: dict[str, int]) -> tuple[Alphabet, Numbers]:
    """The words, sorted, and for each number that a word was given when it was first met the one that it has now."""
    words = sorted(seen)
    table = np.zeros(len(words) + 1, dtype=np.uint64)
    table[[seen[word] for word in words]] = np.arange(1, len(words) + 1)
    return words, table


def _sorted_characters(parts: Sequence[Symbols]) -> tuple[Alphabet, Numbers]:
    codes = np.unique(np.concatenate([np.unique(part.numbers) for part in parts]))
    alphabet = "".join(chr(code - 1) for code in codes.tolist() if code)
    return alphabet, character_table(alphabet)


def character_table(alphabet: Alphabet) -> Numbers:
    """The number of each raw character, to be taken with mode "clip": 0 for those outside the alphabet."""
    codes = [ord(character) + 1 for character in alphabet]
    table = np.zeros(max(codes, default=0) + 2, dtype=np.uint64)
    table[codes] = np.arange(1, len(codes) + 1)
    return table


def read(texts: Sequence[str], reading: Reading, number: Numbering) -> Symbols:
    """The texts' symbols: characters as code point and 1, words by what `number` says, 0 for one that is none."""
    lowered = [text.lower() for text in texts]
    if reading.kind == "word":
        return _words(lowered, number)
    lengths = np.fromiter(map(len, lowered), np.int64, len(lowered)) + 1
    codes = np.frombuffer("\0".join([*lowered, ""]).encode("utf-32-le", "surrogatepass"), "<u4") + np.uint32(1)
    codes[np.cumsum(lengths) - 1] = 0
    symbols = Symbols(codes, np.repeat(np.arange(len(lowered)), lengths), len(lowered))
    return _padded_words(symbols) if reading.kind == "char_wb" else _single_blanks(symbols)


def _words(lowered: Sequence[str], number: Numbering) -> Symbols:
    found = [tokens(text) for text in lowered]
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    rows = np.repeat(np.arange(len(found)), lengths)
    numbers = np.zeros(len(rows) + len(found), dtype=np.uint64)
    numbers[np.arange(len(rows)) + rows] = np.fromiter(number(chain.from_iterable(found)), np.uint64, len(rows))
    return Symbols(numbers, np.repeat(np.arange(len(found)), lengths + 1), len(found))


def tokens(text: str) -> list[str]:
    """The words and emoji of a text: what TOKEN finds, which in ASCII is what stands between other signs.

    >>> tokens("no_way, josé! 🙂"), tokens("no_way, jose!")
    (['no_way', 'josé', '🙂'], ['no_way', 'jose'])
    """
    return text.encode().translate(WORDS_OF_ASCII).decode().split() if text.isascii() else TOKEN.findall(text)


def _single_blanks(symbols: Symbols) -> Symbols:
    """Two or more white spaces become one blank; a single one stays what it is."""
    codes, rows, texts = symbols
    space = SPACE.take(codes, mode="clip")
    repeated = np.append(False, space[1:] & space[:-1])
    if not repeated.any():
        return symbols
    codes[np.append(repeated[1:], False) & ~repeated] = BLANK
    return Symbols(codes[~repeated], rows[~repeated], texts)


def _padded_words(symbols: Symbols) -> Symbols:
    """Each word between two blanks, and apart from the others."""
    codes, rows, texts = symbols
    inside = (codes != 0) & ~SPACE.take(codes, mode="clip")
    first, last = inside.copy(), inside.copy()
    first[1:] &= ~inside[:-1]
    last[:-1] &= ~inside[1:]
    sizes = inside.astype(np.int64) + first + 2 * last
    places = np.cumsum(sizes) - sizes + first
    padded = np.zeros(int(sizes.sum()), dtype=codes.dtype)
    padded[places[inside]] = codes[inside]
    padded[places[first] - 1] = BLANK
    padded[places[last] + 1] = BLANK
    return Symbols(padded, np.repeat(rows, sizes), texts)


def count(symbols: Symbols, reading: Reading, bits: int) -> Counts:
    """The n-grams of texts whose symbols are numbered within `bits`; none of them holds a symbol of number 0.

    Windows of the greatest length are sorted once. Their beginnings are the shorter n-grams, and stand in order as well.
    """
    keys, room = _windows(symbols.numbers, reading.most, bits)
    begins = np.append(True, symbols.numbers[:-1] == 0)
    holds = [room >= n if n >= reading.least else (room == n) & begins for n in reading.lengths]
    windows = np.flatnonzero(np.logical_or.reduce(holds))
    windows = windows[np.argsort(comparable(keys[windows]))]
    keys, holds = keys[windows], [held[windows] for held in holds]
    fresh = _fresh(keys, holds, reading, bits)
    ends = np.cumsum(np.add.reduce(fresh, dtype=np.int32), dtype=np.int32)
    total = int(ends[-1]) if len(ends) else 0
    kind = np.uint32 if symbols.texts * total < 1 << 32 else np.uint64
    firsts = (symbols.rows[windows] * total).astype(kind)
    found, entries = np.empty((total, keys.shape[1]), dtype=np.uint64), []
    columns = ends - np.add.reduce(fresh, dtype=np.int32) - 1
    for n, held, new in zip(reading.lengths, holds, fresh, strict=True):
        columns += new
        at = np.flatnonzero(new)
        found[columns[at]] = keys[at] & mask(n, bits, keys.shape[1])
        entries.append((firsts + np.maximum.accumulate(columns * new).astype(kind))[held])
    return _by_text(found, np.concatenate(entries), symbols.texts)


def _fresh(keys: Numbers, holds: Sequence[Numbers], reading: Reading, bits: int) -> Numbers:
    """Whether the n-gram that a window begins with is the first of its kind, for each length and sorted windows."""
    between = keys[1:] ^ keys[:-1]
    differs = np.arange(len(keys)) == 0
    fresh: list[Numbers] = []
    for place in range(reading.most):
        word, shift = word_and_shift(place, bits)
        differs[1:] |= (between[:, word] >> shift) != 0
        if place + 1 in reading.lengths:
            fresh.append(differs & holds[len(fresh)])
    return np.stack(fresh)


def _by_text(keys: Numbers, entries: Numbers, texts: int) -> Counts:
    """entries: text x number of keys + column, one for each time an n-gram stands somewhere."""
    entries.sort()
    new = np.flatnonzero(np.append(True, entries[1:] != entries[:-1])[: len(entries)])
    distinct = entries[new]
    firsts = (np.arange(texts + 1) * len(keys)).astype(entries.dtype)
    starts = np.searchsorted(distinct, firsts)
    columns = distinct - np.repeat(firsts[:-1], np.diff(starts))
    return Counts(keys, starts, columns.astype(np.int32), np.diff(new, append=len(entries)).astype(np.int32))


def _windows(numbers: Numbers, most: int, bits: int) -> tuple[Numbers, Numbers]:
    """The key of what begins at each symbol, up to the next 0 and at most so long, shape (n, words); how long it is, (n,)."""
    padded = np.concatenate([numbers, np.zeros(most, dtype=np.uint64)]).astype(np.uint64, copy=False)
    live = np.ones(len(numbers), dtype=bool)
    keys = np.zeros((len(numbers), words_of_key(most, bits)), dtype=np.uint64)
    room = np.zeros(len(numbers), dtype=np.int32)
    for place in range(most):
        symbol = padded[place : place + len(numbers)]
        live &= symbol != 0
        word, shift = word_and_shift(place, bits)
        keys[:, word] |= (symbol * live) << shift
        room += live
    return keys, room


def joined(parts: Sequence[Counts]) -> Counts:
    """Counts of several pieces under the keys of all."""
    if len(parts) == 1:
        return parts[0]
    every = np.concatenate([part.keys for part in parts])
    _, firsts = np.unique(comparable(every), return_index=True)
    keys = every[firsts]
    parts = [part.renumbered(keys, places_of(part.keys, keys)) for part in parts]
    starts = np.concatenate([[0], np.cumsum(np.concatenate([part.sizes for part in parts]))])
    return Counts(keys, starts, np.concatenate([part.columns for part in parts]), np.concatenate([part.counts for part in parts]))
