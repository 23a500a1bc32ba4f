"""What can predict at once: a trained model, or a recipe that needs no training?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stancelab.catalog import entries
from stancelab.dataset import Dataset
from stancelab.errors import InputError
from stancelab.labels import LabelScheme, scheme_named, smallest_scheme
from stancelab.model_folder import is_model, load_model, predict
from stancelab.recipes import load_recipe

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Predictor:
    """A classifier that is ready, by its name. targets: those it was trained on; None for one that needed no training."""

    name: str
    classifier: Any
    scheme: LabelScheme
    targets: tuple[str, ...] | None = None

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
    model = load_model(name)
    return Predictor(name, model.classifier, model.scheme, tuple(model.facts.targets))


def _untrained(name: str, scheme: str | None, told: Dataset | None) -> Predictor:
    given = scheme_named(scheme) if scheme is not None else (told.scheme if told else None)
    classifier = load_recipe(name).build(seed=0, labels=given.labels if given else None, codebook=told.codebook if told else "")
    if not hasattr(classifier, "without_training"):
        raise InputError(f"recipe {name!r} has to be trained first: stancelab train {name} DATASET -o MODEL_DIR")
    ready = classifier.without_training()
    return Predictor(name, ready, given or smallest_scheme(ready.classes_))
