"""How often does each actor take each side on each target?"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from stancelab.networks.statements import AGAINST, FAVOR, Statements

Duplicates = Literal["all", "document", "window"]
"""Identical statements (same actor, target and side) count each, once in a document, or once in all."""
DUPLICATES: tuple[Duplicates, ...] = get_args(Duplicates)
Counts = NDArray[np.float64]
"""X of the DNA manual, draws first: shape (draws, actors, targets, 2), the last axis favor and against."""


def count(statements: Statements, stances: NDArray[np.int8], *, duplicates: Duplicates = "all", sides: bool = True) -> Counts:
    """Statements by actor, target and side, for each column of `stances`; see `Counts`.

    sides: False counts favor and against as one, so that the last axis has length 1 and the two are duplicates of each other.
    Other labels are no ties. Source: Leifeld, Gruber and Bossner 2018, DNA manual, section 2.2 (the array), and DNA 3's options
    for duplicates (include, document, acrossrange), whose identical statements share the qualifier unless that is ignored.
    """
    from scipy.sparse import csr_array

    shape = (len(statements.actors), len(statements.targets))
    rows = np.arange(len(statements.actor))
    cell = statements.actor * shape[1] + statements.target
    unit = cell * len(statements.documents) + statements.document if duplicates == "document" else cell
    units, code = np.unique(unit, return_inverse=True) if duplicates != "all" else (rows, rows)
    ones = np.ones(len(rows), dtype=np.float32)
    seen = csr_array((ones, (code, rows)), shape=(len(units), len(rows)))
    first = np.zeros(len(units), dtype=np.intp)
    first[code] = cell
    summed = csr_array((ones[: len(units)], (first, np.arange(len(units)))), shape=(shape[0] * shape[1], len(units)))
    taken = [stances == FAVOR, stances == AGAINST] if sides else [stances != 0]
    found = np.empty((stances.shape[1], *shape, len(taken)))
    for side, mask in enumerate(taken):
        once = np.minimum(seen @ mask.astype(np.float32), 1)
        found[..., side] = (summed @ once).T.reshape(-1, *shape)
    return found
