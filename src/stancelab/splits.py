"""Which rows train and which are tested, fold by fold, so that no statement is on both sides?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from stancelab.errors import InputError
from stancelab.records import Record

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["stratified-group-k-fold", "leave-one-actor-out"]


class Protocol(Record):
    """How rows are divided: `folds` and `repeats` belong to the k-fold kind only."""

    kind: Kind
    folds: int | None = None
    repeats: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _folds_and_repeats_are_of_k_fold(self) -> Self:
        if self.kind == "leave-one-actor-out" and (self.folds is not None or self.repeats != 1):
            raise ValueError("leave-one-actor-out has neither folds nor repeats: there is one way to do it")
        return self

    @property
    def name(self) -> str:
        """The protocol as it stands in signatures and folder names."""
        return self.kind if self.kind == "leave-one-actor-out" else f"{self.kind}-{self.number_of_folds}x{self.repeats}"

    @property
    def number_of_folds(self) -> int:
        """Folds of the k-fold kind, 5 if the protocol does not say."""
        return 5 if self.folds is None else self.folds


@dataclass(frozen=True)
class Fold:
    """Row numbers to train on and to test on."""

    train: NDArray[np.int64]
    test: NDArray[np.int64]


def split(protocol: Protocol, rows: "pd.DataFrame", *, repeat: int) -> list[Fold]:
    """The folds of one repeat. rows: with label, group, and actor or actor_id. InputError where the rows do not allow it.

    Stratified group k-fold: scikit-learn's, shuffled by the repeat's number. Leave one actor out: the test rows are all rows of
    an actor; rows of other actors of the same statements are left out of training.
    """
    if protocol.kind == "leave-one-actor-out":
        return _leave_one_actor_out(rows)
    return _stratified_group_k_fold(rows, protocol.number_of_folds, repeat)


def _stratified_group_k_fold(rows: "pd.DataFrame", folds: int, repeat: int) -> list[Fold]:
    import warnings

    from sklearn.model_selection import StratifiedGroupKFold

    groups = rows["group"].nunique()
    if folds < 2 or groups < folds:
        raise InputError(f"{folds} folds need at least 2 folds and as many groups; the rows form {groups} groups")
    most = rows["label"].value_counts().max()
    if most < folds:
        raise InputError(f"{folds} folds need a label with as many rows; the most frequent one has {most}")
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=repeat)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        pairs = list(splitter.split(np.zeros(len(rows)), rows["label"].astype(str), rows["group"].astype(str)))
    return [Fold(train, test) for train, test in pairs]


def _leave_one_actor_out(rows: "pd.DataFrame") -> list[Fold]:
    actors = rows["actor_id"] if "actor_id" in rows else rows["actor"]
    if actors.isna().any():
        raise InputError(f"leave-one-actor-out needs an actor in every row; {int(actors.isna().sum())} rows have none")
    if actors.nunique() < 2:
        raise InputError("leave-one-actor-out needs rows of at least 2 actors")
    folds = []
    for actor in dict.fromkeys(actors):
        test = (actors == actor).to_numpy()
        shared = rows["group"].isin(rows["group"][test]).to_numpy()
        if shared.all():
            raise InputError(f"leave-one-actor-out: {actor!r} is in every group, which leaves no row to train on")
        folds.append(Fold(np.flatnonzero(~shared), np.flatnonzero(test)))
    return folds
