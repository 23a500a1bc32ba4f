"""Which classifier does this recipe name, and with which parameters?"""

import hashlib
import inspect
import json
import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from stancelab.catalog import entries, locate
from stancelab.encoders import fingerprint_of
from stancelab.errors import InputError, suggestion, unknown
from stancelab.models import KINDS, Method
from stancelab.records import Record, Text
from stancelab.toml_files import place_of_key, read_toml

Family = Literal["baseline", "transformer", "audit"]


class Recipe(Record):
    """models/NAME.toml: one classifier with its parameters; with `per_target`, one for each target that has the rows for it.

    calibration: how the probabilities are corrected, each target's by itself where there is a classifier for it.
    """

    name: Text
    title: Text
    family: Family
    kind: Text
    description: Text
    source: Text
    per_target: bool = False
    calibration: Method | None = None
    params: dict[str, Any] = Field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """sha256 over what decides the predictions: kind, parameters, calibration, the classes' own files, an encoder's files."""
        code = [_code_of(inspect.getfile(each)) for each in (_class_of(self.kind), *self._around)]
        weights = list(self.weights.values())
        surroundings = _class_of(self.kind).surroundings(self.params) if self.remote else []
        corrected = [self.calibration] if self.calibration else []
        decisive = [self.kind, self.per_target, self.params, code, weights, *corrected, *surroundings]
        return hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def _around(self) -> list[Any]:
        """The classes that wrap the classifier, the outermost first."""
        from stancelab.models.calibrated import CalibratedClassifier
        from stancelab.models.per_target import PerTargetClassifier

        return [PerTargetClassifier] * self.per_target + [CalibratedClassifier] * bool(self.calibration)

    @property
    def weights(self) -> dict[str, str]:
        """The fingerprint of each encoder and language model that the recipe names."""
        named = [self.params.get(key) or [] for key in ("encoder", "model")]
        return {name: fingerprint_of(name) for names in named for name in ([names] if isinstance(names, str) else names)}

    @property
    def holds_weights(self) -> bool:
        """Whether a trained classifier keeps all weights it predicts with, so that its encoders are only where it started."""
        return bool(getattr(_class_of(self.kind), "holds_weights", False))

    @property
    def reads_statements(self) -> bool:
        """Whether the classifier looks at the statement: audits do not, nor do baselines that know label shares alone."""
        return self.family != "audit" and self.kind != "dummy"

    @property
    def reads_codebook(self) -> bool:
        """Whether the classifier is told the codebook and the labels, as annotators are."""
        return "codebook" in _parameters_of(_class_of(self.kind))

    @property
    def reads_votes(self) -> bool:
        """Whether the classifier learns from the annotators' votes (`Dataset.voted`), not from the settled label alone."""
        return bool(self.params.get("soft_labels"))

    def prompt_sha(self, labels: Sequence[str], codebook: str = "") -> str | None:
        """What tells apart the prompts of a classifier that asks a language model (it has a method `prompt`); None for others."""
        cls = _class_of(self.kind)
        if not hasattr(cls, "prompt"):
            return None
        together = self.model_copy(update={"per_target": False, "calibration": None})
        sha: str = together.build(seed=0, labels=labels, codebook=codebook).prompt().sha
        return sha

    @property
    def remote(self) -> bool:
        """Whether the classifier asks a server."""
        return bool(getattr(_class_of(self.kind), "remote", False))

    def build(self, *, seed: int, labels: Sequence[str] | None = None, codebook: str = "") -> Any:
        """An unfitted estimator; `seed` becomes its random_state where it has one.

        labels, codebook: the label scheme's labels and the written rules, for a classifier that reads them; what the recipe
        itself says goes before.
        """
        given = {"random_state": seed, "labels": tuple(labels) if labels else None, "codebook": codebook}
        accepted = _parameters_of(_class_of(self.kind))
        parameters = {name: value for name, value in given.items() if name in accepted} | self.params
        estimator = _class_of(self.kind)(**{name: _hashable(value) for name, value in parameters.items()})
        if self.calibration:
            from stancelab.models.calibrated import CalibratedClassifier

            estimator = CalibratedClassifier(estimator, method=self.calibration, random_state=seed)
        if self.per_target:
            from stancelab.models.per_target import PerTargetClassifier

            return PerTargetClassifier(estimator)
        return estimator

    def fit(self, X: Any, y: Any, *, seed: int = 0, labels: Sequence[str] | None = None, codebook: str = "") -> Any:
        """Build the estimator and fit it. X: DataFrame with text, actor, target; y: label names; the rest as in `build`.

        InputError for a parameter that scikit-learn refuses.
        """
        from sklearn.utils._param_validation import InvalidParameterError

        try:
            return self.build(seed=seed, labels=labels, codebook=codebook).fit(X, y)
        except InvalidParameterError as error:
            raise InputError(f"recipe {self.name!r}: {error}") from None


def load_recipe(name_or_path: str | Path, *, where: str | None = None) -> Recipe:
    """The recipe of that name, or in that file. InputError for an unknown name, kind, key or parameter, naming the nearest.

    >>> load_recipe("svm-ngrams").family
    'baseline'
    """
    path = locate("models", name_or_path, where=where)
    if path.is_dir():
        raise InputError(f"{path}: is a folder, expected a recipe file")
    recipe = read_toml(path, Recipe, name=path.stem)
    _check_parameters(path, recipe)
    return recipe


def known_recipes() -> list[str]:
    """The names of all recipes on the shelf."""
    return list(entries("models"))


def _check_parameters(path: Path, recipe: Recipe) -> None:
    if recipe.kind not in KINDS and ":" not in recipe.kind:
        raise unknown("kind", recipe.kind, KINDS, where=place_of_key(path, "kind"))
    parameters = _parameters_of(_class_of(recipe.kind))
    allowed = [name for name in parameters if name != "random_state"]
    for name in recipe.params:
        if name not in allowed:
            raise InputError(
                f"{place_of_key(path, name)}: unknown parameter {name!r} of kind {recipe.kind!r}{suggestion(name, allowed)}"
            )
    for name in allowed:
        optional = (
            parameters[name].default is not inspect.Parameter.empty or parameters[name].kind is inspect.Parameter.VAR_KEYWORD
        )
        if name not in recipe.params and not optional:
            raise InputError(f"{path}: kind {recipe.kind!r} needs the parameter {name!r}")


def _class_of(kind: str) -> Any:
    module, _, name = KINDS.get(kind, kind).partition(":")
    if kind not in KINDS and str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise InputError(f"kind {kind!r} cannot be loaded: {error}") from None


@cache
def _parameters_of(cls: Any) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(cls).parameters


@cache
def _code_of(file: str) -> str:
    """sha256 over the file that defines the classifier and those that it builds on."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(_built_on(Path(file))))).hexdigest()


def _built_on(file: Path) -> set[Path]:
    """The file, and of what it imports or names, directly or not, what decides predictions: the package's modules, TOML files."""
    own, found, waiting = Path(__file__).parent, set[Path](), [file]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix != ".py":
            continue
        content = path.read_text(encoding="utf-8")
        names = re.findall(r"^\s*from stancelab\.(encoders|language_models|metrics|models\.\w+) import", content, re.MULTILINE)
        waiting += [own / f"{name.replace('.', '/')}.py" for name in names if own in path.parents]
        beside = [path.with_name(name) for name in re.findall(r'"([\w-]+\.toml)"', content)]
        waiting += [file for file in beside if file.is_file()]
    return found


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
