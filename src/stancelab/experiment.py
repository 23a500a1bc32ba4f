"""What does this experiment run: which recipes, on which rows, in which schemes, by which protocols?"""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from stancelab.catalog import locate
from stancelab.errors import InputError, suggestion
from stancelab.labels import scheme_named
from stancelab.metrics import metric_named
from stancelab.recipes import Recipe, load_recipe
from stancelab.records import Record, Text
from stancelab.splits import Kind, Protocol
from stancelab.toml_files import place_of_key, place_of_value, read_toml


class Limit(Record):
    """What an expensive recipe does less of, declared with the reason."""

    repeats: int | None = Field(default=None, ge=1)
    protocols: list[Kind] | None = None
    reason: Text


class Experiment(Record):
    """experiment.toml. The first scheme and the first protocol are the primary ones."""

    title: Text
    description: Text
    dataset: Text
    primary_metric: Text
    seeds: list[int] = Field(min_length=1)
    schemes: list[str] = Field(min_length=1)
    recipes: list[str] = Field(min_length=1)
    protocols: list[Protocol] = Field(min_length=1)
    limits: dict[str, Limit] = Field(default_factory=dict)

    def repeats_of(self, recipe: str, protocol: Protocol) -> int:
        """How often a recipe repeats a protocol; 0 where its limit leaves the protocol out."""
        limit = self.limits.get(recipe)
        if limit is None:
            return protocol.repeats
        if limit.protocols is not None and protocol.kind not in limit.protocols:
            return 0
        return min(limit.repeats or protocol.repeats, protocol.repeats)


def experiment_file(name_or_path: str | Path) -> Path:
    """The experiment.toml of a named experiment, of a folder, or the file itself."""
    path = locate("experiments", name_or_path)
    if path.is_dir():
        path = path / "experiment.toml"
    if not path.exists():
        raise InputError(f"{path}: no such file; an experiment is a folder with experiment.toml")
    return path


def load_experiment(name_or_path: str | Path) -> Experiment:
    """The experiment by name, folder or file. InputError for an unknown key, scheme, metric or recipe: place and nearest name."""
    path = experiment_file(name_or_path)
    experiment = read_toml(path, Experiment)
    for name in experiment.schemes:
        scheme_named(name, where=place_of_value(path, name))
    locate("datasets", experiment.dataset, where=place_of_value(path, experiment.dataset))
    try:
        metric_named(experiment.primary_metric, scheme_named(experiment.schemes[0]))
    except InputError as error:
        raise InputError(f"{place_of_key(path, 'primary_metric')}: {error}") from None
    for name in experiment.recipes:
        load_recipe(name, where=place_of_value(path, name))
    for name in experiment.limits:
        if name not in experiment.recipes:
            raise InputError(
                f"{place_of_key(path, name)}: limit for {name!r}, which is no recipe here{suggestion(name, experiment.recipes)}"
            )
    return experiment


def chosen_recipes(experiment: Experiment, names: Sequence[str] | None) -> list[Recipe]:
    """The experiment's recipes, or those of them that are named; recipes named but not in the experiment are added."""
    return [load_recipe(name) for name in (names or experiment.recipes)]
