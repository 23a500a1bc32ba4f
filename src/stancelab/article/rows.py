"""Which row of a table does each statement and actor of an article become?"""

from collections.abc import Iterator
from typing import Any

from stancelab.article.found import Analysis, Attribution, Statement
from stancelab.labels import LabelScheme

Row = dict[str, Any]

FIRST = ("id", "doc_id", "group", "text", "actor", "actor_id", "target", "label")
LAST = (
    "confidence",
    "role",
    "mode",
    "quote",
    "quote_start",
    "start",
    "end",
    "span",
    "paragraph",
    "cue",
    "mention_start",
    "mention_end",
    "attribution_confidence",
    "date",
    "source",
)


def columns(scheme: LabelScheme | None) -> tuple[str, ...]:
    """The names of a statement's columns, in order: with a probability for each label where a scheme is given.

    >>> columns(None).index("confidence")
    8
    """
    return (*FIRST, *(f"p_{label}" for label in scheme.labels), *LAST) if scheme else (*FIRST, *LAST)


def rows_of(analysis: Analysis) -> Iterator[Row]:
    """One row for each statement and actor, None where something is unknown, with the columns that `columns` names.

    group: the statement, the same in all its rows. confidence: the probability of the label. source: the outlet.
    """
    names = {actor.id: actor.name for actor in analysis.actors}
    for number, statement in enumerate(analysis.statements, 1):
        group = f"{analysis.source.doc_id}-{number:03d}"
        for attribution in statement.attributions:
            values = {
                "id": f"{group}-{attribution.actor_id}",
                "doc_id": analysis.source.doc_id,
                "group": group,
                "actor": names[attribution.actor_id],
                "target": analysis.target,
                "date": analysis.source.date,
                "source": analysis.source.outlet,
                **_told(statement),
                **_attributed(attribution),
            }
            yield {name: values.get(name) for name in columns(analysis.scheme)}


def _told(statement: Statement) -> Row:
    """What all rows of a statement share."""
    names = ("text", "mode", "quote", "quote_start", "start", "end", "span", "paragraph", "cue")
    return {name: getattr(statement, name) for name in names}


def _attributed(attribution: Attribution) -> Row:
    start, end = attribution.mention or (None, None)
    probabilities = attribution.probabilities or {}
    return {
        "actor_id": attribution.actor_id,
        "role": attribution.role,
        "mention_start": start,
        "mention_end": end,
        "attribution_confidence": attribution.confidence,
        "label": attribution.label,
        "confidence": probabilities.get(attribution.label) if attribution.label else None,
        **{f"p_{label}": value for label, value in probabilities.items()},
    }
