"""Which models do the measurements predict with? Trained once on SemEval-2016, kept under runs/performance."""

from pathlib import Path

import numpy as np

from stancelab.dataset import load_dataset
from stancelab.training import train

FOLDER = Path("runs") / "performance"
FROZEN = """title = "MiniLM, frozen"
family = "transformer"
kind = "frozen-encoder"
description = "One vector a text under a logistic regression."
source = "for measuring"
[params]
views = ["{text}"]
"""
FINETUNED = """title = "MiniLM, fine-tuned"
family = "transformer"
kind = "finetuned-encoder"
description = "A sequence classifier as transformers knows it, taught for one epoch."
source = "for measuring"
[params]
statement = "{text}"
question = ""
pooling = "native"
epochs = 1
inner_folds = 0
"""
LINEAR = "svm-ngrams"


def frozen() -> Path:
    """A frozen encoder with a linear head."""
    return _trained("frozen", FROZEN)


def finetuned() -> Path:
    """A fine-tuned encoder with the head that its architecture brings: what transformers' own pipeline reads."""
    return _trained("finetuned", FINETUNED, share=5)


def linear() -> Path:
    """A linear recipe."""
    return _trained("linear", None)


def _trained(name: str, recipe: str | None, *, share: int = 1) -> Path:
    """share: of every so many training rows one is learnt from."""
    folder = FOLDER / name
    if folder.exists():
        return folder
    FOLDER.mkdir(parents=True, exist_ok=True)
    file: str | Path = LINEAR
    if recipe is not None:
        file = FOLDER / f"measured-{name}.toml"
        file.write_text(recipe, encoding="utf-8")
    rows = load_dataset("semeval2016")
    chosen = rows.only((rows.rows["split"] == "train").to_numpy() & (np.arange(len(rows.rows)) % share == 0))
    train(file, chosen, folder, folds=0)
    return folder
