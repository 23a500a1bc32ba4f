"""How does an experiment become predictions on disk, cell by cell, and which cells are still missing?"""

import hashlib
import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from stancelab.catalog import locate
from stancelab.dataset import Dataset, load_dataset
from stancelab.errors import InputError
from stancelab.experiment import Experiment, chosen_recipes, experiment_file, load_experiment
from stancelab.hydration import articles_of, hydrate
from stancelab.labels import scheme_named
from stancelab.predictions import Predictions, align
from stancelab.recipes import Recipe
from stancelab.records import read_text, write_json, write_whole
from stancelab.splits import Fold, Protocol, split
from stancelab.tables import read_table, write_table

TextForm = Literal["rendered", "verbatim"]

DECISIVE_LIBRARIES = ("numpy", "scikit-learn", "torch", "transformers", "tokenizers")


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
    fold: int

    @property
    def path(self) -> Path:
        """The cell's file, below the run's folder."""
        return self.setting.folder / self.recipe.name / f"seed{self.seed}-repeat{self.repeat:02d}-fold{self.fold:02d}.parquet"

    @property
    def random_seed(self) -> int:
        """The estimator's seed: another one for each seed, repeat and fold."""
        return int(np.random.SeedSequence([self.seed, self.repeat, self.fold]).generate_state(1)[0] % 2**31)


@dataclass(frozen=True)
class Run:
    """An experiment that was executed: its folder, its definition, and what there is in it."""

    folder: Path
    name: str
    experiment: Experiment
    recipes: tuple[Recipe, ...]
    datasets: dict[tuple[TextForm, str], Dataset]
    facts: dict[str, Any]

    @property
    def settings(self) -> list[Setting]:
        """Every combination of text, scheme and protocol, the primary one first."""
        texts = list(dict.fromkeys(text for text, _ in self.datasets))
        return [
            Setting(text, scheme, protocol)
            for text in texts
            for scheme in self.experiment.schemes
            for protocol in self.experiment.protocols
        ]

    def recipes_in(self, setting: Setting) -> list[Recipe]:
        """The recipes that take part in a setting."""
        return [recipe for recipe in self.recipes if self.experiment.repeats_of(recipe.name, setting.protocol)]

    def dataset(self, setting: Setting) -> Dataset:
        """The rows of a setting, labels in its scheme."""
        return self.datasets[setting.text, setting.scheme]

    def predictions(self, setting: Setting, recipe: Recipe) -> Predictions:
        """What a recipe predicted in a setting, all replicates."""
        return align(read_table(self.folder / setting.folder / recipe.name), self.dataset(setting))

    def seconds(self, setting: Setting, recipe: Recipe) -> float:
        """The median time one cell took to train and predict."""
        parts = (self.folder / setting.folder / recipe.name).glob("*.parquet")
        return float(np.median([float(_metadata(part).get("seconds", "nan")) for part in parts]))


def run_experiment(
    name_or_path: str | Path,
    *,
    recipes: Sequence[str] | None = None,
    out: Path | None = None,
    jobs: int | None = None,
    article: Path | None = None,
) -> Run:
    """Compute every cell that is not there yet and return the finished run.

    out: the run's folder, runs/<name> if None. jobs: processes, all cores if None; each cell runs on one thread, so that the
    number of processes changes no number. article: the user's copy of it; the experiment then also runs on the verbatim spans.
    """
    file = experiment_file(name_or_path)
    experiment = load_experiment(file)
    name = file.parent.name
    folder = out or Path("runs") / name
    forms: dict[TextForm, Dataset] = {"rendered": load_dataset(experiment.dataset)}
    if article is not None:
        forms["verbatim"] = hydrate(forms["rendered"], article, articles=articles_of(locate("datasets", experiment.dataset)))
    datasets = {(form, scheme): rows.with_scheme(scheme) for form, rows in forms.items() for scheme in experiment.schemes}
    run = Run(folder, name, experiment, tuple(chosen_recipes(experiment, recipes)), datasets, {})
    started = time.monotonic()
    plan = {cell.path: (cell, fold) for cell, fold in _plan(run)}
    todo = [(cell, fold) for cell, fold in plan.values() if not _is_done(run, cell)]
    _prune(run, set(plan))
    _compute(run, todo, jobs or usable_cores())
    facts = _facts(run, cells=len(plan), computed=len(todo), seconds=time.monotonic() - started)
    write_json(folder / "run.json", facts)
    return Run(folder, name, experiment, run.recipes, datasets, facts)


def load_run(folder: Path) -> Run:
    """A finished run from its folder, without computing anything. InputError if the folder holds none."""
    if not (folder / "run.json").exists():
        raise InputError(f"{folder}: not a run, run.json is missing; `stancelab run EXPERIMENT` makes one")
    facts = json.loads(read_text(folder / "run.json"))
    experiment = Experiment.model_validate(facts["experiment"])
    recipes = tuple(Recipe.model_validate(entry) for entry in facts["recipes"])
    datasets: dict[tuple[TextForm, str], Dataset] = {}
    for entry in facts["datasets"]:
        rows = pd.read_parquet(folder / entry["rows"])
        dataset = Dataset(entry["name"], entry["version"], scheme_named(entry["scheme"]), rows)
        datasets[entry["text"], entry["scheme"]] = dataset
    return Run(folder, facts["name"], experiment, recipes, datasets, facts)


def usable_cores() -> int:
    """The number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def _plan(run: Run) -> Iterator[tuple[Cell, Fold]]:
    for setting in run.settings:
        rows = run.dataset(setting).rows
        for repeat in range(setting.protocol.repeats):
            folds = split(setting.protocol, rows, repeat=repeat)
            for recipe in run.recipes:
                if repeat >= run.experiment.repeats_of(recipe.name, setting.protocol):
                    continue
                for seed in run.experiment.seeds:
                    for number, fold in enumerate(folds):
                        yield Cell(setting, recipe, seed, repeat, number), fold


@cache
def _library_versions() -> dict[str, str]:
    return {name: version(name) for name in ("stancelab", *DECISIVE_LIBRARIES)}


def fingerprint(run: Run, cell: Cell) -> str:
    """sha256 over everything that decides a cell's predictions: rows, scheme, folds, recipe, seed, versions."""
    setting = cell.setting
    decisive = [
        run.dataset(setting).sha,
        setting.scheme,
        setting.protocol.splitter,
        cell.recipe.fingerprint,
        [cell.seed, cell.repeat, cell.fold],
        _library_versions(),
    ]
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def _metadata(path: Path) -> dict[str, str]:
    import pyarrow.parquet as pq

    found = pq.read_schema(path).metadata or {}
    return {key.decode(): value.decode() for key, value in found.items()}


def _is_done(run: Run, cell: Cell) -> bool:
    path = run.folder / cell.path
    return path.exists() and _metadata(path).get("fingerprint") == fingerprint(run, cell)


def _prune(run: Run, planned: set[Path]) -> None:
    """Remove cells of an earlier form of this experiment, so that a recipe's folder holds its predictions and no others."""
    for setting in run.settings:
        for recipe in run.recipes:
            for path in (run.folder / setting.folder / recipe.name).glob("*.parquet"):
                if path.relative_to(run.folder) not in planned:
                    path.unlink()


def _compute(run: Run, todo: Sequence[tuple[Cell, Fold]], jobs: int) -> None:
    from joblib import Parallel, delayed
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    if not todo:
        return
    slow_first = sorted(todo, key=lambda pair: _cost_order(run, pair[0]))
    work = (
        delayed(compute_cell)(cell, fold, run.dataset(cell.setting), run.folder, fingerprint(run, cell))
        for cell, fold in slow_first
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        cells = bar.add_task("cells", total=len(slow_first))
        for name in Parallel(n_jobs=min(jobs, len(slow_first)), return_as="generator_unordered")(work):
            bar.update(cells, advance=1, description=f"cells, last of {name}")


def _cost_order(run: Run, cell: Cell) -> tuple[bool, bool]:
    return cell.recipe.name not in run.experiment.limits, cell.recipe.family != "transformer"


def compute_cell(cell: Cell, fold: Fold, dataset: Dataset, folder: Path, stamp: str) -> str:
    """Train on the fold, predict its test rows, write them whole; returns the recipe's name."""
    started = time.monotonic()
    train, test = dataset.rows.iloc[fold.train], dataset.rows.iloc[fold.test]
    columns = list(dataset.X.columns)
    with one_thread(cell.recipe):
        model = cell.recipe.build(seed=cell.random_seed).fit(train[columns], train["label"])
        found = pd.DataFrame(model.predict_proba(test[columns]), columns=list(model.classes_), index=test.index)
        predicted = model.predict(test[columns])
    probabilities = {f"p_{label}": found.get(label, 0.0) for label in dataset.scheme.labels}
    frame = pd.DataFrame(
        {
            "id": test["id"],
            "label": predicted,
            "seed": cell.seed,
            "repeat": cell.repeat,
            "fold": cell.fold,
            **probabilities,
        }
    )
    _write_cell(folder / cell.path, frame, {"fingerprint": stamp, "seconds": f"{time.monotonic() - started:.3f}"})
    return cell.recipe.name


@contextmanager
def one_thread(recipe: Recipe) -> Iterator[None]:
    """Keep numerical libraries to one thread: cells are what runs in parallel."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
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


def _write_cell(path: Path, frame: pd.DataFrame, facts: dict[str, str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(facts)
    write_whole(path, lambda temporary: pq.write_table(table, temporary))


def _facts(run: Run, *, cells: int, computed: int, seconds: float) -> dict[str, Any]:
    datasets = []
    for (text, scheme), dataset in run.datasets.items():
        rows = Path(text) / scheme / "rows.parquet"
        write_table(run.folder / rows, dataset.rows)
        entry = {"text": text, "scheme": scheme, "rows": str(rows), "name": dataset.name, "version": dataset.version}
        datasets.append({**entry, "sha256": dataset.sha})
    return {
        "name": run.name,
        "experiment": run.experiment.model_dump(),
        "recipes": [recipe.model_dump() for recipe in run.recipes],
        "datasets": datasets,
        "cells": cells,
        "computed": computed,
        "seconds": round(seconds, 1),
        "machine": machine(),
        "versions": {"python": platform.python_version(), **_library_versions()},
    }


def machine() -> dict[str, Any]:
    """What kind of machine this is, without its name."""
    cpuinfo = Path("/proc/cpuinfo")
    models = (
        [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().split("\n") if line.startswith("model name")]
        if cpuinfo.exists()
        else []
    )
    return {
        "system": platform.system(),
        "processor": models[0] if models else platform.machine(),
        "cores": usable_cores(),
    }
