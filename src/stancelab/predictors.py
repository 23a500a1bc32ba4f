"""What can predict at once: a trained model, or a recipe that needs no training?"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stancelab.catalog import entries
from stancelab.dataset import Dataset
from stancelab.errors import InputError
from stancelab.labels import LabelScheme, scheme_named, smallest_scheme
from stancelab.model_folder import answers, folder_of, is_model, load_model, predict
from stancelab.models.inputs import Columns
from stancelab.recipes import Recipe, load_recipe
from stancelab.versions import library_versions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Predictor:
    """A classifier that is ready, by its name. targets: those it was trained on; None for one that needed no training.

    codebook: the rules that one without training was told. folder: where a trained one lies. form: which form of the model
    answers, and why that one; None where it has but one.
    """

    name: str
    classifier: Any
    scheme: LabelScheme
    recipe: Recipe
    targets: tuple[str, ...] | None = None
    codebook: str = ""
    folder: Path | None = None
    form: str | None = None

    @property
    def own_threads(self) -> bool:
        """Whether it uses all cores by itself, or waits for a server; else several processes are faster than one."""
        return self.recipe.remote or self.recipe.family == "transformer"

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over all that decides its answers besides the rows: recipe and its code, what was learnt, scheme, versions."""
        learnt = _sha_of(self.folder) if self.folder else None
        scheme = [self.scheme.name, self.scheme.labels]
        decisive = [self.recipe.fingerprint, learnt, scheme, self.codebook, library_versions()]
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    def answers(self, rows: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Labels and probabilities of rows with text, actor and target; see `model_folder.answers`."""
        import pandas as pd

        return answers(self.classifier, pd.DataFrame(rows), self.scheme)

    def predict(self, X: "pd.DataFrame") -> "pd.DataFrame":
        """Predictions of rows with id, text, actor and target; see `model_folder.predict`."""
        return predict(self.classifier, X, self.scheme)


def predictor(name: str, *, scheme: str | None = None, told: Dataset | None = None) -> Predictor:
    """The model in that folder or on the hub, or the recipe of that name.

    scheme: the labels that such a recipe is told, if it is told any. told: a dataset, whose labels (where no scheme is named)
    and codebook it is told. InputError: no such model, a recipe that has to be trained, a scheme for a trained model.
    """
    if not is_model(name) and (name in entries("models") or name.endswith(".toml")):
        return _untrained(name, scheme, told)
    if scheme is not None:
        raise InputError("--scheme goes with a recipe; a trained model answers in the scheme that it was trained in")
    folder = folder_of(name)
    model = load_model(folder)
    return Predictor(name, model.classifier, model.scheme, model.recipe, targets=tuple(model.facts.targets), folder=folder)


def _sha_of(folder: Path) -> str:
    """sha256 over the files of a model's folder, but for its card."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / "README.md")
    found = hashlib.sha256()
    for path in files:
        with path.open("rb") as content:
            found.update(f"{path.relative_to(folder).as_posix()} {hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return found.hexdigest()


def _untrained(name: str, scheme: str | None, told: Dataset | None) -> Predictor:
    given = scheme_named(scheme) if scheme is not None else (told.scheme if told else None)
    recipe, codebook = load_recipe(name), told.codebook if told else ""
    classifier = recipe.build(seed=0, labels=given.labels if given else None, codebook=codebook)
    if not hasattr(classifier, "without_training"):
        raise InputError(f"recipe {name!r} has to be trained first: stancelab train {name} DATASET -o MODEL_DIR")
    ready = classifier.without_training()
    return Predictor(name, ready, given or smallest_scheme(ready.classes_), recipe, codebook=codebook)
