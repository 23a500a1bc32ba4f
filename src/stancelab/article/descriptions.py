"""Whom does a description mean: "the finance minister", "her party", "both ministries", "most fishers"?"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from stancelab.article.bearers import Bearer, singular, words_of
from stancelab.article.cast import NUMBERS, Cast
from stancelab.article.phrases import called, is_definite, is_indefinite, is_plural, is_subject, object_after, possessor
from stancelab.article.speech import lexicon

if TYPE_CHECKING:
    from spacy.tokens import Token

Meaning = Callable[["Token"], tuple[Bearer, ...]]
"""Who another word of the same frame means, whether or not it has been read yet."""


SAME_OFFICE = {"premier": "minister", "leader": "chief", "spokesman": "spokesperson", "spokeswoman": "spokesperson"}
OF = frozenset(("of",))
FOR = frozenset(("of", "for"))
FROM = frozenset(("from", "by"))


def described(cast: Cast, frame: int, token: "Token", meaning: Meaning) -> tuple[Bearer, ...]:
    """Who a common noun means; somebody new where nobody fits; empty where it means no actor."""
    words, lemma = lexicon(), token.lemma_.lower()
    counted = token.lower_ in NUMBERS or (
        token.lower_ in lexicon().quantifiers and not (lemma in lexicon().counted and is_definite(token))
    )
    if token.pos_ not in ("NOUN", "PROPN") and not counted and not (token.dep_ == "nsubj" and lemma in words.persons):
        return ()
    place = object_after(token, OF) if lemma in words.places else None
    if place is not None:
        return _named(cast, frame, place)
    owner = _owner(token, meaning)
    if owner is not None and (found := _of_owner(cast, owner, lemma)):
        return found
    entry = cast.gazetteer.named(called(token, with_of=False))
    if entry is not None:
        return (cast.known(entry),)
    if is_plural(token) or counted:
        return _group(cast, token, meaning, counted=counted)
    if lemma in words.persons and (lemma not in words.organisations or is_indefinite(token)):
        return _office(cast, frame, token, meaning)
    if lemma in words.organisations or lemma in words.groups or last_part(lemma) in words.organisations:
        return _organisation(cast, frame, token, owner)
    return _author(cast, token, meaning) if lemma in words.documents else ()


def last_part(lemma: str) -> str:
    """The last word of a hyphened one: "tank" of "think-tank"."""
    return lemma.split("-")[-1]


def _named(cast: Cast, frame: int, token: "Token") -> tuple[Bearer, ...]:
    found = cast.named_at.get((frame, token.i))
    return () if found is None else (found,)


def _owner(token: "Token", meaning: Meaning) -> Bearer | None:
    whose = possessor(token)
    return next(iter(meaning(whose)), None) if whose is not None and whose.pos_ in ("PRON", "PROPN") else None


def _of_owner(cast: Cast, owner: Bearer, lemma: str) -> tuple[Bearer, ...]:
    """A person's country, party or government, a country's troops: who they are, where the article has told it."""
    if owner.kind == "country":
        return (owner,) if lemma in lexicon().forces or lemma == "government" else ()
    if lemma == "government":
        return (cast.introduce("government", "organisation"),)
    if owner.kind != "person":
        return ()
    known = []
    for role in owner.roles:
        for bearer in cast.bearers:
            if bearer.named and bearer.kind != "person" and any(alias in role for alias in (bearer.name, *bearer.aliases)):
                known.append((bearer, role))
    houses = (bearer for bearer, role in known if _is_house(bearer, role, lemma))
    found = next((bearer for bearer, _ in known), None) if lemma == "country" else next(houses, None)
    return () if found is None else (found,)


def _is_house(bearer: Bearer, role: str, lemma: str) -> bool:
    alone = role == bearer.name and not words_of(role) & lexicon().public_bodies
    return lemma in words_of(bearer.name) or lemma in lexicon().companies or (alone and lemma in lexicon().organisations)


# persons


def _office(cast: Cast, frame: int, token: "Token", meaning: Meaning) -> tuple[Bearer, ...]:
    """A person by an office: who is known to hold it, else who was spoken of just before without one, else somebody new.

    Who speaks for an organisation without being named speaks as that organisation.
    """
    beside = _named_beside(cast, frame, token)
    if beside is not None:
        return (beside,)
    head, phrase = token.lemma_.lower(), called(token)
    if is_indefinite(token):
        house = _spoken_for(cast, frame, token, meaning) if head in lexicon().spokespersons else None
        return (house if house is not None else cast.introduce(phrase, "person"),)
    holder = _holder(cast, words_of(called(token, with_of=False)), head) or _varied(cast, frame, token, head)
    if holder is None:
        return (cast.introduce(phrase, "person"),)
    if not any(head in words_of(role) for role in holder.roles):
        holder.describe(phrase)
    return (holder,)


def _spoken_for(cast: Cast, frame: int, token: "Token", meaning: Meaning) -> Bearer | None:
    """The organisation or country that somebody without a name speaks for: "a spokesman for Norlys", "a Norlys spokesman"."""
    place = object_after(token, FOR)
    before = (cast.named_at.get((frame, child.i)) for child in token.lefts if child.dep_ in ("compound", "nmod", "amod"))
    found = meaning(place) if place is not None else tuple(filter(None, before))
    return next((bearer for bearer in found if bearer.kind in ("organisation", "country")), None)


def _holder(cast: Cast, own: frozenset[str], head: str) -> Bearer | None:
    """Who is known to hold an office: with all the words that are said of it, else with none that speaks against it."""
    heads = {head, SAME_OFFICE.get(head, head)}
    persons = [bearer for bearer in cast.remembered() if bearer.kind == "person"]
    offices = [(bearer, words_of(role)) for bearer in persons for role in bearer.roles if heads & words_of(role)]
    exact = (bearer for bearer, role in offices if own <= role)
    loose = (bearer for bearer, role in offices if not (own - role - heads and role - own - heads))
    return next(exact, None) or next(loose, None)


def _varied(cast: Cast, frame: int, token: "Token", head: str) -> Bearer | None:
    """Who was the last subject in this paragraph, where an office is told of nobody yet: writers vary what they call people."""
    capital = token.text[0].isupper()
    if not is_definite(token) or possessor(token) is not None or token.dep_ == "nsubjpass" or not is_subject(token):
        return None
    for mention in cast.recent(3 if capital else 2):
        if mention.sentence == cast.sentence or not (capital or (mention.subject and mention.frame == frame)):
            continue
        for bearer in mention.bearers:
            free = not any(head in words_of(role) for role in bearer.roles)
            if bearer.kind == "person" and bearer.named and free:
                return bearer
    return None


def _named_beside(cast: Cast, frame: int, token: "Token") -> Bearer | None:
    """The person whose name stands behind an office between commas, whatever the parser takes it for."""
    inside = [inner.i for inner in token.subtree if inner.dep_ == "appos" and inner.i > token.i and inner.head.i != token.i]
    for place in [*_behind_a_comma(token), *inside]:
        other = cast.named_at.get((frame, place))
        if other is not None and other.kind == "person":
            other.describe(called(token))
            return other
    return None


def _behind_a_comma(token: "Token") -> list[int]:
    """Where a name begins that stands between commas, or a comma and the sentence's end, right behind a noun."""
    rest = token.doc[token.i + 1 : token.i + 7]
    marks = [place for place, other in enumerate(rest) if other.text in (",", ".")]
    return [rest[1].i] if len(marks) > 1 and marks[0] == 0 and rest[1].text[0].isupper() else []


# organisations


def _organisation(cast: Cast, frame: int, token: "Token", owner: Bearer | None) -> tuple[Bearer, ...]:
    words, lemma, phrase = lexicon(), token.lemma_.lower(), called(token)
    own = words_of(called(token, with_of=False)) - {lemma}
    if is_definite(token):
        found = _called_so(cast, last_part(lemma), own)
        if found is None and owner is None and lemma in words.companies | words.bodies:
            found = _spoken_of_again(cast, frame, own, phrase, public=lemma in words.bodies)
        found = found or _described_so(cast, last_part(lemma), words_of(phrase))
        if found is not None:
            return (found,)
    people = next((entry for child in token.lefts if (entry := cast.gazetteer.of_people(child.text)) is not None), None)
    if people is not None and lemma == "government":
        return (cast.known(people),)
    return (cast.introduce(phrase, "group" if lemma in words.groups - words.organisations else "organisation"),)


def _called_so(cast: Cast, head: str, own: frozenset[str]) -> Bearer | None:
    """The organisation whose name or description has this noun and all words before it."""
    for bearer in cast.remembered():
        if bearer.kind == "organisation" and bearer.named:
            every = words_of(" ".join((bearer.name, *bearer.roles)))
            if head in every | singular(every) and singular(own) <= singular(every):
                return bearer
    return None


def _described_so(cast: Cast, head: str, phrase: frozenset[str]) -> Bearer | None:
    for bearer in cast.remembered():
        if (
            bearer.kind == "organisation"
            and not bearer.named
            and head in words_of(bearer.name)
            and phrase <= words_of(bearer.name)
        ):
            return bearer
    return None


def _spoken_of_again(cast: Cast, frame: int, own: frozenset[str], phrase: str, *, public: bool) -> Bearer | None:
    """What "the company" means: the last organisation that can be called so; with words nobody has had yet the last subject.

    public: for "the watchdog" and the like, which a public body can be called first of all.
    """
    bodies = lexicon().public_bodies
    for mention in cast.recent(4):
        for bearer in mention.bearers:
            fits = public or not own - words_of(bearer.name) or (mention.subject and mention.frame == frame and not bearer.roles)
            house = (
                bearer.named
                and bearer.country is None
                and (bearer.kind in ("organisation", "country") or _may_be_no_person(bearer))
            )
            if fits and house and bool(words_of(bearer.name) & bodies) == public:
                bearer.kind = "organisation" if bearer.kind == "person" else bearer.kind
                if own or public:
                    bearer.describe(phrase)
                return bearer
    return None


def _may_be_no_person(bearer: Bearer) -> bool:
    """Whether only the look of a name has made a person of its bearer: no office, no "he" or "she", no surname alone."""
    return not bearer.roles and not bearer.sex.total() and len(bearer.aliases) < 2


def _author(cast: Cast, token: "Token", meaning: Meaning) -> tuple[Bearer, ...]:
    """A report or letter speaks for who wrote it, where the article says who did; else for itself, as a subject."""
    lemma = token.lemma_.lower()
    sender = object_after(token, FROM)
    authors = (_owner(token, meaning),) if possessor(token) is not None else (meaning(sender)[:1] if sender is not None else ())
    written = f"{lemma} of "
    if authors and authors[0] is not None:
        cast.introduce(written + authors[0].name, "organisation")
        return (authors[0],)
    earlier = next(
        (bearer.name.removeprefix(written) for bearer in cast.bearers if not bearer.named and bearer.name.startswith(written)),
        None,
    )
    if earlier is not None:
        return tuple(bearer for bearer in cast.bearers if bearer.name == earlier)[:1]
    return (cast.introduce(called(token), "organisation"),) if token.dep_ in ("nsubj", "pobj") else ()


# groups


def _group(cast: Cast, token: "Token", meaning: Meaning, *, counted: bool) -> tuple[Bearer, ...]:
    words, lemma = lexicon(), token.lemma_.lower()
    number = next((NUMBERS[child.lower_] for child in token.children if child.lower_ in NUMBERS), NUMBERS.get(token.lower_))
    pointing = is_definite(token) or token.lower_ == "both" or any(child.lower_ == "both" for child in token.children)
    if number is not None and pointing and (together := _together(cast, number, lemma)):
        return together
    if counted:
        return _counted(cast, token, meaning)
    people = lemma in words.groups | words.persons | words.organisations or last_part(lemma) in words.persons
    if not people and cast.gazetteer.of_people(token.text) is None:
        return ()
    phrase = words_of(called(token))
    if is_definite(token):
        for bearer in cast.remembered():
            if (
                bearer.kind == "group"
                and phrase <= words_of(bearer.name)
                and lemma in singular(words_of(bearer.name)) | words_of(bearer.name)
            ):
                return (bearer,)
    return (cast.introduce(called(token), "group"),)


def _counted(cast: Cast, token: "Token", meaning: Meaning) -> tuple[Bearer, ...]:
    """ "Several of them", "a group of parents", "most": a group of its own, named with those it is a part of."""
    words = lexicon()
    whole = object_after(token, OF)
    if whole is None:
        stands_alone = token.dep_ in ("nsubj", "nsubjpass", "conj") and token.lemma_ not in ("number", "rest", "half")
        return (cast.introduce(called(token), "group"),) if stands_alone else ()
    inner = meaning(whole)
    if whole.pos_ == "PRON":
        return (cast.introduce(f"{called(token, with_of=False)} {_without_quantity(inner[0].name)}", "group"),) if inner else ()
    people = whole.lemma_.lower() in words.groups | words.persons | words.organisations
    return (cast.introduce(called(token), "group"),) if people or any(bearer.kind == "group" for bearer in inner) else ()


def _without_quantity(name: str) -> str:
    first, _, rest = name.partition(" ")
    return rest if rest and first.lower() in lexicon().quantifiers else name


def _together(cast: Cast, number: int, lemma: str) -> tuple[Bearer, ...]:
    """So many actors who were named together, or in one sentence, of the kind that the word is for: "the two", "both men"."""
    words = lexicon()
    person, thing = lemma in words.persons, lemma in words.organisations | {"country", "state", "nation"}
    for mention in cast.recent(3):
        together = cast.together(mention)
        persons = sum(bearer.kind == "person" for bearer in together)
        if len(together) == number and not (person and persons < number) and not (thing and persons == number):
            return together
    if thing:
        return ()
    met: dict[int, list[Bearer]] = {}
    for mention in cast.recent(2):
        persons_there = met.setdefault(mention.sentence, [])
        persons_there += [bearer for bearer in mention.bearers if bearer.kind == "person" and bearer not in persons_there]
    return next((tuple(persons_there) for persons_there in met.values() if len(persons_there) == number), ())
