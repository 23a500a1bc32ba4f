"""Which statements does an article make, whose are they, and where do they stand in its file?"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from stancelab.article.attribution import attribute_spans
from stancelab.article.bearers import Bearer
from stancelab.article.cast import Cast
from stancelab.article.found import Attribution, FoundActor, Statement
from stancelab.article.gazetteer import Gazetteer, load_gazetteer
from stancelab.article.resolution import read
from stancelab.article.source import Source
from stancelab.article.speech import lexicon
from stancelab.article.syntax import Parsed, parse
from stancelab.article.told import Article, Told, tell
from stancelab.records import Role

if TYPE_CHECKING:
    from spacy.language import Language

WHOLE_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "Ae", "œ": "oe", "ß": "ss", "đ": "d", "Đ": "D", "þ": "th", "ı": "i"}
)
"""Letters that are no letter with an accent."""

REPORTED = 0.6
"""How sure the rules are of an actor inside what somebody else says."""

Found = tuple[tuple[FoundActor, ...], tuple[Statement, ...]]


def find(source: Source, nlp: "Language", gazetteer: Gazetteer | None = None) -> Found:
    """The actors and the statements of an article, without stances; of actors only those that a statement is attributed to.

    nlp: what `syntax.load` gives. gazetteer: who is meant by names that articles do not explain; the shipped one if None.
    """
    parsed = parse(source, nlp)
    cast = read(parsed, gazetteer or load_gazetteer())
    told = tell(parsed, cast)
    ids = _ids(cast)
    statements = tuple(_statement(source, parsed, ids, number, each) for number, each in enumerate(told, 1))
    return _actors(cast, ids, [each.attributions for each in statements]), statements


def attribute(
    source: Source, nlp: "Language", spans: Sequence[tuple[int, int]], gazetteer: Gazetteer | None = None
) -> tuple[tuple[FoundActor, ...], list[tuple[Attribution, ...]]]:
    """The actors of statements whose borders are given, and for each span of the content who it is attributed to."""
    parsed = parse(source, nlp)
    cast = read(parsed, gazetteer or load_gazetteer())
    visible = [source.visible(start, end) for start, end in spans]
    found = attribute_spans(Article(parsed, cast), tell(parsed, cast), visible)
    ids = _ids(cast)
    attributions = [
        tuple(_attributed(ids, speakers, "speaker", None, 0.8) + _attributed(ids, others, "reported", None, REPORTED))
        for speakers, others in found
    ]
    return _actors(cast, ids, attributions), attributions


def actor_id(name: str) -> str:
    """The key of an actor, the same in every article: the name in small letters without accents, with hyphens between words.

    >>> actor_id("Stéphane Séjourné")
    'stephane-sejourne'
    """
    plain = unicodedata.normalize("NFKD", name.translate(WHOLE_LETTERS)).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall(r"[a-z0-9]+", (plain or name).lower().replace("'", "")))
    return slug or "-".join(f"{ord(sign):x}" for sign in name)


def _ids(cast: Cast) -> dict[int, str]:
    """Bearers' ids; two actors whose names differ in accents or marks alone are told apart by a number."""
    ids: dict[int, str] = {}
    taken: Counter[str] = Counter()
    for bearer in cast.bearers:
        slug = actor_id(bearer.name)
        taken[slug] += 1
        ids[id(bearer)] = slug if taken[slug] == 1 else f"{slug}-{taken[slug]}"
    return ids


def _statement(source: Source, parsed: Sequence[Parsed], ids: dict[int, str], number: int, told: Told) -> Statement:
    start, end = source.place(told.start, told.end)
    frame = parsed[told.frame].frame
    mention = source.place(*parsed[told.frame].place(told.named_by)) if told.named_by is not None else None
    words = _quote(source.text, told)
    return Statement(
        id=f"{source.doc_id}-{number:03d}",
        start=start,
        end=end,
        span=source.content[start:end],
        text=" ".join(source.text[told.start : told.end].split()),
        paragraph=frame.block,
        mode=told.mode,
        quote=source.text[slice(*words)] if words else None,
        quote_start=source.place(*words)[0] if words else None,
        cue=told.cue,
        attributions=tuple(
            _attributed(ids, told.speakers, "speaker", mention, told.confidence)
            + _attributed(ids, told.reported, "reported", None, REPORTED)
        ),
    )


def _quote(text: str, told: Told) -> tuple[int, int] | None:
    """The first quoted words of a statement, without the comma or full stop at their end."""
    if not told.quotations:
        return None
    start, end = told.quotations[0].words
    end = min(end, told.end)
    while end > start and (text[end - 1].isspace() or text[end - 1] in ".,"):
        end -= 1
    return (start, end) if start < end else None


def _attributed(
    ids: dict[int, str], bearers: Iterable[Bearer], role: Role, mention: tuple[int, int] | None, confidence: float
) -> list[Attribution]:
    return [
        Attribution(ids[id(bearer)], role, mention if place == 0 else None, confidence) for place, bearer in enumerate(bearers)
    ]


def _actors(cast: Cast, ids: dict[int, str], attributions: Iterable[Iterable[Attribution]]) -> tuple[FoundActor, ...]:
    wanted = {each.actor_id for group in attributions for each in group}
    return tuple(_actor(cast, bearer, ids[id(bearer)]) for bearer in cast.bearers if ids[id(bearer)] in wanted)


def _actor(cast: Cast, bearer: Bearer, key: str) -> FoundActor:
    affiliation = bearer.affiliation or _affiliation(cast, bearer)
    home = cast.gazetteer.named(affiliation) if affiliation else None
    return FoundActor(
        id=key,
        name=bearer.name,
        kind=bearer.kind,
        affiliation=affiliation,
        country=bearer.country or (home.country if home else None),
        role=_role(bearer),
        aliases=[alias for alias in bearer.aliases if alias != bearer.name],
        mentions=len(bearer.places),
    )


def _role(bearer: Bearer) -> str | None:
    """The longest office that the article gives; of a person one that is more than a title."""
    plain = lexicon().titles - lexicon().persons if bearer.kind == "person" else frozenset()
    roles = [role for role in bearer.roles if role != bearer.name and role.lower().rstrip(".") not in plain]
    return max(roles, key=len, default=None)


def _affiliation(cast: Cast, bearer: Bearer) -> str | None:
    """The organisation or country that an office names last: "leader of the Coast Party", "French foreign minister"."""
    for role in sorted(bearer.roles, key=len, reverse=True):
        others = (other for other in cast.bearers if other.name in role and other is not bearer)
        names = [other.name for other in others if other.named and other.kind != "person"]
        inside = [name for name in names if cast.gazetteer.of_people(name) is None]
        if inside:
            return max(inside, key=lambda name: (role.rindex(name), len(name)))
        people = next((entry.name for word in role.split() if (entry := cast.gazetteer.of_people(word)) is not None), None)
        if people is not None:
            return people
    return None
