"""Do these predictions answer exactly the gold rows, and what did they say?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from stancelab.dataset import Dataset
from stancelab.errors import InputError, listing, refuse, suggestion, unknown
from stancelab.labels import LabelScheme, crosswalks, smallest_scheme
from stancelab.tables import Table, missing_columns, read_table, repeated
from stancelab.votes import vote_shares

if TYPE_CHECKING:
    import pandas as pd

Missing = Literal["refuse", "wrong"]
Replicate = tuple[int, int]

SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Predictions:
    """Predictions lined up with gold: n rows, r replicates (a seed and a repeat each), k labels.

    gold: label codes, shape (n,). predicted: label codes, shape (r, n), k where there is no prediction. probabilities: shape
    (r, n, k) or None. ids, groups, targets: of the rows, length n (targets: () where they are not known). keys: the seed and
    repeat of each replicate, length r. votes: the share of the annotators' votes for each label, shape (n, k), 0 throughout in a
    row without votes; None where the dataset has none.
    """

    scheme: LabelScheme
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    gold: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probabilities: NDArray[np.float64] | None
    keys: tuple[Replicate, ...]
    targets: tuple[str, ...] = ()
    votes: NDArray[np.float64] | None = None

    @property
    def replicates(self) -> int:
        """How many times every row was predicted."""
        return len(self.predicted)

    @property
    def coverage(self) -> float:
        """Share of rows that have a prediction, over all replicates."""
        return float((self.predicted < len(self.scheme.labels)).mean())

    def only(self, keys: Sequence[Replicate]) -> "Predictions":
        """The same rows with these replicates only, in this order."""
        chosen = [self.keys.index(key) for key in keys]
        probabilities = None if self.probabilities is None else self.probabilities[chosen]
        return replace(self, predicted=self.predicted[chosen], probabilities=probabilities, keys=tuple(keys))

    def where(self, rows: NDArray[np.bool_]) -> "Predictions":
        """Some of the rows, by a mask of shape (n,)."""
        chosen = np.flatnonzero(rows)
        probabilities = None if self.probabilities is None else self.probabilities[:, chosen]
        return replace(
            self,
            ids=tuple(self.ids[i] for i in chosen),
            groups=tuple(self.groups[i] for i in chosen),
            gold=self.gold[chosen],
            predicted=self.predicted[:, chosen],
            probabilities=probabilities,
            targets=tuple(self.targets[i] for i in chosen) if self.targets else (),
            votes=None if self.votes is None else self.votes[chosen],
        )


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
    if missing not in ("refuse", "wrong"):
        raise unknown("way to treat missing predictions", missing, ["refuse", "wrong"])
    if not table.rows:
        raise InputError(
            f"{table.path}: no rows; expected a prediction for each of the {len(dataset.rows)} rows of {dataset.name}"
        )
    _refuse_another_scheme(table, dataset.scheme)
    ids = [str(name) for name in dataset.rows["id"]]
    labels = dataset.scheme.labels
    replicates, faults = _replicates(table)
    faults += _label_faults(table, dataset.scheme)
    names = _probability_columns(table, labels)
    probabilities, probability_faults = _probabilities(table, names)
    faults += probability_faults
    predicted = np.full((len(replicates), len(ids)), len(labels))
    aligned = np.full((len(replicates), len(ids), len(labels)), np.nan)
    place_of = {name: number for number, name in enumerate(ids)}
    for which, numbers in enumerate(replicates.values()):
        nameless = [number for number in numbers if _no_answer(table.rows[number].get("id"))]
        faults += [f"{table.places[number]}: id is missing" for number in nameless]
        numbers = [number for number in numbers if number not in nameless]
        given = [str(table.rows[number]["id"]) for number in numbers]
        faults += repeated(given, [table.places[number] for number in numbers], "id")
        extra = [name for name in given if name not in place_of]
        if extra:
            faults.append(f"{table.path}: {len(extra)} ids that are not in {dataset.name}: {listing(extra)}")
        for number, name in zip(numbers, given, strict=True):
            label = table.rows[number].get("label")
            if name in place_of and label in labels:
                predicted[which, place_of[name]] = labels.index(label)
                aligned[which, place_of[name]] = probabilities[number]
        absent = [name for name, code in zip(ids, predicted[which], strict=True) if code == len(labels)]
        if absent and missing == "refuse":
            faults.append(
                f"{table.path}: {len(absent)} of {len(ids)} rows of {dataset.name} have no prediction: {listing(absent)}; "
                "--missing wrong counts them as errors"
            )
    refuse(faults)
    complete = None if np.isnan(aligned).any() else aligned
    gold = np.array(dataset.scheme.codes(dataset.y), dtype=np.int64)
    return Predictions(
        dataset.scheme,
        tuple(ids),
        tuple(dataset.groups),
        gold,
        predicted,
        complete,
        tuple(replicates),
        tuple(dataset.rows["target"]),
        vote_shares(dataset.rows, labels),
    )


def _replicates(table: Table) -> tuple[dict[Replicate, list[int]], list[str]]:
    """The row numbers of each (seed, repeat), 0 where there is no such column; and rows where they are no whole numbers."""
    found: dict[Replicate, list[int]] = {}
    faults = []
    for number, (place, row) in enumerate(zip(table.places, table.rows, strict=True)):
        values = [0 if _no_answer(row.get(name)) else _whole(row[name]) for name in ("seed", "repeat")]
        for name, value in zip(("seed", "repeat"), values, strict=True):
            if value is None:
                faults.append(f"{place}: {name} {row[name]!r} is no whole number")
        if None not in values:
            found.setdefault((values[0] or 0, values[1] or 0), []).append(number)
    return found, faults


def _whole(value: Any) -> int | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else None


def _no_answer(label: Any) -> bool:
    return label is None or label != label or label == ""


def _refuse_another_scheme(table: Table, scheme: LabelScheme) -> None:
    given = {str(row["label"]) for row in table.rows if not _no_answer(row.get("label"))}
    fitting = smallest_scheme(given).name
    if not given <= set(scheme.labels) and (scheme.name, fitting) in crosswalks():
        labels = ", ".join(sorted(given))
        raise InputError(
            f"{table.path}: gold is in scheme {scheme.name!r}, the labels {labels} are of {fitting!r}: use --scheme {fitting}"
        )


def _label_faults(table: Table, scheme: LabelScheme) -> list[str]:
    return [
        f"{place}: unknown label {row['label']!r} in scheme {scheme.name!r}{suggestion(str(row['label']), scheme.labels)}"
        for place, row in zip(table.places, table.rows, strict=True)
        if not _no_answer(row.get("label")) and row["label"] not in scheme.labels
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


def _probabilities(table: Table, names: Sequence[str]) -> tuple[NDArray[np.float64], list[str]]:
    """Shape (rows, labels), NaN in rows that have none; and the rows whose probabilities are none."""
    width = len(names) or 1
    found, faults = np.full((len(table.rows), width), np.nan), []
    for number, (place, row) in enumerate(zip(table.places, table.rows, strict=True)):
        cells = [row.get(name) for name in names]
        if _no_answer(row.get("label")) or all(map(_no_answer, cells)):
            continue
        try:
            values = [float("nan") if cell is None else float(cell) for cell in cells]
        except (TypeError, ValueError):
            faults.append(f"{place}: probabilities {cells} are not numbers")
            continue
        if all(0 <= value <= 1 for value in values) and abs(sum(values) - 1) <= SUM_TOLERANCE:
            found[number] = values
        else:
            faults.append(f"{place}: probabilities {values} are not between 0 and 1 with sum 1")
    return found, faults
