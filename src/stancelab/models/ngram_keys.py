"""Which numbers stand for n-grams, so that they are in order as the n-grams are?

The numbers of an n-gram's symbols stand side by side in words of 64 bits, the first one leftmost. A key is as many such words as
the longest n-gram takes; in a shorter one the rest is 0.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Alphabet = Sequence[str]
"""The symbols that n-grams are made of, characters or words, sorted; a symbol's number is its place and 1, and 0 is none."""


def word_and_shift(place: int, bits: int) -> tuple[int, np.uint64]:
    """In which word of a key the symbol of that place stands, and how far to the left."""
    word, within = divmod(place, 64 // bits)
    return word, np.uint64(64 - bits * (within + 1))


def bits_of(alphabet: Alphabet) -> int:
    """How many bits a symbol's number takes."""
    return max(len(alphabet).bit_length(), 1)


def words_of_key(most: int, bits: int) -> int:
    """How many numbers of 64 bits the key of an n-gram of `most` symbols takes."""
    return -(-most // (64 // bits))


def mask(n: int, bits: int, words: int) -> Numbers:
    """What of a key its first n symbols take."""
    every: Numbers = packed(np.full((1, n), (1 << bits) - 1, dtype=np.uint64), bits, words)
    return np.asarray(every[0])


def packed(symbols: Numbers, bits: int, words: int) -> Numbers:
    """Keys of n-grams, shape (k, words), of their symbols' numbers, shape (k, n), with 0 where there are no more."""
    keys = np.zeros((len(symbols), words), dtype=np.uint64)
    for place in range(symbols.shape[1]):
        word, shift = word_and_shift(place, bits)
        keys[:, word] |= symbols[:, place].astype(np.uint64) << shift
    return keys


def unpacked(keys: Numbers, bits: int, most: int) -> Numbers:
    """The symbols' numbers, shape (k, most)."""
    symbols = np.empty((len(keys), most), dtype=np.int64)
    for place in range(most):
        word, shift = word_and_shift(place, bits)
        symbols[:, place] = (keys[:, word] >> shift) & np.uint64((1 << bits) - 1)
    return symbols


def comparable(keys: Numbers) -> Numbers:
    """One value for each key that numpy sorts: the number, or the bytes of several."""
    if keys.shape[1] == 1:
        return np.asarray(keys[:, 0])
    side_by_side = np.ascontiguousarray(keys.astype(">u8"))
    return np.asarray(side_by_side.view(f"S{8 * keys.shape[1]}")[:, 0])


def places_of(keys: Numbers, vocabulary: Numbers) -> Numbers:
    """Where each key stands in a sorted vocabulary; -1 for one that does not."""
    known, sought = comparable(vocabulary), comparable(keys)
    places = np.searchsorted(known, sought)
    places[places == len(known)] = 0
    return np.where(known[places] == sought, places, -1).astype(np.int32)
