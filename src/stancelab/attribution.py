"""Which words of a statement, and did its actor and its target, bring a classifier to its prediction?"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stancelab.errors import InputError
from stancelab.records import Record
from stancelab.shapley import Masks, coalitions, draw_orders, shapley_values

Field = Literal["text", "actor", "target"]
FIELDS: tuple[Field, ...] = ("text", "actor", "target")
MOST_PARTS = 32
"""Into how many parts a statement is cut at most; one of more words falls into phrases, so that the cost has a bound."""
PAIRS = 8
"""Orders drawn for a row, each with its reverse; at like cost they come nearer the exact values than captum's KernelShap."""


class Player(Record):
    """A part of a row that can be there or not: words of its statement with the white space after them, its actor, its target."""

    field: Field
    text: str

    @property
    def shown(self) -> str:
        """The words themselves; the field's name in brackets for an actor or a target, whose text stands elsewhere."""
        return self.text.strip() if self.field == "text" else f"[{self.field}]"


class Attribution(NamedTuple):
    """What a classifier says of a row, and what each of the row's players brings to that.

    probability: of the predicted label. base: of the same label without any player. values: one a player, they add up to
    probability less base. errors: their standard errors, as orders are drawn.
    """

    predicted: str
    probability: float
    base: float
    values: NDArray[np.float64]
    errors: NDArray[np.float64]


def players_of(row: "pd.Series[Any]", *, most: int = MOST_PARTS) -> list[Player]:
    """The row's words, or runs of words of like length where there are more than `most`, then its actor and its target.

    >>> [player.text for player in players_of(pd.Series({"text": "No way, never!", "actor": "Ada", "target": "bridge"}), most=2)]
    ['No way, ', 'never!', 'Ada', 'bridge']
    """
    words = re.findall(r"^\s*\S+\s*|\S+\s*", row["text"])
    cuts = np.linspace(0, len(words), min(most, len(words)) + 1).round().astype(int)
    parts = ["".join(words[start:end]) for start, end in pairwise(cuts)]
    return [Player(field="text", text=part) for part in parts] + [Player(field=name, text=row[name]) for name in FIELDS[1:]]


def rows_with(players: Sequence[Player], masks: Masks) -> pd.DataFrame:
    """What a classifier reads where only some players are there: text, actor, target, a row for each mask of shape (players,).

    Absent words are left out, an absent actor or target is empty; with all players it is the row itself.
    """

    def joined(field: Field, mask: NDArray[np.bool_]) -> str:
        own = [(player.text, there) for player, there in zip(players, mask, strict=True) if player.field == field]
        text = "".join(part for part, there in own if there)
        return text if all(there for _, there in own) else text.strip()

    return pd.DataFrame([{field: joined(field, mask) for field in FIELDS} for mask in masks])


def attribute(model: Any, players: Sequence[Player], *, pairs: int = PAIRS, seed: Sequence[int]) -> Attribution:
    """Shapley values of a row's players for the probability of the label that a fitted classifier predicts for it.

    seed: of the orders drawn; the same one gives every classifier the same parts of the row to read. InputError without captum,
    and where a part gets no probability. Source: Lundberg and Lee 2017, A unified approach to interpreting model predictions;
    here, what is absent is left out of the row rather than replaced, so that any classifier can read the rest.
    """
    orders = draw_orders(len(players), pairs=pairs, seed=seed)
    masks = coalitions(orders)
    probabilities = np.asarray(model.predict_proba(rows_with(players, masks)), dtype=float)
    unanswered = int(np.isnan(probabilities).any(axis=1).sum())
    if unanswered:
        raise InputError(f"{unanswered} of {len(masks)} parts of the row got no probability; nothing can be attributed")
    label = int(probabilities[-1].argmax())
    worth = probabilities[:, label]
    drawn = shapley_values(orders, masks, worth)
    errors = drawn.std(axis=0, ddof=1) / np.sqrt(pairs)
    return Attribution(str(model.classes_[label]), float(worth[-1]), float(worth[0]), drawn.mean(axis=0), errors)
