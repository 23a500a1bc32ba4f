"""How does an experiment become predictions on disk, cell by cell, and which cells are still missing?"""

import json
import platform
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from stancelab.catalog import beside
from stancelab.cells import (
    Cell,
    Setting,
    TextForm,
    facts_of,
    fingerprint,
    is_done,
    is_patchy,
)
from stancelab.computing import MapTasks, Task, here
from stancelab.dataset import Dataset, load_dataset
from stancelab.errors import InputError
from stancelab.experiment import Experiment, chosen_recipes, experiment_file, load_experiment, load_rows
from stancelab.hydration import articles_of, hydrate
from stancelab.labels import LabelScheme
from stancelab.metrics import MOST_TARGETS, Metric
from stancelab.predictions import Predictions, align
from stancelab.processes import usable_cores
from stancelab.recipes import Recipe
from stancelab.records import make_folder, read_text, write_json
from stancelab.signatures import Signature, signature
from stancelab.splits import Fold, manifest, mask_of_tested, split
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
    divisions: dict[tuple[Path, int], list[Fold]] = field(init=False, default_factory=dict)
    """The folds of each setting and repeat that were asked for."""

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

    def folds(self, setting: Setting, repeat: int) -> list[Fold]:
        """The folds of one repeat of a setting."""
        key = (setting.folder, repeat)
        if key not in self.divisions:
            self.divisions[key] = split(setting.protocol, self.dataset(setting).rows, repeat=repeat)
        return self.divisions[key]

    def tested(self, setting: Setting) -> Dataset:
        """Those rows of a setting that its protocol tests."""
        dataset = self.dataset(setting)
        return dataset.only(mask_of_tested(self.folds(setting, 0), len(dataset.rows)))

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
    map_tasks: MapTasks | None = None,
) -> Run:
    """Compute every cell that is not there yet and return the finished run.

    recipes: only these, all of the experiment's if None; the run that is returned also holds what else is finished in its folder.

    out: the run's folder, runs/<name> if None. jobs: processes, all cores if None; each cell runs on one thread, so that the
    number of processes changes no number beyond an encoder's rounding. article: the user's copy of it; the experiment then
    also runs on the verbatim spans. map_tasks: what computes the cells that ask no server; `here(jobs)` if None.
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
    names = {recipe.name for recipe in chosen}
    others = [recipe for recipe in _known_to(folder, experiment, file) if recipe.name not in names]
    known = replace(run, recipes=(*chosen, *others))
    plan = list(_plan(known))
    asked = [cell for cell in plan if cell.recipe.name in names]
    if not asked:
        raise InputError(f"{file}: its limits leave no recipe in any protocol; there is nothing to run")
    make_folder(folder)
    _prune(known, {cell.path for cell in plan})
    todo = _to_do(run, asked)
    if todo and (folder / FINISHED).exists():
        (folder / FINISHED).replace(folder / UNFINISHED)
    _compute(run, todo, map_tasks or here(jobs))
    stale = {cell.recipe.name for cell in plan if cell.recipe.name not in names and not _is_done(run, cell)}
    finished = [recipe for recipe in others if recipe.name not in stale]
    order = {name: place for place, name in enumerate(experiment.recipes)}
    everything = sorted([*chosen, *finished], key=lambda recipe: order.get(recipe.name, len(order)))
    run = replace(run, recipes=tuple(everything))
    for setting in (*run.settings, *run.curve_settings):
        divisions = [known.folds(setting, repeat) for repeat in range(setting.protocol.repeats)]
        write_json(folder / setting.folder / "splits.json", manifest(setting.protocol, run.dataset(setting).rows, divisions))
    cells = sum(cell.recipe.name not in stale for cell in plan)
    facts = _facts(run, cells=cells, computed=len(todo), seconds=time.monotonic() - started)
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


def _is_done(run: Run, cell: Cell) -> bool:
    return is_done(run.folder / cell.path, fingerprint(cell, run.dataset(cell.setting)))


def load_run(folder: Path) -> Run:
    """A finished run from its folder, without computing anything. InputError if the folder holds none."""
    if not (folder / FINISHED).exists():
        raise InputError(f"{folder}: not a run, {FINISHED} is missing; `stancelab run EXPERIMENT` makes one, or finishes it")
    return _read_run(folder, FINISHED)


def _read_run(folder: Path, file: str) -> Run:
    import pandas as pd

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
        for repeat in range(setting.protocol.repeats):
            folds = run.folds(setting, repeat)
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
    _compute(run, _to_do(run, _plan(run)), here(jobs))


def _to_do(run: Run, cells: Iterable[Cell]) -> list[Task]:
    """What is to be computed of these cells: what is missing, stale, or was not answered in full."""
    tasks = [Task(cell, dataset := run.dataset(cell.setting), fingerprint(cell, dataset)) for cell in cells]
    paths = [run.folder / task.cell.path for task in tasks]
    return [task for task, path in zip(tasks, paths, strict=True) if not is_done(path, task.stamp) or is_patchy(path)]


def _compute(run: Run, todo: Sequence[Task], map_tasks: MapTasks) -> None:
    """Compute cells several at a time, then those that ask a server one by one: a cell asks its questions at once, and counts."""
    _compute_together(run, [task for task in todo if not task.cell.recipe.remote], map_tasks)
    for task in todo:
        if task.cell.recipe.remote:
            task.compute(run.folder)


def _compute_together(run: Run, todo: Sequence[Task], map_tasks: MapTasks) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    if not todo:
        return
    ordered = _in_order(run, todo)
    done = map_tasks(ordered, run.folder)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        cells = bar.add_task("cells", total=len(ordered))
        for name in done:
            bar.update(cells, advance=1, description=f"cells, last of {name}")


def _in_order(run: Run, todo: Sequence[Task]) -> list[Task]:
    """Slow recipes first, which limits name; encoders last, as a process that has loaded one never gets small again.

    Cells of one recipe follow each other, as they share what is made of their texts.
    """
    place = {recipe.name: number for number, recipe in enumerate(run.recipes)}

    def key(task: Task) -> tuple[bool, bool, int]:
        recipe = task.cell.recipe
        return recipe.name not in run.experiment.limits, recipe.family == "transformer", place[recipe.name]

    return sorted(todo, key=key)


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
