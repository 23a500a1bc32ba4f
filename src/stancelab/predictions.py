"""Do these predictions answer exactly the gold rows, and what did they say?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from stancelab.dataset import Dataset
from stancelab.errors import InputError, listing, refuse, suggestion
from stancelab.labels import LabelScheme
from stancelab.tables import Table, missing_columns, read_table, repeated

if TYPE_CHECKING:
    import pandas as pd

Missing = Literal["refuse", "wrong"]
Replicate = tuple[int, int]

SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Predictions:
    """Predictions lined up with gold: n rows, r replicates (a seed and a repeat each), k labels.

    gold: label codes, shape (n,). predicted: label codes, shape (r, n), k where there is no prediction. probabilities: shape
    (r, n, k) or None. ids, groups: of the rows, length n.
    """

    scheme: LabelScheme
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    gold: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probabilities: NDArray[np.float64] | None

    @property
    def replicates(self) -> int:
        """How many times every row was predicted."""
        return len(self.predicted)

    @property
    def coverage(self) -> float:
        """Share of rows that have a prediction, over all replicates."""
        return float((self.predicted < len(self.scheme.labels)).mean())

    def first(self, replicates: int) -> "Predictions":
        """The same rows with the first replicates only."""
        probabilities = None if self.probabilities is None else self.probabilities[:replicates]
        return Predictions(self.scheme, self.ids, self.groups, self.gold, self.predicted[:replicates], probabilities)

    def where(self, rows: NDArray[np.bool_]) -> "Predictions":
        """Some of the rows, by a mask of shape (n,)."""
        chosen = np.flatnonzero(rows)
        probabilities = None if self.probabilities is None else self.probabilities[:, chosen]
        ids, groups = tuple(self.ids[i] for i in chosen), tuple(self.groups[i] for i in chosen)
        return Predictions(self.scheme, ids, groups, self.gold[chosen], self.predicted[:, chosen], probabilities)


def read_predictions(path: Path) -> Table:
    """A predictions table: `id`, `label`, where known `p_<label>`, and `seed` and `repeat` where rows were predicted often."""
    table = read_table(path)
    refuse(missing_columns(table, ["id", "label"]))
    return table


def as_table(frame: "pd.DataFrame") -> Table:
    """Predictions that are in memory, as a table whose places are row numbers."""
    rows = tuple({str(key): value for key, value in row.items()} for row in frame.to_dict("records"))
    places = tuple(f"predictions: row {number}" for number in range(1, len(rows) + 1))
    table = Table(Path("predictions"), tuple(str(name) for name in frame.columns), rows, places)
    refuse(missing_columns(table, ["id", "label"]))
    return table


def align(table: Table, dataset: Dataset, *, missing: Missing = "refuse") -> Predictions:
    """Line predictions up with the dataset's rows, in every replicate.

    InputError: an unknown label, a duplicate or an extra id, a probability that is none, and, unless missing is "wrong", a gold
    row without a prediction. With "wrong" such a row counts as an error.
    """
    ids = [str(name) for name in dataset.rows["id"]]
    replicates: dict[Replicate, list[int]] = {}
    for number, row in enumerate(table.rows):
        replicates.setdefault((_whole(row.get("seed")), _whole(row.get("repeat"))), []).append(number)
    labels = dataset.scheme.labels
    faults = _label_faults(table, dataset.scheme)
    names = _probability_columns(table, labels)
    probabilities = _probabilities(table, names) if names else None
    predicted = np.full((len(replicates), len(ids)), len(labels))
    aligned = None if probabilities is None else np.full((len(replicates), len(ids), len(labels)), np.nan)
    place_of = {name: number for number, name in enumerate(ids)}
    for which, numbers in enumerate(replicates.values()):
        given = [str(table.rows[number]["id"]) for number in numbers]
        faults += repeated(given, [table.places[number] for number in numbers], "id")
        extra = [name for name in given if name not in place_of]
        if extra:
            faults.append(f"{table.path}: {len(extra)} ids that are not in {dataset.name}: {listing(extra)}")
        for number, name in zip(numbers, given, strict=True):
            label = table.rows[number]["label"]
            if name in place_of and label in labels:
                predicted[which, place_of[name]] = labels.index(label)
                if aligned is not None and probabilities is not None:
                    aligned[which, place_of[name]] = probabilities[number]
        absent = [name for name, code in zip(ids, predicted[which], strict=True) if code == len(labels)]
        if absent and missing == "refuse":
            faults.append(
                f"{table.path}: {len(absent)} of {len(ids)} rows of {dataset.name} have no prediction: {listing(absent)}; "
                "--missing wrong counts them as errors"
            )
    refuse(faults)
    if aligned is not None and np.isnan(aligned).any():
        aligned = None
    gold = np.array(dataset.scheme.codes(dataset.y), dtype=np.int64)
    return Predictions(dataset.scheme, tuple(ids), tuple(dataset.groups), gold, predicted, aligned)


def _whole(value: Any) -> int:
    return 0 if value is None else int(value)


def _no_answer(label: Any) -> bool:
    return label is None or label != label or label == ""


def _label_faults(table: Table, scheme: LabelScheme) -> list[str]:
    return [
        f"{place}: unknown label {row['label']!r} in scheme {scheme.name!r}{suggestion(str(row['label']), scheme.labels)}"
        for place, row in zip(table.places, table.rows, strict=True)
        if not _no_answer(row["label"]) and row["label"] not in scheme.labels
    ]


def _probability_columns(table: Table, labels: Sequence[str]) -> list[str]:
    given = [name for name in table.columns if name.startswith("p_")]
    wanted = [f"p_{label}" for label in labels]
    strange = [name for name in given if name not in wanted]
    if strange:
        raise InputError(f"{table.path}: column {strange[0]!r} is of no label{suggestion(strange[0], wanted)}")
    if given:
        refuse(missing_columns(table, wanted))
    return wanted if given else []


def _probabilities(table: Table, names: Iterable[str]) -> NDArray[np.float64]:
    faults, rows = [], []
    for place, row in zip(table.places, table.rows, strict=True):
        cells = [row.get(name) for name in names]
        try:
            values = [float("nan") if cell is None else float(cell) for cell in cells]
        except (TypeError, ValueError):
            faults.append(f"{place}: probabilities {cells} are not numbers")
            continue
        answered = not _no_answer(row["label"])
        if answered and not (all(0 <= value <= 1 for value in values) and abs(sum(values) - 1) <= SUM_TOLERANCE):
            faults.append(f"{place}: probabilities {values} are not between 0 and 1 with sum 1")
        rows.append(values)
    refuse(faults)
    return np.array(rows)
