"""What becomes of an encoder's vectors: the probabilities that scikit-learn's and torch's heads give, by numpy alone?"""

from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from stancelab.models.probabilities import along, softmax, tempered
from stancelab.records import Record

Numbers = list[float]


class Linear(Record):
    """A linear head with softmax. weights: shape (k, d); it reads the d columns of the vectors from `start` on."""

    kind: Literal["linear"] = "linear"
    weights: list[Numbers]
    bias: Numbers
    start: int = 0

    def probabilities(self, vectors: np.ndarray, targets: list[str]) -> np.ndarray:  # noqa: ARG002
        """Shape (n, k). Each row's numbers are the same in whatever company it comes: no library of matrix products is asked."""
        weights, bias = self._arrays
        part = vectors[:, self.start : self.start + weights.shape[1]].astype(np.float64)
        return softmax(np.column_stack([(part * row).sum(axis=1) for row in weights]) + bias)

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array(self.weights), np.array(self.bias)


class Given(Record):
    """What has been given as probabilities already."""

    kind: Literal["given"] = "given"

    def probabilities(self, vectors: np.ndarray, targets: list[str]) -> np.ndarray:  # noqa: ARG002
        """As they are, shape (n, k)."""
        return vectors


class Averaged(Record):
    """The mean of several heads' probabilities."""

    kind: Literal["averaged"] = "averaged"
    heads: list[Linear]

    def probabilities(self, vectors: np.ndarray, targets: list[str]) -> np.ndarray:
        """Shape (n, k)."""
        return np.asarray(np.mean([head.probabilities(vectors, targets) for head in self.heads], axis=0))


class Tempered(Record):
    """A head whose log-probabilities are divided by a temperature."""

    kind: Literal["tempered"] = "tempered"
    head: "Head"
    temperature: float

    def probabilities(self, vectors: np.ndarray, targets: list[str]) -> np.ndarray:
        """Shape (n, k)."""
        return tempered(self.head.probabilities(vectors, targets), self.temperature)


class Bent(Record):
    """A head whose probabilities follow rising curves, one a label: the places of the knots and their heights."""

    kind: Literal["bent"] = "bent"
    head: "Head"
    curves: list[tuple[Numbers, Numbers]]

    def probabilities(self, vectors: np.ndarray, targets: list[str]) -> np.ndarray:
        """Shape (n, k)."""
        curves = [(np.array(knots), np.array(heights)) for knots, heights in self.curves]
        return along(self.head.probabilities(vectors, targets), curves)


class Certain(Record):
    """What gives one label only."""

    kind: Literal["certain"] = "certain"

    def probabilities(self, vectors: np.ndarray, targets: list[str]) -> np.ndarray:  # noqa: ARG002
        """Ones, shape (n, 1)."""
        return np.ones((len(vectors), 1))


class Placed(Record):
    """A head whose k' labels stand at these places among k."""

    head: "Head"
    places: list[int]


class ByTarget(Record):
    """A head for each of some targets; the mean of others for all other targets. k: the number of labels of all together."""

    kind: Literal["by-target"] = "by-target"
    k: int
    of_target: dict[str, Placed]
    of_others: list[Placed]

    def probabilities(self, vectors: np.ndarray, targets: list[str]) -> np.ndarray:
        """Shape (n, k)."""
        found = np.zeros((len(vectors), self.k))
        for target in dict.fromkeys(targets):
            rows = np.array([other == target for other in targets])
            placed = [self.of_target[target]] if target in self.of_target else self.of_others or list(self.of_target.values())
            for each in placed:
                given = each.head.probabilities(vectors[rows], [target] * int(rows.sum()))
                found[np.ix_(rows, np.array(each.places))] += given / len(placed)
        return found


Head = Annotated[Linear | Given | Averaged | Tempered | Bent | Certain | ByTarget, Field(discriminator="kind")]
