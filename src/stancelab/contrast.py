"""Which items were changed on purpose, to see whether a classifier's answer follows, and is their file well-formed?"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import StringConstraints

from stancelab.dataset import Dataset, unknown_labels
from stancelab.errors import refuse, suggestion
from stancelab.labels import LabelScheme
from stancelab.records import Record, Text, parse_records
from stancelab.tables import repeated

CONTRAST = "contrast.jsonl"
"""The file of a dataset's folder that holds its contrast set."""
BASE = "base"

Category = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Numbered = Sequence[tuple[str, "ContrastItem"]]
"""("FILE:LINE", item) pairs."""


class ContrastItem(Record):
    """One line of contrast.jsonl: an item written for the test, or one that was made from such an item by one change.

    base: the id of the item that it was made from, its own for a base item. category: "base", or what was changed, like
    negation-flip. expected: whether the label is another one than that of the base item.
    Source: Gardner et al. 2020, Evaluating models' local decision boundaries via contrast sets.
    """

    id: Text
    base: Text
    category: Category
    text: Text
    actor: Text
    target: Text
    label: Text
    expected: Literal["changes", "same"]


def parse_contrast(path: Path, scheme: LabelScheme, gold_texts: Iterable[str]) -> tuple[list[ContrastItem], list[str]]:
    """The items, and a fault for each line that is none: form, ids, labels, bases, expectations, texts that are gold's."""
    parsed, faults = parse_records(path, ContrastItem)
    numbered = [(f"{path}:{line}", item) for line, item in parsed]
    places, items = [place for place, _ in numbered], [item for _, item in numbered]
    whole = not faults
    faults += repeated([item.id for item in items], places, "id")
    faults += repeated([(item.text, item.actor, item.target) for item in items], places, "(text, actor, target)")
    faults += unknown_labels([item.label for item in items], places, scheme)
    faults += _base_faults(numbered) if whole else []
    faults += _gold_faults(numbered, gold_texts)
    return items, faults


def read_contrast(path: Path, scheme: LabelScheme, gold_texts: Iterable[str]) -> list[ContrastItem]:
    """The items of a contrast set, labels in `scheme`. One InputError with all faults, see `parse_contrast`."""
    items, faults = parse_contrast(path, scheme, gold_texts)
    refuse(faults)
    return items


def as_dataset(items: Sequence[ContrastItem], scheme: LabelScheme) -> Dataset:
    """The items as rows, those of one base item as one group, with a column `category`."""
    import pandas as pd

    rows = pd.DataFrame([item.model_dump(exclude={"base", "expected"}) | {"group": item.base} for item in items])
    return Dataset("contrast", "", scheme, rows)


def _base_faults(numbered: Numbered) -> list[str]:
    """Items whose base is none, whose category does not say what they are, or that expect what their labels deny."""
    bases = {item.id: item for _, item in numbered if item.base == item.id}
    faults = []
    for place, item in numbered:
        if item.base not in bases:
            faults.append(f"{place}: base {item.base!r} is no base item here{suggestion(item.base, bases)}")
            continue
        if (item.category == BASE) != (item.base == item.id):
            faults.append(
                f"{place}: category {item.category!r}, base {item.base!r}: {BASE!r} is for an item that is its own base"
            )
        fitting = "same" if item.label == bases[item.base].label else "changes"
        if item.expected != fitting:
            theirs = f"label {item.label!r}, base item {item.base!r} has {bases[item.base].label!r}"
            faults.append(f"{place}: expected {item.expected!r} does not go with the labels ({theirs}), only {fitting!r}")
    return faults


def _gold_faults(numbered: Numbered, gold_texts: Iterable[str]) -> list[str]:
    """Items whose text a classifier would have learnt from, white space and case aside."""
    gold = {_plain(text) for text in gold_texts}
    return [
        f"{place}: the text of {item.id!r} is that of a gold row; a contrast set is of texts that no classifier has learnt from"
        for place, item in numbered
        if _plain(item.text) in gold
    ]


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
