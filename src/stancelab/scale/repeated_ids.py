"""Which ids stand more than once, among any number of them?"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import Faults
from stancelab.scale.rows import Block
from stancelab.tables import fault_of

Whole = NDArray[np.int64]

HELD = 1 << 20
"""Hashes that are kept in memory; more go into files, by their last eight bits."""
MOST = 100_000
"""Repeated ids whose places are looked for; beyond them there is a count alone."""


class IdHashes:
    """64-bit hashes of ids, eight bytes a row on disk; one that stands twice is a suspicion, as two ids may share it.

    folder: an empty one, where the files may lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: list[Whole] = []
        self._count = 0

    def add(self, ids: Sequence[Any]) -> None:
        """Take up the ids of some rows; what is no sound id is never told of."""
        self._held.append(hashes_of(ids))
        self._count += len(ids)
        if self._count >= HELD:
            self._put_down()

    def repeated(self) -> tuple[Whole, Whole]:
        """The hashes that stand more than once, sorted, and how often more."""
        found = [_repeated(group) for group in self._groups()]
        hashes, more = (np.concatenate(each) for each in zip(*found, strict=True))
        order = np.argsort(hashes)
        return hashes[order], more[order]

    def _groups(self) -> Iterator[Whole]:
        """All hashes, equal ones in one group."""
        if not any(self._folder.iterdir()):
            yield np.concatenate([np.empty(0, dtype=np.int64), *self._held])
            return
        self._put_down()
        for file in self._folder.iterdir():
            yield np.fromfile(file, dtype=np.int64)

    def _put_down(self) -> None:
        held = np.concatenate([np.empty(0, dtype=np.int64), *self._held])
        groups = (held & 255).astype(np.uint8)
        held, ends = held[np.argsort(groups, kind="stable")], np.cumsum(np.bincount(groups, minlength=256))
        for number, group in enumerate(np.split(held, ends[:-1])):
            with (self._folder / f"{number:03d}").open("ab") as file:
                group.tofile(file)
        self._held, self._count = [], 0


def hashes_of(ids: Sequence[Any]) -> Whole:
    """The hash of each id, the same within one process."""
    return np.fromiter(map(hash, map(str, ids)), np.int64, len(ids))


def _repeated(hashes: Whole) -> tuple[Whole, Whole]:
    found, counts = np.unique(hashes, return_counts=True)
    return found[counts > 1], counts[counts > 1] - 1


def tell_repeated(found: Iterable[Block], ids: IdHashes, faults: Faults) -> None:
    """One fault for each id that stood before, naming the first place. found: the rows once more, read only if there are any."""
    hashes, more = ids.repeated()
    suspects = hashes[:MOST]
    first: dict[str, str] = {}
    for block in found if len(suspects) else ():
        values = block.columns["id"]
        for row in np.flatnonzero(np.isin(hashes_of(values), suspects)):
            value, place = values[row], block.place(int(row))
            if fault_of(value):
                continue
            if value in first:
                faults.append(f"{place}: duplicate id {value!r}, first at {first[value]}")
            else:
                first[value] = place
    faults.count += int(more[MOST:].sum())
