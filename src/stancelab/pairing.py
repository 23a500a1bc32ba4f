"""Which predictions of two runs or files belong side by side?"""

from pathlib import Path

from stancelab.comparison import Comparison, compare, holm
from stancelab.dataset import Dataset, load_dataset
from stancelab.errors import InputError
from stancelab.metrics import metric_named
from stancelab.predictions import Predictions, align, read_predictions
from stancelab.runs import load_run
from stancelab.signatures import Difference, differences


def compare_sources(a: Path, b: Path, *, gold: str | None, metric: str, scheme: str | None = None) -> list[Comparison]:
    """Compare two predictions files, a file with every recipe of a run, or the recipes that two runs share, Holm-corrected.

    Runs are compared in their primary setting. gold: a dataset; that of the run if None. InputError if there is no gold, or
    nothing to pair.
    """
    dataset = _gold(a, b, gold, scheme)
    of_a, of_b = _predictions(a, dataset), _predictions(b, dataset)
    if _is_run(a) and _is_run(b):
        pairs = [(name, name) for name in of_a if name in of_b]
    else:
        pairs = [(one, other) for one in of_a for other in of_b]
    if not pairs:
        raise InputError(f"{a} and {b} share no recipe: {', '.join(of_a)} / {', '.join(of_b)}")
    measure = metric_named(metric, dataset.scheme)
    return holm([compare(of_a[one], of_b[other], measure, names=(f"{a}:{one}", f"{b}:{other}"), seed=0) for one, other in pairs])


def unlike(a: Path, b: Path, *, metric: str) -> dict[str, list[Difference]]:
    """Of each recipe that two runs share, where the signatures of its scores differ; empty where none do, or one is a file."""
    if not (_is_run(a) and _is_run(b)):
        return {}
    signed = []
    for run in (load_run(a), load_run(b)):
        setting = run.settings[0]
        measure = metric_named(metric, run.dataset(setting).scheme)
        signed.append({recipe.name: run.signature(setting, recipe, measure) for recipe in run.recipes_in(setting)})
    of_a, of_b = signed
    found = {name: differences(of_a[name], of_b[name]) for name in of_a if name in of_b}
    return {name: differing for name, differing in found.items() if differing}


def _is_run(path: Path) -> bool:
    return (path / "run.json").exists()


def _gold(a: Path, b: Path, gold: str | None, scheme: str | None) -> Dataset:
    run = next((path for path in (a, b) if _is_run(path)), None)
    if gold is None and run is None:
        raise InputError("neither is a run: name the gold rows with --gold")
    if run is not None:
        loaded = load_run(run)
        dataset = loaded.tested(loaded.settings[0])
        scheme = scheme or dataset.scheme.name
    if gold is not None:
        dataset = load_dataset(gold)
    return dataset.with_scheme(scheme) if scheme else dataset


def _predictions(path: Path, dataset: Dataset) -> dict[str, Predictions]:
    if not _is_run(path):
        return {path.stem: align(read_predictions(path), dataset)}
    run = load_run(path)
    primary = run.settings[0]
    return {
        recipe.name: align(read_predictions(path / primary.folder / recipe.name), dataset) for recipe in run.recipes_in(primary)
    }
