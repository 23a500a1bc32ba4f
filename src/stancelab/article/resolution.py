"""Whom does each noun phrase of an article mean?

An article is read once from its beginning. Every phrase that could mean an actor is resolved where it stands, by what has been
read before, and is then known to those that follow.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stancelab.article.bearers import Bearer, Kind
from stancelab.article.cast import Cast
from stancelab.article.descriptions import described
from stancelab.article.gazetteer import Gazetteer
from stancelab.article.names import Named, find_names, gather, is_organisation_word
from stancelab.article.phrases import called, conjuncts, descriptions, is_head, is_subject
from stancelab.article.pronouns import is_pronoun, meant_by
from stancelab.article.speech import lexicon
from stancelab.article.syntax import Parsed

if TYPE_CHECKING:
    from spacy.tokens import Token

BEGINNING = 6
"""Frames of an article in which somebody is told of before being named."""

FIRST_NAME = 3
"""How much a first name of the lists counts for a sex; a pronoun counts 1."""


def read(parsed: Sequence[Parsed], gazetteer: Gazetteer) -> Cast:
    """The cast of an article: everybody who is meant in it, and where."""
    cast = Cast([part.doc for part in parsed], gazetteer)
    for named in gather(find_names(parsed), parsed):
        _introduce(cast, named)
    for part_number, part in enumerate(parsed):
        for sentence in part.sentences():
            cast.sentence += 1
            for token in sentence:
                if is_head(token):
                    _meet(cast, part_number, part, token)
    return cast


def _introduce(cast: Cast, named: Named) -> None:
    """Take up who bears a name, with the offices and descriptions that stand beside it anywhere in the article."""
    entry = next((entry for form in named.forms if (entry := cast.gazetteer.named(form)) is not None), None)
    if entry is None and _is_a_place(named):
        return
    bearer = cast.known(entry) if entry is not None else cast.enter(Bearer(named.name, _kind_of(named)))
    bearer.aliases += [form for form in named.forms if form not in bearer.aliases]
    for place in named.places:
        doc = cast.docs[place.frame]
        for token in range(place.first, place.last):
            cast.named_at[place.frame, token] = bearer
        for phrase, head in descriptions(doc[place.first : place.last].root, place.first):
            if _holds_office(bearer, head):
                bearer.kind = "person"
            bearer.describe(phrase)
    if bearer.kind == "person":
        _tell_sex_by_name(bearer)


def _is_a_place(named: Named) -> bool:
    words = [word.lower() for word in named.name.split()]
    geographic = bool({words[0], words[-1]} & lexicon().geography) and not any(map(is_organisation_word, words))
    return geographic and named.votes["country"] > max(named.votes["organisation"], named.votes["person"])


def _kind_of(named: Named) -> Kind:
    votes = named.votes
    alone = all(len(form.split()) == 1 for form in named.forms)
    if votes["person"] >= max(votes["organisation"], votes["country"], 3 if alone else 1):
        return "person"
    if votes["group"] > max(votes["organisation"], votes["country"]):
        return "group"
    return "country" if votes["country"] > votes["organisation"] else "organisation"


def _holds_office(bearer: Bearer, head: str) -> bool:
    words = lexicon()
    return head in words.callings and head not in words.organisations and not is_organisation_word(bearer.name.split()[-1])


def _tell_sex_by_name(bearer: Bearer) -> None:
    words, first = lexicon(), bearer.name.split()[0].lower()
    bearer.sex["f"] += FIRST_NAME * (first in words.women)
    bearer.sex["m"] += FIRST_NAME * (first in words.men)
    if not bearer.sex.total() and " " in bearer.name and first.endswith("a"):
        bearer.sex["f"] += 1


def _meet(cast: Cast, frame: int, part: Parsed, token: "Token") -> None:
    found = _resolve(cast, frame, token)
    if found:
        _recognise(cast, frame, token, found)
        cast.meant[frame, token.i] = found
        if part.frame.kind != "said":
            cast.mention(frame, token, found, subject=is_subject(token) and part.frame.kind == "told")


def _recognise(cast: Cast, frame: int, token: "Token", found: tuple[Bearer, ...]) -> None:
    """Whoever begins a paragraph with a new name is who the paragraph before began with by an office alone: "A judge has ...".

    Only at an article's beginning, where reporters tell what somebody is before who it is.
    """
    new = len(found) == 1 and found[0].named and found[0].kind == "person" and not found[0].places
    if not new or frame > BEGINNING or not _begins_with(cast, frame, token) or not is_subject(token):
        return
    before = [mention for mention in cast.mentions if mention.subject and mention.frame < frame]
    last = next((mention for mention in before if mention.frame == before[-1].frame), None)
    if last is not None and len(last.bearers) == 1 and last.bearers[0].kind == "person" and not last.bearers[0].named:
        cast.turns_out_to_be(last.bearers[0], found[0])


def _begins_with(cast: Cast, frame: int, token: "Token") -> bool:
    """Whether a paragraph begins with the name that a token belongs to."""
    bearer = cast.named_at.get((frame, token.i))
    return bearer is not None and all(cast.named_at.get((frame, place)) is bearer for place in range(token.i))


def _resolve(cast: Cast, frame: int, token: "Token") -> tuple[Bearer, ...]:
    if (frame, token.i) in cast.meant:
        return cast.meant[frame, token.i]
    if is_pronoun(token):
        return meant_by(cast, frame, token)
    named = cast.named_at.get((frame, token.i))
    if named is not None and token.dep_ not in ("amod", "compound"):
        return (named,)
    return _by_name_beside(cast, frame, token) or described(cast, frame, token, lambda other: _resolve(cast, frame, other))


def _by_name_beside(cast: Cast, frame: int, token: "Token") -> tuple[Bearer, ...]:
    """Who is named right behind an office or a body: "its chair, A", "two councillors, A and B", "a clerk named A"."""
    words, lemma = lexicon(), token.lemma_.lower()
    for child in token.children:
        if child.dep_ == "acl" and child.lemma_ in ("name", "call"):
            child = next((inner for inner in child.children if inner.dep_ in ("oprd", "attr", "dobj")), child)
        elif child.dep_ != "appos":
            continue
        other = cast.named_at.get((frame, child.i))
        if other is None and child.lemma_.lower() in words.persons and lemma not in words.persons:
            return _resolve(cast, frame, child)
        if other is None or other.kind == "country" or lemma not in words.persons | words.organisations | words.groups:
            continue
        if token.tag_ == "NNS":
            return (other, *(more for word in conjuncts(child) if (more := cast.named_at.get((frame, word.i))) is not None))
        other.describe(called(token))
        return (other,)
    return ()
