"""What is a trained model as a folder, and how does it become one again?"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stancelab.errors import InputError
from stancelab.labels import LabelScheme
from stancelab.models.probabilities import of_labels
from stancelab.models.saving import load
from stancelab.models.stance_classifier import answers_of
from stancelab.progress import bar
from stancelab.recipes import Recipe, load_recipe
from stancelab.training_facts import TrainingFacts, folder_of, read_facts

if TYPE_CHECKING:
    import pandas as pd

ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class TrainedModel:
    """A fitted classifier with the recipe that built it and the facts of its training."""

    recipe: Recipe
    classifier: Any
    facts: TrainingFacts

    @cached_property
    def scheme(self) -> LabelScheme:
        """The label scheme that the model answers in."""
        return self.facts.label_scheme

    def predict(self, X: "pd.DataFrame") -> "pd.DataFrame":
        """Predictions of rows with id, text, actor and target; see `predict`."""
        return predict(self.classifier, X, self.scheme)


def predict(classifier: Any, X: "pd.DataFrame", scheme: LabelScheme) -> "pd.DataFrame":
    """A row for each of X, in its order: id, label (None without an answer), p_<label> for every label of the scheme.

    The probabilities are NaN in rows without an answer, and where the classifier knows none.
    """
    import pandas as pd

    parts = [(np.empty(0, dtype=object), np.empty((0, len(scheme.labels))))]
    with bar("predicting", len(X)) as advance:
        for start in range(0, len(X), ROWS_AT_ONCE):
            parts.append(answers(classifier, X.iloc[start : start + ROWS_AT_ONCE], scheme))
            advance(len(parts[-1][0]))
    given, found = (np.concatenate(part) for part in zip(*parts, strict=True))
    columns = {f"p_{label}": found[:, place] for place, label in enumerate(scheme.labels)}
    return pd.DataFrame({"id": list(X["id"]), "label": pd.Series(given, dtype=object), **columns})


def answers(classifier: Any, X: "pd.DataFrame", scheme: LabelScheme) -> tuple[np.ndarray, np.ndarray]:
    """Labels, shape (n,), None without an answer; probabilities of the scheme's labels, shape (n, k), else NaN."""
    given, found = answers_of(classifier, X)
    return given, of_labels(found, list(classifier.classes_), scheme.labels)


def load_model(name_or_folder: str | Path) -> TrainedModel:
    """A trained model from its folder, or from a repository of the hub ("owner/name").

    InputError: no such folder, no model in it, a damaged file, an encoder that is needed and has other weights now.
    """
    folder = folder_of(name_or_folder)
    facts = read_facts(folder)
    recipe = load_recipe(folder / f"{facts.recipe}.toml")
    classifier = recipe.build(seed=facts.seed, labels=facts.labels, codebook=facts.codebook)
    changed = [name for name, sha in facts.weights.items() if recipe.weights.get(name) != sha]
    if changed:
        raise InputError(f"{folder}: was trained with other weights of {', '.join(changed)} than are here now; train it again")
    return TrainedModel(recipe, load(classifier, folder), facts)


def push_model(folder: Path, repository: str, *, private: bool) -> str:
    """Upload a model's folder to the hub, with the hub's own token of this user; returns the page's address.

    InputError: no model in the folder, no token, no right to write there, no network.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

    read_facts(folder)
    try:
        place = HfApi().create_repo(repository, private=private, exist_ok=True)
        HfApi().upload_folder(repo_id=place.repo_id, folder_path=folder, commit_message="A model trained with stancelab")
    except (HfHubHTTPError, HFValidationError, LocalTokenNotFoundError, OSError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(f"{repository}: the hub does not take it: {reason} (`hf auth login` stores a token)") from None
    return str(place)
