"""What was a model trained on, and where does its folder lie?"""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stancelab.errors import InputError, refuse
from stancelab.labels import LabelScheme
from stancelab.records import Record, Text, explain, read_text

FACTS = "model.json"


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


def read_facts(folder: Path) -> TrainingFacts:
    """The facts of the model in a folder. InputError: there is none, or they are damaged."""
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
