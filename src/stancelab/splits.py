"""Which rows train and which are tested, fold by fold, so that no statement is on both sides?"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError, refuse, unknown
from stancelab.importers.card import is_for_training
from stancelab.protocols import Protocol, percent

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Fold:
    """Row numbers to train on and to test on, and what the fold is called."""

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    name: str = ""


def split(protocol: Protocol, rows: "pd.DataFrame", *, repeat: int) -> list[Fold]:
    """The folds of one repeat. rows: with label, group, and what the kind needs. InputError where the rows do not allow it.

    Stratified group k-fold: scikit-learn's, shuffled by the repeat's number. Leave one out: the test rows are those of one actor
    or target; other rows of the same statements are left out of training. Leave one corpus out, cross-corpus: see `corpora`.
    Official: by the column split. By time: whole statements, the earliest train. Shots: see `few_of_each_label`. A share of the
    training statements: see `share_of_statements`.
    """
    kinds: dict[str, Callable[[], list[Fold]]] = {
        "stratified-group-k-fold": lambda: _stratified_group_k_fold(rows, protocol.number_of_folds, repeat),
        "leave-one-actor-out": lambda: _leave_one_out(rows, "actor_id" if "actor_id" in rows else "actor", "actor"),
        "leave-one-target-out": lambda: _leave_one_out(rows, "target", "target"),
        "leave-one-corpus-out": lambda: _leave_one_corpus_out(rows, protocol.most, repeat),
        "official": lambda: [_official(rows, protocol.train, protocol.test)],
        "by-time": lambda: [_by_time(rows, protocol.share)],
        "cross-corpus": lambda: [_cross_corpus(rows, protocol.train_on or [], protocol.most, repeat)],
    }
    folds = kinds[protocol.kind]()
    for purpose, sides in (("train on", [fold.train for fold in folds]), ("test", [fold.test for fold in folds])):
        empty = [fold.name for fold, side in zip(folds, sides, strict=True) if not len(side)]
        refuse([f"{protocol.kind}, {name or 'a fold'}: no row is left to {purpose}" for name in empty])
    if protocol.shots is not None:
        folds = [replace(fold, train=few_of_each_label(fold.train, rows["label"], protocol.shots, repeat)) for fold in folds]
    if protocol.training_share is not None:
        share = protocol.training_share
        folds = [replace(fold, train=share_of_statements(fold.train, rows, share, repeat)) for fold in folds]
    return folds


def few_of_each_label(numbers: NDArray[np.int64], labels: "pd.Series[str]", shots: int, repeat: int) -> NDArray[np.int64]:
    """At most `shots` of the numbered rows of each label, drawn by the repeat's number, in ascending order.

    A draw of more shots holds the draw of fewer, so that a curve over shots is of growing training sets.
    """
    drawn = np.random.default_rng(repeat).permutation(numbers)
    of_drawn = labels.astype(str).iloc[drawn]
    place = of_drawn.groupby(of_drawn.to_numpy()).cumcount().to_numpy()
    return np.sort(drawn[place < shots])


def share_of_statements(numbers: NDArray[np.int64], rows: "pd.DataFrame", share: float, repeat: int) -> NDArray[np.int64]:
    """The numbered rows of a share of their statements, drawn by the repeat's number, in ascending order.

    Statements come in an order in which each label's are spread evenly, the first of every label in front: so a label is lost
    only where there are fewer statements than labels, and a larger share holds the smaller one.
    """
    of_rows = rows[["group", "label"]].iloc[numbers].astype(str)
    statements = np.random.default_rng(repeat).permutation(of_rows["group"].unique())
    place = {name: at for at, name in enumerate(statements)}
    pairs = of_rows.drop_duplicates()
    pairs = pairs.sort_values("group", key=lambda names: names.map(place), kind="stable")
    of_label = pairs.groupby("label")["group"]
    turn = (of_label.cumcount() / of_label.transform("size")).groupby(pairs["group"], sort=False).min()
    kept = turn.sort_values(kind="stable").index[: max(1, round(share * len(turn)))]
    return np.asarray(numbers[of_rows["group"].isin(kept).to_numpy()])


def tested(protocol: Protocol, rows: "pd.DataFrame") -> NDArray[np.bool_]:
    """Which rows some fold tests, as a mask of shape (n,)."""
    return mask_of_tested(split(protocol, rows, repeat=0), len(rows))


def mask_of_tested(folds: Sequence[Fold], rows: int) -> NDArray[np.bool_]:
    """Which of so many rows some of these folds tests, as a mask of shape (n,)."""
    mask = np.zeros(rows, dtype=bool)
    for fold in folds:
        mask[fold.test] = True
    return mask


def manifest(protocol: Protocol, rows: "pd.DataFrame", divisions: Sequence[Sequence[Fold]] | None = None) -> dict[str, Any]:
    """The division in full, for a file: the ids of every fold of every repeat, each side with the sha256 over its ids.

    divisions: the folds of every repeat, where they are known.
    """
    ids = rows["id"].astype(str).to_numpy()
    known = divisions or [split(protocol, rows, repeat=repeat) for repeat in range(protocol.repeats)]
    folds = [
        {"repeat": repeat, "fold": number, "name": fold.name, "train": _side(ids[fold.train]), "test": _side(ids[fold.test])}
        for repeat, folds in enumerate(known)
        for number, fold in enumerate(folds)
    ]
    return {"protocol": protocol.model_dump(exclude_defaults=True), "name": protocol.name, "rows": len(rows), "folds": folds}


def _side(ids: Iterable[str]) -> dict[str, Any]:
    listed = [str(name) for name in ids]
    return {"sha256": hashlib.sha256(json.dumps(listed).encode()).hexdigest(), "rows": len(listed), "ids": listed}


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


def _leave_one_out(rows: "pd.DataFrame", column: str, noun: str) -> list[Fold]:
    values = rows[column]
    if values.isna().any():
        raise InputError(f"leave-one-{noun}-out needs {noun}s in every row; {int(values.isna().sum())} rows have none")
    if values.nunique() < 2:
        raise InputError(f"leave-one-{noun}-out needs rows of at least 2 {noun}s")
    folds = []
    for value in dict.fromkeys(values):
        test = (values == value).to_numpy()
        shared = rows["group"].isin(rows["group"][test]).to_numpy()
        if shared.all():
            raise InputError(f"leave-one-{noun}-out: {value!r} is in every group, which leaves no row to train on")
        folds.append(Fold(np.flatnonzero(~shared), np.flatnonzero(test), str(value)))
    return folds


def _column(rows: "pd.DataFrame", name: str, kind: str) -> "pd.Series[str]":
    if name not in rows:
        raise InputError(f"{kind} needs a column {name!r}; the rows have {', '.join(map(str, rows.columns))}")
    if rows[name].isna().all():
        raise InputError(f"{kind} needs the column {name!r}, which is empty in every row")
    return rows[name]


def _official(rows: "pd.DataFrame", train: Sequence[str], test: Sequence[str]) -> Fold:
    splits = _column(rows, "split", "official")
    known = list(dict.fromkeys(splits.dropna()))
    for name in (*train, *test):
        if name not in known:
            raise unknown("split", name, known)
    return Fold(np.flatnonzero(splits.isin(train)), np.flatnonzero(splits.isin(test)), "+".join(test))


def _by_time(rows: "pd.DataFrame", share: float) -> Fold:
    import pandas as pd

    written = _column(rows, "date", "by-time").astype(str)
    dates = pd.to_datetime(written, errors="coerce", format="ISO8601", utc=True)
    refuse([f"by-time: row {rows['id'].iloc[at]!r} has no date like 2024-02-27" for at in np.flatnonzero(dates.isna())])
    first = dates.groupby(rows["group"]).transform("min")
    statements = first.groupby(rows["group"]).first().sort_values(kind="stable")
    last = statements.iloc[max(0, round(share * len(statements)) - 1)]
    train = (first <= last).to_numpy()
    if train.all():
        raise InputError(f"by-time: the earliest {percent(share)} of the statements reach the last date; nothing is left to test")
    return Fold(np.flatnonzero(train), np.flatnonzero(~train), f"after {last:%Y-%m-%d}")


def _corpora(rows: "pd.DataFrame") -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Each corpus of a pool: the rows it trains with and the rows it is tested on.

    By the column split; of a corpus without splits for testing, all rows are both, so it is tested only where it does not train.
    """
    found = {}
    corpora = _column(rows, "corpus", "a protocol over the pooled datasets of an experiment")
    refuse([f"row {name!r} is of no corpus" for name in rows["id"][corpora.isna()]])
    testing = np.zeros(len(rows), dtype=bool)
    if "split" in rows:
        names = rows["split"].dropna().unique()
        tested_on = [name for name in names if is_for_training(str(name), where="column 'split'") is False]
        testing = rows["split"].isin(tested_on).to_numpy()
    for name in dict.fromkeys(corpora):
        own = (corpora == name).to_numpy()
        test = own & testing if (own & testing).any() else own
        found[str(name)] = np.flatnonzero(own & ~testing), np.flatnonzero(test)
    return found


def _sample(numbers: NDArray[np.int64], most: int | None, repeat: int) -> NDArray[np.int64]:
    if most is None or len(numbers) <= most:
        return numbers
    return np.sort(np.random.default_rng(repeat).choice(numbers, most, replace=False))


def _outside(rows: "pd.DataFrame", train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.int64]:
    """The training rows whose statement and whose text no test row has."""
    groups, texts = rows["group"], rows["text"]
    shared = groups.isin(groups.iloc[test]) | texts.isin(texts.iloc[test])
    return train[~shared.to_numpy()[train]]


def _join(parts: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.sort(np.concatenate([*parts, np.array([], dtype=np.int64)]))


def _cross_corpus(rows: "pd.DataFrame", train_on: Sequence[str], most: int | None, repeat: int) -> Fold:
    corpora = _corpora(rows)
    for name in train_on:
        if name not in corpora:
            raise unknown("corpus", name, corpora)
    undivided = {name for name, (train, test) in corpora.items() if np.array_equal(train, test)}
    test = _join(test for name, (_, test) in corpora.items() if name not in undivided & set(train_on))
    train = _join(_sample(_outside(rows, corpora[name][0], test), most, repeat) for name in train_on)
    return Fold(train, test, "+".join(train_on))


def _leave_one_corpus_out(rows: "pd.DataFrame", most: int | None, repeat: int) -> list[Fold]:
    corpora = _corpora(rows)
    if len(corpora) < 2:
        raise InputError("leave-one-corpus-out needs rows of at least 2 corpora")
    folds = []
    for name, (_, test) in corpora.items():
        others = [_outside(rows, train, test) for other, (train, _) in corpora.items() if other != name]
        folds.append(Fold(_join(_sample(train, most, repeat) for train in others), test, name))
    return folds
