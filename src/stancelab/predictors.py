"""What can predict at once: a trained model, or a recipe that needs no training?"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stancelab.catalog import entries
from stancelab.compiled.choosing import kept_form
from stancelab.compiled.classifier import CompiledClassifier
from stancelab.compiled.store import sha_of
from stancelab.errors import InputError
from stancelab.labels import LabelScheme, scheme_named, smallest_scheme
from stancelab.models.inputs import Columns
from stancelab.models.probabilities import of_labels
from stancelab.training_facts import folder_of, is_model, read_facts
from stancelab.versions import library_versions

if TYPE_CHECKING:
    import pandas as pd

    from stancelab.dataset import Dataset
    from stancelab.recipes import Recipe


@dataclass(frozen=True)
class Predictor:
    """A classifier that is ready, by its name. targets: those it was trained on; None for one that needed no training.

    codebook: the rules that one without training was told. folder: where a trained one lies. form: which form of the model
    answers, and why that one; None where it has but one.
    """

    name: str
    classifier: Any
    scheme: LabelScheme
    targets: tuple[str, ...] | None = None
    codebook: str = ""
    folder: Path | None = None
    form: str | None = None

    @property
    def own_threads(self) -> bool:
        """Whether it uses all cores by itself, or waits for a server; else several processes are faster than one."""
        return self.is_compiled or self.recipe.remote or self.recipe.family == "transformer"

    @cached_property
    def recipe(self) -> "Recipe":
        """The recipe that it was made from."""
        from stancelab.recipes import load_recipe

        return load_recipe(self.folder / f"{read_facts(self.folder).recipe}.toml" if self.folder else self.name)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over all that decides its answers besides the rows: recipe and its code, what was learnt, scheme, versions."""
        by = self.classifier.fingerprint if self.is_compiled else self.recipe.fingerprint
        learnt = sha_of(self.folder) if self.folder else None
        scheme = [self.scheme.name, self.scheme.labels]
        decisive = [by, learnt, scheme, self.codebook, library_versions()]
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    def answers(self, rows: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Labels and probabilities of rows with text, actor and target; see `model_folder.answers`."""
        if self.is_compiled:
            labels, found = self.classifier.answers(rows)
            return labels, of_labels(found, list(self.classifier.classes_), self.scheme.labels)
        import pandas as pd

        from stancelab.model_folder import answers

        return answers(self.classifier, pd.DataFrame(rows), self.scheme)

    def predict(self, X: "pd.DataFrame") -> "pd.DataFrame":
        """Predictions of rows with id, text, actor and target; see `model_folder.predict`."""
        from stancelab.model_folder import predict

        return predict(self.classifier, X, self.scheme)

    @property
    def is_compiled(self) -> bool:
        """Whether the model answers in a form that was made of it."""
        return isinstance(self.classifier, CompiledClassifier)


def predictor(name: str, *, scheme: str | None = None, told: "Dataset | None" = None, compiled: bool = True) -> Predictor:
    """The model in that folder or on the hub, in its compiled form where there is one, or the recipe of that name.

    scheme: the labels that such a recipe is told, if it is told any. told: a dataset, whose labels (where no scheme is named)
    and codebook it is told. compiled: False for a model as it was trained. InputError: no such model, a recipe that has to be
    trained, a scheme for a trained model.
    """
    if not is_model(name) and (name in entries("models") or name.endswith(".toml")):
        return _untrained(name, scheme, told)
    if scheme is not None:
        raise InputError("--scheme goes with a recipe; a trained model answers in the scheme that it was trained in")
    folder = folder_of(name)
    facts = read_facts(folder)
    classifier = (kept_form(folder, facts) if compiled else None) or _loaded(folder)
    return Predictor(name, classifier, facts.label_scheme, targets=tuple(facts.targets), folder=folder)


def _loaded(folder: Path) -> Any:
    from stancelab.model_folder import load_model

    return load_model(folder).classifier


def _untrained(name: str, scheme: str | None, told: "Dataset | None") -> Predictor:
    from stancelab.recipes import load_recipe

    given = scheme_named(scheme) if scheme is not None else (told.scheme if told else None)
    recipe, codebook = load_recipe(name), told.codebook if told else ""
    classifier = recipe.build(seed=0, labels=given.labels if given else None, codebook=codebook)
    if not hasattr(classifier, "without_training"):
        raise InputError(f"recipe {name!r} has to be trained first: stancelab train {name} DATASET -o MODEL_DIR")
    ready = classifier.without_training()
    return Predictor(name, ready, given or smallest_scheme(ready.classes_), codebook=codebook)
