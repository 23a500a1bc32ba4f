"""Whose is a statement whose borders are given?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stancelab.article.clauses import own_subject
from stancelab.article.phrases import called
from stancelab.article.syntax import is_readable
from stancelab.article.told import Article, Speakers, Told

if TYPE_CHECKING:
    from spacy.tokens import Token

ENOUGH = 0.5
"""The share of two spans' union that they have in common, from which on they are the same statement."""


def attribute_spans(article: Article, told: Sequence[Told], spans: Sequence[tuple[int, int]]) -> list[tuple[Speakers, Speakers]]:
    """The speakers and the reported actors of each span of the visible text, in the order given; told: the statements found."""
    return [_of_span(article, told, span) for span in spans]


def _of_span(article: Article, told: Sequence[Told], span: tuple[int, int]) -> tuple[Speakers, Speakers]:
    best = max(told, key=lambda statement: _overlap(span, statement), default=None)
    if best is not None and _overlap(span, best) >= ENOUGH:
        return best.speakers, best.reported
    earlier = next((statement.speakers for statement in reversed(told) if statement.end <= span[0]), ())
    for number, part in enumerate(article.parsed):
        if part.frame.kind != "told" or part.frame.ends[-1] <= span[0] or part.frame.starts[0] >= span[1]:
            continue
        inside = [token for token in part.doc if span[0] <= part.place(token)[0] < span[1]]
        if inside:
            return _by_clause(article, number, inside) or (_by_word(article, number, inside) or earlier, ())
    return earlier, ()


def _by_clause(article: Article, number: int, inside: Sequence["Token"]) -> tuple[Speakers, Speakers] | None:
    """By the clause in the span that stands highest in its sentence, if that can be read."""
    if not is_readable(inside[0].sent):
        return None
    places = {token.i for token in inside}
    clauses = [clause for clause in article.clauses(number, inside[0].sent) if clause.predicate.i in places]
    for clause in sorted(clauses, key=lambda clause: sum(1 for _ in clause.predicate.ancestors)):
        speakers, _ = article.speakers_of(number, clause)
        if speakers:
            return speakers, ()
    return None


def _by_word(article: Article, number: int, inside: Sequence["Token"]) -> Speakers:
    """By any verb's subject, by a noun with its speaker, at last by how the subject is called."""
    verbs = [token for token in inside if token.pos_ in ("VERB", "AUX")]
    subjects = [subject for verb in verbs if (subject := own_subject(verb) or _subject_above(verb)) is not None]
    nouns = [speaker for token in inside if (speaker := article.noun_speaker(number, token)) is not None]
    for token in (*subjects, *nouns):
        actors = article.cast.actors_at(number, token)
        if actors:
            return actors
    described = next(
        (token for token in inside if token.dep_ in ("nsubj", "nsubjpass") and token.pos_ in ("NOUN", "PROPN")), None
    )
    return (article.cast.introduce(called(described), "group"),) if described is not None else ()


def _subject_above(token: "Token") -> "Token | None":
    return next((subject for above in token.ancestors if (subject := own_subject(above)) is not None), None)


def _overlap(span: tuple[int, int], statement: Told) -> float:
    shared = min(span[1], statement.end) - max(span[0], statement.start)
    return max(0, shared) / (max(span[1], statement.end) - min(span[0], statement.start))
