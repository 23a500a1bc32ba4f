"""What is one cell of a run, and how does it become a file of predictions?"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stancelab.dataset import INPUT_COLUMNS, Dataset, columns_of
from stancelab.memory import give_back
from stancelab.protocols import Protocol
from stancelab.recipes import Recipe
from stancelab.records import write_whole
from stancelab.spending import current
from stancelab.splits import Fold
from stancelab.versions import library_versions
from stancelab.votes import VOTES, named

if TYPE_CHECKING:
    import pandas as pd

TextForm = Literal["rendered", "verbatim"]

LONG = 0.5
"""Seconds after which a cell may leave so much freed memory behind that it is worth giving back."""


@dataclass(frozen=True)
class Setting:
    """What a leaderboard is of: a form of the text, a label scheme, a protocol."""

    text: TextForm
    scheme: str
    protocol: Protocol

    @property
    def folder(self) -> Path:
        """Where its cells lie, below the run's folder."""
        return Path(self.text) / self.scheme / self.protocol.name


@dataclass(frozen=True)
class Cell:
    """One fold of one repeat with one seed, trained and predicted by one recipe."""

    setting: Setting
    recipe: Recipe
    seed: int
    repeat: int
    number: int
    fold: Fold

    @property
    def path(self) -> Path:
        """The cell's file, below the run's folder."""
        return self.setting.folder / self.recipe.name / f"seed{self.seed}-repeat{self.repeat:02d}-fold{self.number:02d}.parquet"

    @property
    def random_seed(self) -> int:
        """The estimator's seed: another one for each seed, repeat and fold."""
        return int(np.random.SeedSequence([self.seed, self.repeat, self.number]).generate_state(1)[0] % 2**31)


def fingerprint(cell: Cell, dataset: Dataset) -> str:
    """sha256 over everything that decides a cell's predictions: rows, scheme, fold, recipe and its code, seed, versions."""
    decisive = [
        dataset.sha,
        cell.setting.scheme,
        hashlib.sha256(cell.fold.train.tobytes() + b"|" + cell.fold.test.tobytes()).hexdigest(),
        cell.recipe.fingerprint,
        *([dataset.codebook] if cell.recipe.reads_codebook else []),
        *([dataset.voted.to_csv()] if cell.recipe.reads_votes else []),
        cell.random_seed,
        library_versions(),
    ]
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def facts_of(path: Path) -> dict[str, str]:
    """What a cell's file says of itself: fingerprint, seconds, failed questions; empty for a file that is no readable cell."""
    import pyarrow.lib
    import pyarrow.parquet as pq

    try:
        found = pq.read_schema(path).metadata or {}
    except (pyarrow.lib.ArrowException, OSError):
        return {}
    return {key.decode(): value.decode() for key, value in found.items() if key in (b"fingerprint", b"seconds", b"failed")}


def is_done(path: Path, stamp: str) -> bool:
    """Whether the cell's file is there and was made from exactly what this fingerprint is of."""
    return facts_of(path).get("fingerprint") == stamp


def is_patchy(path: Path) -> bool:
    """Whether a server failed to answer some of the cell's rows: they are asked again when the experiment is run again."""
    return facts_of(path).get("failed", "0") != "0"


def rows_of(cell: Cell, dataset: Dataset) -> Dataset:
    """The rows that the cell trains on, then those that it tests: all that a process needs to compute it."""
    votes = named(dataset.rows, VOTES) if cell.recipe.reads_votes else []
    needed = columns_of(dataset.rows, ["id", *INPUT_COLUMNS, "label", *votes])
    return replace(dataset, rows=needed.take(np.concatenate([cell.fold.train, cell.fold.test])))


def fit_cell(cell: Cell, training: Dataset) -> Any:
    """The cell's classifier, fitted to these rows; threads are the caller's, see `one_thread`."""
    read = training.voted if cell.recipe.reads_votes else training.X
    return cell.recipe.fit(read, training.y, seed=cell.random_seed, labels=training.scheme.labels, codebook=training.codebook)


def compute_cell(cell: Cell, rows: Dataset, folder: Path, stamp: str) -> str:
    """Train on the fold, predict its test rows, write them whole below the run's folder; returns the recipe's name.

    rows: see `rows_of`. stamp: the cell's fingerprint, taken before anything was trained. InputError for a parameter that the
    estimator refuses.
    """
    write_cell(folder / cell.path, *predicted_cell(cell, rows, stamp))
    return cell.recipe.name


def predicted_cell(cell: Cell, rows: Dataset, stamp: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What `compute_cell` writes: the columns of predictions of the test rows, and what the file says of itself."""
    started, failed = time.monotonic(), current().failed
    trained = len(cell.fold.train)
    told = _told(cell, replace(rows, rows=rows.rows.iloc[:trained]), rows.X.iloc[trained:])
    numbers = {"seed": cell.seed, "repeat": cell.repeat, "fold": cell.number}
    place = {name: np.full(len(cell.fold.test), number) for name, number in numbers.items()}
    columns = {"id": rows.rows["id"].iloc[trained:], "label": told.pop("label"), **place, **told}
    facts = {"fingerprint": stamp, "seconds": f"{time.monotonic() - started:.3f}", "failed": str(current().failed - failed)}
    return columns, facts


def answers_to(cell: Cell, training: Dataset, X: "pd.DataFrame") -> "pd.DataFrame":
    """Train the cell's recipe on these rows and let it answer others: label and p_LABEL of each row of X, with X's index.

    A row without an answer has the label None and no probabilities (NaN).
    """
    import pandas as pd

    return pd.DataFrame(_told(cell, training, X), index=X.index)


def _told(cell: Cell, training: Dataset, X: "pd.DataFrame") -> dict[str, np.ndarray]:
    """The columns of `answers_to`, each of shape (n,)."""
    from stancelab.models.stance_classifier import answers_of

    started = time.monotonic()
    with one_thread(cell.recipe):
        model = fit_cell(cell, training)
        predicted, values = answers_of(model, X)
        classes = list(model.classes_)
        del model
    if time.monotonic() - started > LONG:
        give_back()
    silent = np.isnan(values).any(axis=1)
    given = {label: np.where(silent, np.nan, values[:, at]) for at, label in enumerate(classes)}
    told = {f"p_{label}": given.get(label, np.where(silent, np.nan, 0.0)) for label in training.scheme.labels}
    return {"label": np.asarray(predicted, dtype=object), **told}


@contextmanager
def one_thread(recipe: Recipe) -> Iterator[None]:
    """Keep numerical libraries to one thread: cells are what runs in parallel."""
    with _numerical_libraries(len(sys.modules)).limit(limits=1):
        if recipe.family != "transformer":
            yield
            return
        import torch

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


@lru_cache(maxsize=1)
def _numerical_libraries(modules: int) -> Any:
    """The libraries with threads of their own that are loaded; sought again where modules were imported since."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def write_cell(path: Path, columns: Mapping[str, Any], facts: dict[str, str]) -> None:
    """Write answers as parquet, whole or not at all, with what `facts_of` reads back. columns: arrays of one length each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = {name: pa.large_string() for name, values in columns.items() if values.dtype == object}
    arrays = {name: pa.array(values, text.get(name), from_pandas=True) for name, values in columns.items()}
    table = pa.table(arrays).replace_schema_metadata(facts)
    write_whole(path, lambda temporary: pq.write_table(table, temporary))
