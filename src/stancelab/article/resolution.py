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
    return head in words.offices and head not in words.organisations and not is_organisation_word(bearer.name.split()[-1])


def _tell_sex_by_name(bearer: Bearer) -> None:
    words, first = lexicon(), bearer.name.split()[0].lower()
    bearer.sex["f"] += FIRST_NAME * (first in words.women)
    bearer.sex["m"] += FIRST_NAME * (first in words.men)
    if not bearer.sex.total() and " " in bearer.name and first.endswith("a"):
        bearer.sex["f"] += 1


def _meet(cast: Cast, frame: int, part: Parsed, token: "Token") -> None:
    found = _resolve(cast, frame, token)
    if found:
        cast.meant[frame, token.i] = found
        if part.frame.kind != "said":
            cast.mention(frame, token, found, subject=is_subject(token) and part.frame.kind == "told")


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
    """Who is named right behind an office: "its chair, Oda Brannick", "two councillors, A and B"."""
    lemma = token.lemma_.lower()
    office = lemma in lexicon().persons
    for child in token.children:
        other = cast.named_at.get((frame, child.i)) if child.dep_ == "appos" else None
        if other is None or (other.kind == "person") != office:
            continue
        if token.tag_ == "NNS":
            return (other, *(more for word in conjuncts(child) if (more := cast.named_at.get((frame, word.i))) is not None))
        other.describe(called(token))
        return (other,)
    return ()
