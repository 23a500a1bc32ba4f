"""What does this experiment run: which recipes, on which rows, in which schemes, by which protocols?"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from stancelab.catalog import beside, locate
from stancelab.dataset import Dataset, load_dataset, pool
from stancelab.errors import InputError, suggestion
from stancelab.importers import IMPORTERS
from stancelab.labels import AS_FOUND, scheme_named
from stancelab.metrics import metric_named
from stancelab.protocols import Kind, Protocol
from stancelab.recipes import Recipe, load_recipe
from stancelab.records import Record, Text
from stancelab.toml_files import place_of_key, place_of_value, read_toml


def recipe_name(entry: str) -> str:
    """The name of a recipe that an experiment lists by name or by file.

    >>> recipe_name("mine/svm-1.5.toml")
    'svm-1.5'
    """
    return Path(entry).name.removesuffix(".toml")


class MissingCorpusError(InputError):
    """A corpus that others publish is not on this machine."""


class Limit(Record):
    """What an expensive recipe does less of, declared with the reason."""

    repeats: int | None = Field(default=None, ge=1)
    seeds: int | None = Field(default=None, ge=1)
    protocols: list[Kind] | None = None
    reason: Text


class LearningCurve(Record):
    """Which recipes also run on shares of the training statements, in the primary scheme and protocol, and how often."""

    shares: list[Annotated[float, Field(gt=0, lt=1)]] = Field(min_length=1)
    recipes: list[str] = Field(min_length=1)
    repeats: int = Field(default=1, ge=1)

    @field_validator("shares")
    @classmethod
    def _rising(cls, shares: list[float]) -> list[float]:
        if shares != sorted(set(shares)):
            raise ValueError(f"expected shares that rise, each once, got {shares}")
        return shares


class Published(Record):
    """A number that others published for one recipe of this experiment, and where."""

    recipe: Text
    metric: Text
    value: float
    source: Text


class Experiment(Record):
    """experiment.toml. The first scheme and the first protocol are the primary ones; several datasets are pooled.

    comparisons: pairs of recipes that were to be compared before anything was run, the first minus the second.
    """

    title: Text
    description: Text
    dataset: str | list[str]
    primary_metric: Text
    seeds: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)
    schemes: list[str] = Field(min_length=1)
    recipes: list[str] = Field(min_length=1)
    protocols: list[Protocol] = Field(min_length=1)
    limits: dict[str, Limit] = Field(default_factory=dict)
    comparisons: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(default_factory=list)
    published: list[Published] = Field(default_factory=list)
    learning_curve: LearningCurve | None = None

    @field_validator("dataset", mode="before")
    @classmethod
    def _one_dataset_or_several(cls, given: Any) -> Any:
        names = given if isinstance(given, list) and len(given) > 1 else [given]
        if not all(isinstance(name, str) and name.strip() for name in names):
            raise ValueError(f"expected the name or path of a dataset, or a list of at least 2 to pool, got {given!r}")
        return given

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        protocols = [protocol.name for protocol in self.protocols]
        listed: dict[str, Sequence[object]] = {
            "seed": self.seeds,
            "scheme": self.schemes,
            "protocol": protocols,
            "dataset": self.datasets,
        }
        for what, values in listed.items():
            if len(set(values)) < len(values):
                raise ValueError(f"a {what} stands twice in {values}")
        return self

    @property
    def datasets(self) -> list[str]:
        """The names or paths of the dataset, or of all that are pooled."""
        return [self.dataset] if isinstance(self.dataset, str) else self.dataset

    @property
    def thinned_protocols(self) -> list[Protocol]:
        """The primary protocol with each share of the training statements that the learning curve names, the least first."""
        curve = self.learning_curve
        return [self.protocols[0].thinned(share, repeats=curve.repeats) for share in curve.shares] if curve else []

    def seeds_of(self, recipe: str) -> list[int]:
        """The seeds a recipe runs with."""
        limit = self.limits.get(recipe)
        return self.seeds[: limit.seeds] if limit else self.seeds

    def repeats_of(self, recipe: str, protocol: Protocol) -> int:
        """How often a recipe repeats a protocol; 0 where its limit, or the learning curve, leaves it out."""
        if protocol.training_share and (
            self.learning_curve is None or recipe not in map(recipe_name, self.learning_curve.recipes)
        ):
            return 0
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
    named = [scheme_named(name, where=place_of_value(path, name)) for name in experiment.schemes if name != AS_FOUND]
    try:
        for scheme in named:
            metric_named(experiment.primary_metric, scheme)
    except InputError as error:
        raise InputError(f"{place_of_key(path, 'primary_metric')}: {error}") from None
    for name in experiment.datasets:
        _dataset_place(path, name)
    for name in experiment.recipes:
        load_recipe(beside(path, "models", name, where=place_of_value(path, name)))
    names = [recipe_name(entry) for entry in experiment.recipes]
    for name in experiment.limits:
        if name not in names:
            raise InputError(f"{place_of_key(path, name)}: limit for {name!r}, which is no recipe here{suggestion(name, names)}")
    for pair in experiment.comparisons:
        for name in pair:
            if name not in names:
                where = place_of_key(path, "comparisons")
                raise InputError(f"{where}: {name!r} is to be compared, which is no recipe here{suggestion(name, names)}")
        if pair[0] == pair[1]:
            raise InputError(f"{place_of_key(path, 'comparisons')}: {pair[0]!r} is to be compared with itself")
    _check_learning_curve(experiment, path, names)
    for entry in experiment.published:
        if entry.recipe not in names:
            place = place_of_value(path, entry.recipe)
            raise InputError(
                f"{place}: a number is published for {entry.recipe!r}, which is no recipe here{suggestion(entry.recipe, names)}"
            )
        for scheme in (scheme for scheme in named if scheme.name == experiment.schemes[0]):
            try:
                metric_named(entry.metric, scheme)
            except InputError as error:
                raise InputError(f"{place_of_value(path, entry.metric)}: {error}") from None
    return experiment


def _check_learning_curve(experiment: Experiment, path: Path, names: Sequence[str]) -> None:
    curve, primary = experiment.learning_curve, experiment.protocols[0]
    if curve is None:
        return
    for name in curve.recipes:
        if recipe_name(name) not in names:
            raise InputError(
                f"{place_of_value(path, name)}: the curve of {name!r}, which is no recipe here{suggestion(name, names)}"
            )
        if not experiment.repeats_of(recipe_name(name), primary):
            raise InputError(f"{place_of_value(path, name)}: the curve of {name!r}, whose limit leaves {primary.kind} out")
    if curve.repeats > primary.repeats and not primary.divides_alike:
        place = place_of_key(path, "learning_curve")
        raise InputError(f"{place}: the curve has {curve.repeats} repeats, and the primary protocol only {primary.repeats}")


def _dataset_place(file: Path, name: str) -> Path:
    """Where a dataset of an experiment is. InputError says how to get a known corpus that is not there."""
    try:
        return beside(file, "datasets", name, where=place_of_value(file, name))
    except InputError as error:
        if name not in IMPORTERS:
            raise
        raise MissingCorpusError(
            f"{place_of_value(file, name)}: the corpus {name!r} is not here: `stancelab data ls` says where it is published, "
            f"`stancelab data import {name} FOLDER -o datasets/{name}` brings it in"
        ) from error


def load_rows(experiment: Experiment, file: Path, scheme: str) -> Dataset:
    """The experiment's rows in a scheme: of its dataset, or of all its datasets pooled."""
    datasets = [load_dataset(_dataset_place(file, name)) for name in experiment.datasets]
    mapped = [dataset.with_scheme(scheme) for dataset in datasets]
    return mapped[0] if len(mapped) == 1 else pool(mapped, name=file.resolve().parent.name)


def chosen_recipes(experiment: Experiment, names: Sequence[str] | None, file: Path) -> list[Recipe]:
    """The recipes that are named, all of the experiment's if None. InputError for two of one name."""
    recipes = [load_recipe(beside(file, "models", name)) for name in (names or experiment.recipes)]
    twice = [name for name, count in Counter(recipe.name for recipe in recipes).items() if count > 1]
    if twice:
        raise InputError(f"{file}: two recipes are called {twice[0]!r}; a run keeps predictions by the recipe's name")
    return recipes
