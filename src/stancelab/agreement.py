"""How far do the annotators agree, and how sure is that?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError
from stancelab.intervals import DRAWS, Interval, bootstrap, cluster_sums
from stancelab.labels import POSITIONS, LabelScheme
from stancelab.records import Annotation

Level = Literal["nominal", "ordinal"]


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's alpha of one field: the estimate, its interval, and over how many units of how many clusters."""

    field: str
    level: Level
    alpha: Interval
    units: int
    clusters: int
    annotators: int


def coincidences(codes: NDArray[np.int64], values: int) -> NDArray[np.float64]:
    """Each unit's share of the coincidence matrix, shape (units, values, values).

    codes: shape (annotators, units), -1 where an annotator gave nothing. Source: Krippendorff 2011, Computing
    Krippendorff's Alpha-Reliability, part D.
    """
    counts = (codes[:, :, None] == np.arange(values)).sum(axis=0).astype(float)
    given = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, np.arange(values), np.arange(values)] -= counts
    return np.asarray(pairs / np.maximum(given - 1, 1)[:, None, None])


def alpha_of(coincidence: NDArray[np.float64], level: Level) -> NDArray[np.float64]:
    """Alpha from coincidence matrices, shape (..., values, values) to shape (...); 1 where nothing could disagree."""
    margins = coincidence.sum(axis=-1)
    total = margins.sum(axis=-1)
    values = margins.shape[-1]
    if level == "nominal":
        distance = np.broadcast_to(1.0 - np.eye(values), coincidence.shape)
    else:
        below = np.cumsum(margins, axis=-1) - margins / 2
        distance = (below[..., :, None] - below[..., None, :]) ** 2
    observed = (coincidence * distance).sum(axis=(-1, -2))
    expected = (margins[..., :, None] * margins[..., None, :] * distance).sum(axis=(-1, -2)) / np.maximum(total - 1, 1)
    return np.where(expected > 0, 1.0 - observed / np.where(expected > 0, expected, 1.0), 1.0)


def agreement(
    field: str, codes: NDArray[np.int64], clusters: Sequence[str], *, values: int, level: Level, seed: int
) -> Agreement:
    """Alpha with a 95 % cluster-bootstrap interval.

    codes: shape (annotators, units), value numbers in their order, -1 for none; clusters: the group of each unit, shape (units,).
    The estimate comes from the library `krippendorff`; the draws resample groups and use the same formula vectorised.
    """
    import krippendorff

    coincidence = coincidences(codes, values)
    if not coincidence.any():
        raise InputError(f"{field}: agreement needs units that at least two annotators have labelled; there are none")
    reliability = np.where(codes < 0, np.nan, codes.astype(float))
    paired = int((coincidence.sum(axis=(0, 1)) > 0).sum())
    estimate = (
        1.0
        if paired < 2
        else float(krippendorff.alpha(reliability_data=reliability, level_of_measurement=level, value_domain=list(range(values))))
    )
    sums = cluster_sums(coincidence, clusters)
    interval = replace(bootstrap(sums, draws=DRAWS, seed=seed).interval(lambda totals: alpha_of(totals, level)), value=estimate)
    return Agreement(field, level, interval, codes.shape[1], len(sums), codes.shape[0])


def agreement_of(
    annotations: Sequence[Annotation], groups: Mapping[str, str], scheme: LabelScheme, *, seed: int
) -> list[Agreement]:
    """Alpha of the label (nominal), of the position (ordinal), and of each label against all others (nominal).

    groups: the statement of each unit id; annotations: one round.
    """
    labels, positions = _codes(annotations, groups, scheme)
    clusters = list(groups.values())
    found = [
        agreement("label", labels, clusters, values=len(scheme.labels), level="nominal", seed=seed),
        agreement("position", positions, clusters, values=len(POSITIONS), level="ordinal", seed=seed),
    ]
    for code, label in enumerate(scheme.labels):
        binary = np.where(labels < 0, -1, (labels == code).astype(int))
        found.append(agreement(f"label: {label}", binary, clusters, values=2, level="nominal", seed=seed))
    return found


def pair_agreement(
    field: str, annotations: Sequence[Annotation], groups: Mapping[str, str], scheme: LabelScheme, *, seed: int
) -> Agreement:
    """Alpha of the label (nominal) between two annotators."""
    labels, _ = _codes(annotations, groups, scheme)
    return agreement(field, labels, list(groups.values()), values=len(scheme.labels), level="nominal", seed=seed)


def _codes(
    annotations: Sequence[Annotation], groups: Mapping[str, str], scheme: LabelScheme
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Label and position numbers, each of shape (annotators, units), -1 where an annotator gave nothing."""
    annotators = sorted({entry.annotator for entry in annotations})
    ids = list(groups)
    row = {name: number for number, name in enumerate(annotators)}
    column = {name: number for number, name in enumerate(ids)}
    labels = np.full((len(annotators), len(ids)), -1)
    positions = labels.copy()
    for entry in annotations:
        labels[row[entry.annotator], column[entry.id]] = scheme.labels.index(entry.label)
        if entry.position is not None:
            positions[row[entry.annotator], column[entry.id]] = POSITIONS.index(entry.position)
    return labels, positions
