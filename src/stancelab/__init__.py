"""Stance classification: one labelled row, every classifier, honest statistics."""

from importlib import import_module
from typing import Any

_HOMES = {
    "Dataset": "dataset",
    "Experiment": "experiment",
    "InputError": "errors",
    "Interval": "intervals",
    "LabelScheme": "labels",
    "Metric": "metrics",
    "Predictions": "predictions",
    "Recipe": "recipes",
    "Run": "runs",
    "Score": "scoring",
    "TrainedModel": "model_folder",
    "compare": "comparison",
    "leaderboards": "leaderboard",
    "load_dataset": "dataset",
    "load_experiment": "experiment",
    "load_model": "model_folder",
    "load_recipe": "recipes",
    "load_run": "runs",
    "reproduce": "reproduction",
    "run_experiment": "runs",
    "score": "scoring",
    "train": "training",
}

__all__ = list(_HOMES)  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stancelab' has no attribute {name!r}")
    value = getattr(import_module(f"stancelab.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
