"""Which numbers were recorded of an experiment, how far off may they be, and how are they recorded?"""

import tomllib
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, FiniteFloat, model_validator

from stancelab.catalog import entries
from stancelab.errors import InputError, refuse
from stancelab.experiment import Experiment, Published, experiment_file, recipe_name
from stancelab.metrics import all_metrics, metric_named
from stancelab.records import Record, Text, write_text
from stancelab.runs import Run
from stancelab.toml_files import read_toml, toml_line

Key = tuple[str, str, str, str]
"""(scheme, protocol, recipe, metric): what a recorded number is of."""

RECORDED = ("macro_f1", "favor_against_f1")
"""Recorded of every experiment, beside its primary metric and the metrics that a published number is of."""

EXACT = (0.002, "deterministic; leaves room for the last digits of linear algebra")
TRAINED_ENCODER = (
    0.08,
    "training amplifies rounding: another processor is another draw of the seed, and four seeds ranged over 0.05",
)
WORDS = {"title", "description", "published", "comparisons"}
"""Keys of an experiment that change none of its predictions."""
TOLERANCES = {
    "baseline": EXACT,
    "audit": EXACT,
    "transformer": (0.01, "one row may change sides where sums are rounded otherwise"),
    "finetuned-encoder": TRAINED_ENCODER,
    "causal-lm": (0.06, "sums are made in bfloat16; against float32, one row of 66 changed sides, which was 0.056"),
    "chat-server": (0.02, "a server's batches, build and processor change single answers"),
    "contrastive-encoder": TRAINED_ENCODER,
}
"""Tolerance and reason by a recipe's kind where it stands here, else by its family. A kind that trains an encoder stands here."""


class Expected(Record):
    """One recorded number: a metric of a recipe in a setting, how far off it may be, either way, and why; what was published."""

    scheme: Text
    protocol: Text
    recipe: Text
    metric: Text
    value: FiniteFloat
    tolerance: Annotated[FiniteFloat, Field(ge=0)]
    reason: Text
    published: FiniteFloat | None = None
    published_source: Text | None = None

    @model_validator(mode="after")
    def _published_somewhere(self) -> Self:
        if (self.published is None) != (self.published_source is None):
            raise ValueError("published and published_source stand together")
        return self

    @property
    def key(self) -> Key:
        """(scheme, protocol, recipe, metric)."""
        return self.scheme, self.protocol, self.recipe, self.metric


class ExpectedFile(Record):
    """expected.toml."""

    expected: list[Expected] = Field(min_length=1)

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        for key, count in Counter(entry.key for entry in self.expected).items():
            if count > 1:
                raise ValueError(f"{' / '.join(key)} stands {count} times")
        return self


def expected_file(experiment: Path) -> Path:
    """Where the recorded numbers of an experiment.toml stand."""
    return experiment.with_name("expected.toml")


def expected_numbers(name_or_path: str | Path, recipes: Sequence[str] | None = None) -> list[Expected]:
    """The recorded numbers of an experiment, or of some of its recipes. InputError if there are none."""
    path = expected_file(experiment_file(name_or_path))
    if not path.exists():
        raise InputError(f"{path}: no such file; `stancelab reproduce {name_or_path} --record` writes it from a finished run")
    wanted = [entry for entry in read_toml(path, ExpectedFile).expected if recipes is None or entry.recipe in recipes]
    if not wanted:
        raise InputError(f"{path}: no number is recorded for {', '.join(recipes or ())}")
    return wanted


def observed_numbers(run: Run, metrics: Collection[str]) -> dict[Key, float]:
    """(scheme, protocol, recipe, metric) -> value, on the rendered text; only metrics that the predictions allow."""
    found = {}
    for setting in (setting for setting in run.settings if setting.text == "rendered"):
        for recipe in run.recipes_in(setting):
            predictions = run.predictions(setting, recipe)
            for metric in all_metrics(predictions):
                if metric in metrics:
                    value = metric_named(metric, predictions.scheme)(predictions)
                    found[setting.scheme, setting.protocol.name, recipe.name, metric] = value
    return found


def record_numbers(run: Run, path: Path) -> None:
    """Write an experiment's expected.toml from its run: the recorded metrics of every recipe in every setting.

    Tolerances are those of `TOLERANCES`; published numbers are those of experiment.toml beside `path`. InputError for a run of
    an experiment.toml that has changed since, or of some of its recipes only: what is not recorded would never be compared.
    """
    _check_whole(run, experiment_file(path.parent))
    published = _published(run, path.parent)
    metrics = {*RECORDED, run.experiment.primary_metric, *(key[-1] for key in published)}
    found = observed_numbers(run, metrics)
    lost = [key for key in published if key not in found]
    refuse([f"{path.parent}: a number is published for {' / '.join(key)}, which the run does not hold" for key in lost])
    recipes = {recipe.name: recipe for recipe in run.recipes}
    content = f"# Written by `stancelab reproduce {run.name} --record`; a change of a number is a change of behaviour.\n"
    for key, value in found.items():
        recipe = recipes[key[2]]
        tolerance, reason = TOLERANCES[recipe.kind if recipe.kind in TOLERANCES else recipe.family]
        content += "\n[[expected]]\n"
        content += "".join(toml_line(*pair) for pair in zip(("scheme", "protocol", "recipe", "metric"), key, strict=True))
        content += f"value = {value:.4f}\n" + toml_line("tolerance", tolerance) + toml_line("reason", reason)
        if key in published:
            entry = published[key]
            content += toml_line("published", entry.value) + toml_line("published_source", entry.source)
    ExpectedFile.model_validate(tomllib.loads(content))
    write_text(path, content)


def _check_whole(run: Run, file: Path) -> None:
    again = f"`stancelab run {run.name}` completes it"
    was, is_now = (one.model_dump(exclude=WORDS) for one in (run.experiment, read_toml(file, Experiment)))
    if was != is_now:
        raise InputError(f"{run.folder}: the run is not of {file} as it stands now; {again}")
    there = {recipe.name for recipe in run.recipes}
    absent = [name for name in map(recipe_name, run.experiment.recipes) if name not in there]
    if absent:
        raise InputError(f"{run.folder}: the run lacks {', '.join(absent)}; {again}")


def _published(run: Run, folder: Path) -> dict[Key, Published]:
    """The experiment's published numbers by (scheme, protocol, recipe, metric): they are of the primary setting."""
    file = experiment_file(folder)
    setting = run.experiment.schemes[0], run.experiment.protocols[0].name
    found: dict[Key, Published] = {}
    for entry in read_toml(file, Experiment).published:
        key = (*setting, entry.recipe, entry.metric)
        if key in found:
            raise InputError(f"{file}: two numbers are published for {entry.recipe} / {entry.metric}; keep the one to be met")
        found[key] = entry
    return found


def reproducible_experiments() -> list[str]:
    """The names of experiments that have an expected.toml."""
    return [name for name, folder in entries("experiments").items() if (folder / "expected.toml").exists()]
