"""What does somebody see who would otherwise have coded the article by hand?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stancelab.article.found import Analysis, Attribution, FoundActor, Statement
from stancelab.article.shading import paragraphs
from stancelab.article.stance_chart import most_first, stance_chart, tallies
from stancelab.labels import LabelScheme
from stancelab.report.label_marks import classes, letters
from stancelab.report.sealed import checksum_source, joined, templates

SURE = 0.5
"""The probability from which a label or an attribution is not called unsure."""
PLAIN = "plain"
"""The class of what has no stance."""


def article_page(analysis: Analysis) -> str:
    """One HTML page with the shaded text, its statements, actors and stances; it holds all that it needs.

    Everything is there without a script; the script filters, sorts and leads from the text to the table and back.
    """
    marks = Marks.of(analysis.scheme)
    counted = tallies(analysis)
    return sealed(
        "page.html",
        style=("report/look.css", "article/page.css"),
        script=("article/sorting.js", "article/page.js"),
        analysis=analysis,
        source=analysis.source,
        notes=[*analysis.source.notes, *analysis.notes],
        rows=rows(analysis, marks),
        paragraphs=paragraphs(analysis.source, analysis.statements),
        actors=most_first(analysis.actors, counted),
        tallies=counted,
        labels=labels_of(analysis),
        marks=marks,
        chart=stance_chart(analysis),
    )


def sealed(template: str, *, style: Sequence[str], script: Sequence[str], **context: object) -> str:
    """A template of this folder with the style and the script that these files make, and a policy that allows no others."""
    texts = {"style": joined(*style), "script": joined(*script)}
    policy = "; ".join(f"{kind}-src {checksum_source(text)}" for kind, text in texts.items())
    return templates("article", "report").get_template(template).render(policy=policy, **texts, **context)


@dataclass(frozen=True)
class Marks:
    """How labels are told apart: a class for the colour, the line and the pattern, and letters."""

    kinds: Mapping[str, str]
    letters: Mapping[str, str]

    @classmethod
    def of(cls, scheme: LabelScheme | None) -> "Marks":
        """Those of a scheme."""
        return cls(classes(scheme), letters(scheme)) if scheme else cls({}, {})

    def kind(self, label: str | None) -> str:
        """The class of a label, or of none."""
        return PLAIN if label is None else self.kinds[label]

    def letter(self, label: str | None) -> str:
        """The letters of a label; a dash for none."""
        return "\N{EN DASH}" if label is None else self.letters[label]


@dataclass(frozen=True)
class Voice:
    """An actor of a statement with its stance. share: the probability of the label, told: that of all labels, in words."""

    actor: FoundActor
    attribution: Attribution
    kind: str
    letter: str
    share: float | None
    told: str

    @property
    def unsure(self) -> bool:
        """Whether the label is less probable than not."""
        return self.share is not None and self.share < SURE

    @property
    def named(self) -> str:
        """The actor and its stance in words."""
        stance = self.attribution.label or ""
        return f"{self.actor.name} {stance}{', unsure' if self.unsure else ''}".rstrip()

    @property
    def unsure_who(self) -> bool:
        """Whether the actor is."""
        return self.attribution.confidence < SURE


@dataclass(frozen=True)
class Row:
    """A statement as the page shows it. number: from 1."""

    number: int
    statement: Statement
    voices: tuple[Voice, ...]

    @property
    def stances(self) -> tuple[Voice, ...]:
        """The first voice of each label."""
        first: dict[str | None, Voice] = {}
        for voice in self.voices:
            first.setdefault(voice.attribution.label, voice)
        return tuple(first.values())

    @property
    def shade(self) -> str:
        """The classes of its words: the first two stances, the second as a line of its own, and whether all are unsure."""
        kinds = list(dict.fromkeys(voice.kind for voice in self.stances)) or [PLAIN]
        second = [f"mixed with-{kinds[1]}"] if len(kinds) > 1 else []
        unsure = ["unsure"] if self.voices and all(voice.unsure for voice in self.voices) else []
        return " ".join((kinds[0], *second, *unsure))

    @property
    def told(self) -> str:
        """What a screen reader says at its first word."""
        said = "; ".join(voice.named for voice in self.voices)
        return f"Statement {self.number}: {said or 'nobody named'}"


def rows(analysis: Analysis, marks: Marks) -> list[Row]:
    """The statements in order, with their actors."""
    actors = {actor.id: actor for actor in analysis.actors}
    return [
        Row(number, statement, tuple(_voice(actors[each.actor_id], each, marks) for each in statement.attributions))
        for number, statement in enumerate(analysis.statements, 1)
    ]


def _voice(actor: FoundActor, given: Attribution, marks: Marks) -> Voice:
    shares = given.probabilities or {}
    share = shares.get(given.label) if given.label is not None else None
    told = ", ".join(f"{label} {value:.2f}" for label, value in shares.items())
    return Voice(actor, given, marks.kind(given.label), marks.letter(given.label), share, told)


def labels_of(analysis: Analysis) -> dict[str | None, int]:
    """The labels of the scheme, in order, each with its number of statements; None last, where some have no stance.

    A statement counts for each of its labels.
    """
    found = Counter(label for one in analysis.statements for label in {each.label for each in one.attributions})
    scheme = analysis.scheme.labels if analysis.scheme else ()
    return {**{label: found[label] for label in scheme}, **({None: found[None]} if found[None] else {})}
