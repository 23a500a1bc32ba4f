"""What is a trained model as a folder, and how does it become one again?"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from stancelab.errors import InputError, refuse
from stancelab.labels import LabelScheme
from stancelab.models.saving import load
from stancelab.models.stance_classifier import answers_of
from stancelab.progress import bar
from stancelab.recipes import Recipe, load_recipe
from stancelab.records import Record, Text, explain, read_text

if TYPE_CHECKING:
    import pandas as pd

FACTS = "model.json"
ROWS_AT_ONCE = 1024


class TrainingFacts(Record):
    """model.json: what a model was made of, and what it scored on rows that it, or its like, had not seen.

    codebook: the written rules, where the classifier reads them. weights: checksums of the encoders that it needs beside its own
    folder, by name. evaluated: the protocol of the scores, in words.
    """

    recipe: Text
    seed: int
    dataset: Text
    rows: int
    statements: int
    targets: list[str]
    scheme: str
    labels: list[str]
    favor: str | None
    against: str | None
    counts: dict[str, int]
    codebook: str
    weights: dict[str, str]
    versions: dict[str, str]
    evaluated: str | None
    scores: list[dict[str, Any]]

    @property
    def label_scheme(self) -> LabelScheme:
        """The label scheme that the model answers in."""
        return LabelScheme(self.scheme, tuple(self.labels), self.favor, self.against)


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
    places = {label: place for place, label in enumerate(classifier.classes_)}
    unseen = np.where(np.isnan(found).any(axis=1), np.nan, 0.0)
    columns = [found[:, places[label]] if label in places else unseen for label in scheme.labels]
    return given, np.column_stack(columns)


def load_model(name_or_folder: str | Path) -> TrainedModel:
    """A trained model from its folder, or from a repository of the hub ("owner/name").

    InputError: no such folder, no model in it, a damaged file, an encoder that is needed and has other weights now.
    """
    folder = folder_of(name_or_folder)
    facts = _read_facts(folder)
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

    _read_facts(folder)
    try:
        place = HfApi().create_repo(repository, private=private, exist_ok=True)
        HfApi().upload_folder(repo_id=place.repo_id, folder_path=folder, commit_message="A model trained with stancelab")
    except (HfHubHTTPError, HFValidationError, LocalTokenNotFoundError, OSError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(f"{repository}: the hub does not take it: {reason} (`hf auth login` stores a token)") from None
    return str(place)


def is_model(name_or_folder: str | Path) -> bool:
    """Whether there is a folder of that name with a trained model in it."""
    return (Path(name_or_folder) / FACTS).is_file()


def folder_of(name_or_folder: str | Path) -> Path:
    """The folder of that name, or where a repository of the hub was downloaded to. InputError: neither is there."""
    folder = Path(name_or_folder)
    if folder.is_dir():
        return folder
    if folder.exists() or str(name_or_folder).count("/") != 1 or str(name_or_folder).startswith((".", "~", "/")):
        raise InputError(f"{folder}: no such folder; expected what `stancelab train` wrote, or a hub repository like owner/name")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(str(name_or_folder)))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(f"{folder}: no such folder, and no such model could be had from the hub: {reason}") from None


def _read_facts(folder: Path) -> TrainingFacts:
    path = folder / FACTS
    if not path.is_file():
        raise InputError(
            f"{folder}: not a trained model, {FACTS} is missing; `stancelab train RECIPE DATASET -o {folder}` makes one"
        )
    faults = []
    try:
        return TrainingFacts.model_validate_json(read_text(path))
    except ValidationError as error:
        faults = [f"{path}: {sentence}" for sentence in explain(error, TrainingFacts)]
    refuse(faults)
    raise AssertionError("a validation error without faults")
