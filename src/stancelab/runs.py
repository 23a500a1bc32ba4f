"""How does an experiment become predictions on disk, cell by cell, and which cells are still missing?"""

import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stancelab.catalog import beside
from stancelab.cells import (
    Cell,
    Setting,
    TextForm,
    compute_cell,
    facts_of,
    fingerprint,
    is_done,
    is_patchy,
    rows_of,
)
from stancelab.dataset import Dataset, load_dataset
from stancelab.errors import InputError
from stancelab.experiment import Experiment, chosen_recipes, experiment_file, load_experiment, load_rows
from stancelab.hydration import articles_of, hydrate
from stancelab.labels import LabelScheme
from stancelab.metrics import MOST_TARGETS, Metric
from stancelab.predictions import Predictions, align
from stancelab.processes import usable_cores, work_for
from stancelab.recipes import Recipe
from stancelab.records import make_folder, read_text, write_json
from stancelab.signatures import Signature, signature
from stancelab.splits import manifest, split, tested
from stancelab.tables import read_table, write_table
from stancelab.toml_files import place_of_key
from stancelab.versions import library_versions

FINISHED = "run.json"
UNFINISHED = "run.json.unfinished"
"""What a run was when it was finished last, kept while it is being extended."""


@dataclass(frozen=True, repr=False, eq=False)
class Run:
    """An experiment that was executed: its folder, its definition, and what there is in it."""

    folder: Path
    name: str
    experiment: Experiment
    recipes: tuple[Recipe, ...]
    datasets: dict[tuple[TextForm, str], Dataset]
    facts: dict[str, Any]

    def __repr__(self) -> str:
        return f"Run({self.folder.as_posix()!r}, {len(self.recipes)} recipes, {len(self.settings)} settings)"

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

    @property
    def curve_settings(self) -> list[Setting]:
        """The primary setting with each share of the training statements that the learning curve names: no leaderboards."""
        primary = self.settings[0]
        return [Setting(primary.text, primary.scheme, protocol) for protocol in self.experiment.thinned_protocols]

    def recipes_in(self, setting: Setting) -> list[Recipe]:
        """The recipes that take part in a setting."""
        return [recipe for recipe in self.recipes if self.experiment.repeats_of(recipe.name, setting.protocol)]

    def dataset(self, setting: Setting) -> Dataset:
        """The rows of a setting, labels in its scheme."""
        return self.datasets[setting.text, setting.scheme]

    def tested(self, setting: Setting) -> Dataset:
        """Those rows of a setting that its protocol tests."""
        dataset = self.dataset(setting)
        return dataset.only(tested(setting.protocol, dataset.rows))

    def predictions(self, setting: Setting, recipe: Recipe) -> Predictions:
        """What a recipe predicted in a setting, all replicates. InputError if cells are missing."""
        folder = self.folder / setting.folder / recipe.name
        if not folder.is_dir():
            raise InputError(f"{folder}: the cells of this recipe are missing; run the experiment again")
        table, gold = read_table(folder), self.tested(setting)
        found = align(table, gold, missing="wrong")
        repeats = range(self.experiment.repeats_of(recipe.name, setting.protocol))
        wanted = {(seed, repeat) for seed in self.experiment.seeds_of(recipe.name) for repeat in repeats}
        if set(found.keys) != wanted or len(table.rows) != len(wanted) * len(gold.rows):
            raise InputError(f"{folder}: some cells are missing or too many; run the experiment again")
        return found

    def stated(self, setting: Setting, recipe: Recipe) -> str:
        """Text form and protocol as signatures have them, with the repeats that the recipe runs."""
        repeats = self.experiment.repeats_of(recipe.name, setting.protocol)
        return f"{setting.text}:{setting.protocol.model_copy(update={'repeats': repeats}).name}"

    def signature(self, setting: Setting, recipe: Recipe, metric: Metric) -> Signature:
        """What signs a recipe's score in a setting."""
        dataset = self.dataset(setting)
        prompt = recipe.prompt_sha(dataset.scheme.labels, dataset.codebook)
        seeds = self.experiment.seeds_of(recipe.name)
        return signature(dataset, protocol=self.stated(setting, recipe), seeds=seeds, metric=metric, prompt=prompt)

    def seconds(self, setting: Setting, recipe: Recipe) -> float:
        """The median time one cell took to train and predict."""
        parts = (self.folder / setting.folder / recipe.name).glob("*.parquet")
        return float(np.median([float(facts_of(part).get("seconds", "nan")) for part in parts]))


def run_experiment(
    name_or_path: str | Path,
    *,
    recipes: Sequence[str] | None = None,
    out: Path | None = None,
    jobs: int | None = None,
    article: Path | None = None,
) -> Run:
    """Compute every cell that is not there yet and return the finished run.

    recipes: only these, all of the experiment's if None; the run that is returned also holds what else is finished in its folder.

    out: the run's folder, runs/<name> if None. jobs: processes, all cores if None; each cell runs on one thread, so that the
    number of processes changes no number beyond an encoder's rounding. article: the user's copy of it; the experiment then
    also runs on the verbatim spans.
    """
    file = experiment_file(name_or_path)
    experiment = load_experiment(file)
    name = file.resolve().parent.name
    folder = out or Path("runs") / name
    datasets: dict[tuple[TextForm, str], Dataset] = {
        ("rendered", scheme): load_rows(experiment, file, scheme) for scheme in experiment.schemes
    }
    if article is not None:
        datasets |= _verbatim(experiment, file, article)
    chosen = chosen_recipes(experiment, recipes, file)
    started = time.monotonic()
    run = Run(folder, name, experiment, tuple(chosen), _with_earlier_forms(folder, datasets), {})
    _check_metric(run, file)
    others = [recipe for recipe in _known_to(folder, experiment, file) if recipe.name not in {one.name for one in chosen}]
    plan = {cell.path: cell for cell in _plan(run)}
    if not plan:
        raise InputError(f"{file}: its limits leave no recipe in any protocol; there is nothing to run")
    make_folder(folder)
    known = replace(run, recipes=(*chosen, *others))
    _prune(known, {cell.path for cell in _plan(known)})
    todo = [cell for cell in plan.values() if _is_to_do(run, cell)]
    if todo and (folder / FINISHED).exists():
        (folder / FINISHED).replace(folder / UNFINISHED)
    _compute(run, todo, jobs or usable_cores())
    finished = [recipe for recipe in others if _is_finished(replace(run, recipes=(recipe,)))]
    order = {name: place for place, name in enumerate(experiment.recipes)}
    everything = sorted([*chosen, *finished], key=lambda recipe: order.get(recipe.name, len(order)))
    run = replace(run, recipes=tuple(everything))
    for setting in (*run.settings, *run.curve_settings):
        write_json(folder / setting.folder / "splits.json", manifest(setting.protocol, run.dataset(setting).rows))
    facts = _facts(run, cells=sum(1 for _ in _plan(run)), computed=len(todo), seconds=time.monotonic() - started)
    write_json(folder / FINISHED, facts)
    (folder / UNFINISHED).unlink(missing_ok=True)
    return replace(run, facts=facts)


def _check_metric(run: Run, file: Path) -> None:
    """InputError for a primary metric that is a mean over targets, where the tested rows have one, or too many."""
    metric = run.experiment.primary_metric
    for setting in run.settings:
        targets = run.tested(setting).rows["target"].nunique()
        if metric.endswith("_per_target") and not 2 <= targets <= MOST_TARGETS:
            raise InputError(
                f"{place_of_key(file, 'primary_metric')}: {metric!r} is a mean over 2 to {MOST_TARGETS} targets; "
                f"the rows tested in {setting.protocol.name} have {targets}"
            )


def _verbatim(experiment: Experiment, file: Path, article: Path) -> dict[tuple[TextForm, str], Dataset]:
    if len(experiment.datasets) > 1:
        raise InputError(f"{file}: pools {len(experiment.datasets)} datasets; --article goes with the dataset of one article")
    source = beside(file, "datasets", experiment.datasets[0])
    rows = hydrate(load_dataset(source), article, articles=articles_of(source))
    return {("verbatim", scheme): rows.with_scheme(scheme) for scheme in experiment.schemes}


def _with_earlier_forms(folder: Path, datasets: dict[tuple[TextForm, str], Dataset]) -> dict[tuple[TextForm, str], Dataset]:
    """The datasets of this run, and the verbatim ones of an earlier run here on the same rows."""
    earlier = _earlier(folder)
    if earlier is None or any(
        key not in earlier.datasets or earlier.datasets[key].sha != rows.sha for key, rows in datasets.items()
    ):
        return datasets
    codebooks = {scheme: rows.codebook for (_, scheme), rows in datasets.items()}
    kept = {key: rows for key, rows in earlier.datasets.items() if key not in datasets and key[1] in codebooks}
    return datasets | {key: replace(rows, codebook=codebooks[key[1]]) for key, rows in kept.items()}


def _known_to(folder: Path, experiment: Experiment, file: Path) -> list[Recipe]:
    """The experiment's recipes, and those that an earlier run added to it."""
    recipes = {recipe.name: recipe for recipe in chosen_recipes(experiment, None, file)}
    earlier = _earlier(folder)
    added = {recipe.name: recipe for recipe in earlier.recipes} if earlier else {}
    return list((added | recipes).values())


def _earlier(folder: Path) -> Run | None:
    """The run that was finished here last, if one was, whether or not a later one was interrupted."""
    try:
        return _read_run(folder, FINISHED if (folder / FINISHED).exists() else UNFINISHED)
    except InputError:
        return None


def _is_finished(run: Run) -> bool:
    return all(is_done(cell, run.dataset(cell.setting), run.folder) for cell in _plan(run))


def load_run(folder: Path) -> Run:
    """A finished run from its folder, without computing anything. InputError if the folder holds none."""
    if not (folder / FINISHED).exists():
        raise InputError(f"{folder}: not a run, {FINISHED} is missing; `stancelab run EXPERIMENT` makes one, or finishes it")
    return _read_run(folder, FINISHED)


def _read_run(folder: Path, file: str) -> Run:
    try:
        facts = json.loads(read_text(folder / file))
        experiment = Experiment.model_validate(facts["experiment"])
        recipes = tuple(Recipe.model_validate(entry) for entry in facts["recipes"])
        datasets: dict[tuple[TextForm, str], Dataset] = {}
        for entry in facts["datasets"]:
            scheme = LabelScheme(**{**entry["scheme"], "labels": tuple(entry["scheme"]["labels"])})
            rows = pd.read_parquet(folder / entry["rows"])
            who = entry.get("annotators", "")
            datasets[entry["text"], scheme.name] = Dataset(entry["name"], entry["version"], scheme, rows, annotators=who)
        return Run(folder, facts["name"], experiment, recipes, datasets, facts)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise InputError(f"{folder}: the run is damaged ({type(error).__name__}: {error}); run the experiment again") from None


def _plan(run: Run) -> Iterator[Cell]:
    for setting in (*run.settings, *run.curve_settings):
        rows = run.dataset(setting).rows
        for repeat in range(setting.protocol.repeats):
            folds = split(setting.protocol, rows, repeat=repeat)
            for recipe in run.recipes:
                if repeat >= run.experiment.repeats_of(recipe.name, setting.protocol):
                    continue
                for seed in run.experiment.seeds_of(recipe.name):
                    for number, fold in enumerate(folds):
                        yield Cell(setting, recipe, seed, repeat, number, fold)


def _prune(run: Run, planned: set[Path]) -> None:
    """Remove cells of an earlier form of this experiment, so that a recipe's folder holds its predictions and no others."""
    for setting in (*run.settings, *run.curve_settings):
        for recipe in run.recipes:
            for path in (run.folder / setting.folder / recipe.name).glob("*.parquet"):
                if path.relative_to(run.folder) not in planned:
                    path.unlink()


def complete(run: Run, *, jobs: int | None = None) -> None:
    """Compute the cells of a run that are not there yet. jobs: processes, all cores if None."""
    _compute(run, [cell for cell in _plan(run) if _is_to_do(run, cell)], jobs or usable_cores())


def _is_to_do(run: Run, cell: Cell) -> bool:
    return not is_done(cell, run.dataset(cell.setting), run.folder) or is_patchy(cell, run.folder)


def _compute(run: Run, todo: Sequence[Cell], jobs: int) -> None:
    """Compute cells several at a time, then those that ask a server one by one: a cell asks its questions at once, and counts."""
    _compute_here(run, [cell for cell in todo if not cell.recipe.remote], jobs)
    for cell in todo:
        if cell.recipe.remote:
            dataset = run.dataset(cell.setting)
            compute_cell(cell, rows_of(cell, dataset), run.folder, fingerprint(cell, dataset))


def _compute_here(run: Run, todo: Sequence[Cell], jobs: int) -> None:
    from joblib import Parallel, delayed
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    if not todo:
        return
    ordered = sorted(todo, key=lambda cell: _cost_order(run, cell))
    work = (
        delayed(_compute_for)(
            os.getpid(),
            cell,
            rows_of(cell, run.dataset(cell.setting)),
            run.folder.resolve(),
            fingerprint(cell, run.dataset(cell.setting)),
        )
        for cell in ordered
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        cells = bar.add_task("cells", total=len(ordered))
        for name in Parallel(n_jobs=min(jobs, len(ordered)), return_as="generator_unordered")(work):
            bar.update(cells, advance=1, description=f"cells, last of {name}")


def _compute_for(parent: int, cell: Cell, rows: Dataset, folder: Path, stamp: str) -> str:
    work_for(parent)
    return compute_cell(cell, rows, folder, stamp)


def _cost_order(run: Run, cell: Cell) -> tuple[bool, bool]:
    """Slow recipes first, which limits name; encoders last, as a process that has loaded one never gets small again."""
    return cell.recipe.name not in run.experiment.limits, cell.recipe.family == "transformer"


def _facts(run: Run, *, cells: int, computed: int, seconds: float) -> dict[str, Any]:
    datasets = []
    for (text, scheme), dataset in run.datasets.items():
        rows = Path(text) / scheme / "rows.parquet"
        write_table(run.folder / rows, dataset.rows)
        facts = {"text": text, "scheme": asdict(dataset.scheme), "rows": str(rows)}
        entry = {**facts, "name": dataset.name, "version": dataset.version, "annotators": dataset.annotators}
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
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """The versions of Python and of everything whose change may change a prediction."""
    return {"python": platform.python_version(), **library_versions()}


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
