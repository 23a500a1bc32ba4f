"""How far can these probabilities be trusted, and what is gained by answering less often?"""

import numpy as np


def abstain(labels: np.ndarray, probabilities: np.ndarray, below: float) -> np.ndarray:
    """The labels, None where the highest probability of a row is below a threshold; labels (n,), probabilities (n, k)."""
    kept = np.asarray(labels, dtype=object).copy()
    kept[~(probabilities.max(axis=1) >= below)] = None
    return kept
