"""Which labels could the rows have, as far as the classifier knows?"""

import numpy as np
from numpy.typing import NDArray

from stancelab.networks.statements import AGAINST, FAVOR, Statements

ROWS_AT_ONCE = 4096


def draw_stances(statements: Statements, *, draws: int, seed: int) -> NDArray[np.int8]:
    """Each row's stance drawn from its own probabilities, apart from all others: 1, -1 or 0, shape (n, draws).

    Rows without probabilities keep their label. Where no row has any, one column holds all there is to know. The spread over
    columns is the classifier's uncertainty alone: it supposes that probabilities are calibrated and that rows err independently,
    and it knows nothing of articles that were not read.
    """
    if not statements.uncertain.any():
        return statements.stance[:, None]
    generator = np.random.default_rng(seed)
    drawn = np.repeat(statements.stance[:, None], draws, axis=1)
    uncertain = np.flatnonzero(statements.uncertain)
    for start in range(0, len(uncertain), ROWS_AT_ONCE):
        rows = uncertain[start : start + ROWS_AT_ONCE]
        luck = generator.random((len(rows), draws))
        favor, against = statements.chances[rows, :1], statements.chances[rows, 1:]
        drawn[rows] = FAVOR * (luck < favor) + AGAINST * ((luck >= favor) & (luck < favor + against))
    return drawn
