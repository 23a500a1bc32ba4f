"""How do a finished run's recipes take perturbed rows and contrast items, and where is that kept?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from stancelab.contrast import BASE
from stancelab.errors import InputError
from stancelab.questions import CHANGED
from stancelab.recipes import Recipe
from stancelab.records import Record, read_text
from stancelab.robustness import ContrastRate, PerturbationRate
from stancelab.runs import Run

FOLDER = "audit"
RESULT = "audit.json"
ASKED = "questions.parquet"


class Audit(Record):
    """audit.json: the rates of every recipe that was asked; the p of each of the three lists are corrected together.

    rows: checksum of the run's primary rows. recipes: as they were defined. same_as_run: the share of tested rows that a recipe,
    trained anew, labels as in the run. unmapped: contrast items left out as their label has no value in the run's scheme.
    """

    rows: str
    scheme: str
    metric: str
    recipes: list[Recipe]
    same_as_run: dict[str, float]
    unmapped: int
    contrast: list[ContrastRate]
    perturbations: list[PerturbationRate]
    ablations: list[PerturbationRate]


@dataclass(frozen=True)
class Judged:
    """A contrast item and what a recipe answered, None for no answer."""

    id: str
    actor: str
    target: str
    text: str
    label: str
    answer: str | None


@dataclass(frozen=True)
class Failure:
    """A contrast item that a recipe labels wrongly, and its base item, None where that has no value in the run's scheme."""

    category: str
    item: Judged
    base: Judged | None


def load_audit(run: Run) -> Audit | None:
    """The audit of a run, as far as it is of its rows and recipes as they are now; None where nothing is.

    InputError for a damaged file.
    """
    path = run.folder / FOLDER / RESULT
    if not path.exists():
        return None
    try:
        audit = Audit.model_validate_json(read_text(path))
    except ValidationError as error:
        raise InputError(f"{path}: is damaged ({error.error_count()} faults); `stancelab audit {run.folder}` writes it") from None
    unchanged = [recipe for recipe in audit.recipes if recipe in run.recipes]
    if audit.rows != run.dataset(run.settings[0]).sha or not unchanged:
        return None
    names = {recipe.name for recipe in unchanged}
    lists: dict[str, Sequence[ContrastRate | PerturbationRate]] = {
        "contrast": audit.contrast,
        "perturbations": audit.perturbations,
        "ablations": audit.ablations,
    }
    kept = {name: [rate for rate in rates if rate.recipe in names] for name, rates in lists.items()}
    return audit.model_copy(update={"recipes": unchanged, **kept})


def failures(run: Run, recipe: str) -> list[Failure]:
    """The contrast items that an audited recipe labels wrongly, in the order of their file, base items left out."""
    asked, answers = pd.read_parquet(run.folder / FOLDER / ASKED), pd.read_parquet(answers_file(run, recipe))
    given = answers[answers["variant"] == CHANGED].set_index("id")["label"].astype(object)
    items = asked[asked["variant"] == CHANGED].to_dict("records")
    judged = {
        item["id"]: Judged(
            **{name: item[name] for name in ("id", "actor", "target", "text", "label")},
            answer=given[item["id"]] if isinstance(given[item["id"]], str) else None,
        )
        for item in items
    }
    return [
        Failure(item["category"], judged[item["id"]], judged.get(item["group"]))
        for item in items
        if item["category"] != BASE and item["label"] != judged[item["id"]].answer
    ]


def answers_file(run: Run, recipe: str) -> Path:
    """Where a recipe's answers are: id, variant, label, p_LABEL of every question."""
    return run.folder / FOLDER / f"{recipe}.parquet"
