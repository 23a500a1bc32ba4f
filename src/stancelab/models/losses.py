"""What does a network lose on a batch, and what are the targets of a row that annotators disagree on?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from stancelab.errors import InputError
from stancelab.votes import VOTES, vote_shares

if TYPE_CHECKING:
    import pandas as pd
    import torch

LOSSES = ("cross-entropy", "focal")


@dataclass(frozen=True)
class Loss:
    """The mean loss of a batch, weighted by class; targets are codes, shape (n,), or distributions, shape (n, k).

    gamma: how much less a row counts the surer it is right already, 0 for cross-entropy. smoothing: the part of each target that
    is spread evenly over all labels. Source: Lin et al. 2017, Focal loss for dense object detection, equation 5.
    """

    weights: "torch.Tensor"
    gamma: float = 0.0
    smoothing: float = 0.0

    def __call__(self, logits: "torch.Tensor", targets: "torch.Tensor") -> "torch.Tensor":
        """The weighted sum of the rows' losses over their `mass`."""
        from torch.nn.functional import cross_entropy

        if targets.dim() == 1 and self.gamma == 0:
            return cross_entropy(logits, targets, weight=self.weights, label_smoothing=self.smoothing)
        spread = self._distributions(targets)
        wanted = (1 - self.smoothing) * spread + self.smoothing / len(self.weights)
        log_probabilities = logits.log_softmax(dim=1)
        unsure = (1 - log_probabilities.exp()).clamp(min=1e-7) ** self.gamma
        return -(wanted * self.weights * unsure * log_probabilities).sum() / (spread * self.weights).sum()

    def mass(self, targets: "torch.Tensor") -> "torch.Tensor":
        """The weights of the rows, summed: what the losses of a batch's parts are weighted by to add up to its own."""
        return (self._distributions(targets) * self.weights).sum()

    def _distributions(self, targets: "torch.Tensor") -> "torch.Tensor":
        from torch.nn.functional import one_hot

        return one_hot(targets, len(self.weights)).to(self.weights.dtype) if targets.dim() == 1 else targets


def class_weights(codes: np.ndarray, labels: int, how: str | None) -> np.ndarray:
    """One weight a label, shape (labels,): all 1, or "balanced": as much for a rare label as for a frequent one, 0 for none."""
    if how not in (None, "balanced"):
        raise InputError(f"class_weight {how!r}: expected 'balanced' or nothing")
    if how is None:
        return np.ones(labels)
    present, weights = np.unique(codes), np.zeros(labels)
    weights[present] = compute_class_weight("balanced", classes=present, y=codes)
    return weights


def soft_targets(X: "pd.DataFrame", codes: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """The share of the annotators' votes that each label got, shape (n, k); all of it the settled label's where there are none.

    Votes are counted in columns votes_LABEL; those for a label that is not among `labels` do not count. InputError without such
    columns, or for a count that is none.
    """
    shares = vote_shares(X, labels)
    if shares is None:
        names = ", ".join(f"{VOTES}{label}" for label in labels)
        raise InputError(f"soft_labels needs the annotators' votes: a column for each label, like {names}")
    return np.asarray(np.where(shares.any(axis=1, keepdims=True), shares, np.eye(len(labels))[codes]))
