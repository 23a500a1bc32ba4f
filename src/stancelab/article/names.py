"""Which proper names does an article use, and for what kind of actor does each stand?"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stancelab.article.bearers import singular
from stancelab.article.speech import lexicon
from stancelab.article.syntax import Parsed

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

IN_PERSONS = frozenset(["de", "der", "van", "von", "den", "del", "della", "di", "da", "du", "la", "le", "al", "bin", "ibn"])
INSIDE = IN_PERSONS | {"of", "for", "on", "&"}
"""Small words that a name can hold; those of persons' names everywhere, the others where a word of an organisation stands."""

NO_NAMES = frozenset(["DATE", "TIME", "ORDINAL", "PERCENT", "LANGUAGE"])
NO_PARTS = frozenset(["PRON", "ADP", "SCONJ", "CCONJ", "PART", "INTJ", "DET"])
NEVER = frozenset(["i", "yes", "q", "a", "mr", "mrs", "ms"])

OFFICE_WORDS = frozenset(["of", "the", "opposition", "government"])
INITIAL = re.compile(r"[A-Z]\.")


@dataclass(frozen=True)
class Name:
    """A proper name where it stands: tokens first to last (exclusive) of a frame's parse, without the titles before it."""

    frame: int
    first: int
    last: int
    text: str
    words: tuple[str, ...]


@dataclass
class Named:
    """All names of one bearer. forms: different ones, the fullest first; votes: what speaks for each kind of actor."""

    forms: list[str]
    places: list[Name]
    votes: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """The fullest form."""
        return self.forms[0]


def is_organisation_word(word: str) -> bool:
    """Whether a word of a name tells that it is an organisation's: "Union", "Banks"."""
    low = word.lower()
    return low in lexicon().organisations or low.removesuffix("s") in lexicon().organisations


# where names stand


def find_names(parsed: Sequence[Parsed]) -> list[Name]:
    """Every proper name in the frames, in order."""
    capital = {token.text for part in parsed for token in part.doc if token.text[:1].isupper() and not _begins(token)}
    return [name for number, part in enumerate(parsed) for name in _names_in(number, part.doc, capital)]


def _begins(token: "Token") -> bool:
    """Whether a token begins a sentence or what follows a mark, where a capital tells nothing."""
    if token.is_sent_start or token.i == 0:
        return True
    before = token.nbor(-1)
    return before.text in (":", '"', "(") or (before.text in ("-", "–", "—") and bool(before.whitespace_))


def _is_name(token: "Token", capital: set[str]) -> bool:
    if not token.text[:1].isupper() or token.lower_ in NEVER or token.pos_ in NO_PARTS or token.ent_type_ in NO_NAMES:
        return False
    if not _begins(token):
        return True
    words = lexicon()
    plain = any(token.lower_ in known for known in (words.persons, words.groups, words.before_names))
    before_a_name = token.i + 1 < len(token.doc) and token.nbor(1).pos_ == "PROPN"
    if token.pos_ in ("ADJ", "NOUN") and before_a_name and not plain:
        return True
    return token.text in capital or (token.pos_ == "PROPN" and not plain)


def _names_in(number: int, doc: "Doc", capital: set[str]) -> Iterator[Name]:
    place = 0
    while place < len(doc):
        if not _is_name(doc[place], capital):
            place += 1
            continue
        last = _run(doc, place, capital)
        first = _after_titles(doc, place, last)
        if not _is_an_office(doc[first:last]):
            words = tuple(token.text for token in doc[first:last] if token.text[0].isalnum())
            yield Name(number, first, last, doc[first:last].text, words)
        place = last


def _is_an_office(span: "Span") -> bool:
    """Whether capital words are an office, as in "Leader of the Opposition" or "Sports Minister", and no name."""
    words = lexicon()
    if all(token.lower_ in words.callings | OFFICE_WORDS for token in span):
        return True
    return span[-1].lower_ in words.offices and span[0].lower_ not in words.first_names


def _run(doc: "Doc", first: int, capital: set[str]) -> int:
    """The token after a name that begins at `first`."""

    def goes_on(place: int) -> bool:
        return place < len(doc) and _is_name(doc[place], capital) and not _begins(doc[place])

    last = first + 1
    while last < len(doc):
        text = doc[last].text
        if goes_on(last):
            last += 1
        elif text in IN_PERSONS and goes_on(last + 2) and doc[last + 1].text in IN_PERSONS:
            last += 3
        elif not goes_on(last + 1):
            break
        elif (
            text in IN_PERSONS
            or text == "&"
            or (text in INSIDE and any(is_organisation_word(word.text) for word in doc[first:last]))
            or (text in ("'", "'s") and doc[last + 1].lower_ in lexicon().organisations)
        ):
            last += 2
        else:
            break
    return last


def _after_titles(doc: "Doc", first: int, last: int) -> int:
    """Where a name begins without the titles before it; a title alone stays."""
    if is_organisation_word(doc[last - 1].text):
        return first
    titles = lexicon().titles
    for place in range(last - 2, first - 1, -1):
        if doc[place].lower_.rstrip(".") in titles and doc[place + 1].text[0].isupper():
            return place + 1
    return first


# who bears them


def gather(names: Iterable[Name], parsed: Sequence[Parsed]) -> list[Named]:
    """Names put together by bearer, in order of first mention: "Hale" with "Torben Hale", "NEA" with "Northern Energy Agency"."""
    bearers: list[Named] = []
    by_word: defaultdict[str, list[Named]] = defaultdict(list)
    for name in sorted(names, key=lambda name: (-len(name.words), name.frame, name.first)):
        bearer = _bearer_of(name, min((by_word[_key(word)] for word in name.words), key=len))
        if bearer is None:
            bearer = Named([name.text], [])
            bearers.append(bearer)
            for key in {*map(_key, name.words), _key(_initials(name.words))}:
                by_word[key].append(bearer)
        elif name.text not in bearer.forms:
            bearer.forms.append(name.text)
        bearer.places.append(name)
        bearer.votes.update(_evidence(name, parsed[name.frame].doc))
    for bearer in bearers:
        bearer.places.sort(key=lambda name: (name.frame, name.first))
        bearer.votes.update(_evidence_of_forms(bearer))
    return sorted(bearers, key=lambda bearer: (bearer.places[0].frame, bearer.places[0].first))


def _evidence_of_forms(bearer: Named) -> Iterator[str]:
    """A person is called by the surname after the first mention; what is named in full again and again is none."""
    words = bearer.places[0].words if len(bearer.forms) == 1 else max((place.words for place in bearer.places), key=len)
    if len(words) < 2 or any(map(is_organisation_word, words)):
        return
    if words[-1] in bearer.forms:
        yield from ["person"] * 3
    elif len(bearer.places) > 1 and len(bearer.forms) == 1:
        yield from ["organisation"] * 3


def _key(word: str) -> str:
    return word.lower().removesuffix("s")


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words if word[0].isupper())


def _bearer_of(name: Name, bearers: Sequence[Named]) -> Named | None:
    """Who a name means among bearers of longer names: of several whom it fits, one who was named before it."""
    here, later = (name.frame, name.first), None
    for bearer in bearers:
        if _fits(name.words, bearer.places[0].words):
            if any((place.frame, place.first) <= here for place in bearer.places):
                return bearer
            later = later or bearer
    return later


def _fits(short: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Whether a name can be short for a fuller one."""
    if [word.lower() for word in short] == [word.lower() for word in full]:
        return True
    if any(map(is_organisation_word, full)):
        if len(short) == 1 and len(short[0]) > 1 and short[0].isupper():
            return short[0] == _initials(full)
        kept, whole = (singular(frozenset(map(str.lower, words))) for words in (short, full))
        return any(map(is_organisation_word, short)) and kept <= whole
    return len(short) < len(full) and (full[-len(short) :] == short or short == full[:1])


def _evidence(name: Name, doc: "Doc") -> Iterator[str]:
    """What speaks for a person, an organisation or a country where a name stands; stronger signs several times."""
    words = lexicon()
    if any(map(is_organisation_word, name.words)):
        yield from ["organisation"] * 4
    if len(name.words) == 1 and name.text.isupper() and len(name.text) > 1:
        yield from ["organisation"] * 2
    if len(name.words) > 1 and name.words[0].lower() in words.first_names:
        yield from ["person"] * 4
    if any(INITIAL.fullmatch(word) for word in name.words):
        yield from ["person"] * 2
    head = doc[name.first : name.last].root
    if head.tag_ == "NNPS" and not is_organisation_word(head.text):
        yield from ["group"] * 2
    before = doc[name.first - 1] if name.first else None
    yield from _before(before, doc, head)
    yield from _beside(head, before)
    if (
        len(name.words) in (2, 3)
        and head.dep_ in ("nsubj", "appos", "conj", "ROOT")
        and (before is None or before.lower_ not in ("the", "("))
    ):
        yield from ["person"] * 2
    if head.dep_ == "nsubj" and head.head.pos_ == "VERB":
        yield "organisation"
    kinds = {token.ent_type_ for token in doc[name.first : name.last]}
    yield from (kind for sign, kind in (("PERSON", "person"), ("ORG", "organisation")) if sign in kinds)
    if kinds & {"GPE", "NORP", "LOC"}:
        yield from ["country"] * 2


def _before(before: "Token | None", doc: "Doc", head: "Token") -> Iterator[str]:
    words = lexicon()
    if before is None:
        return
    low = before.lower_.rstrip(".")
    if low == "(" and before.i and doc[before.i - 1].pos_ == "PROPN":
        yield from ["organisation"] * 4
    elif low in words.callings:
        yield from ["person"] * 4
    elif before.lemma_.lower() in words.organisations:
        yield from ["organisation"] * 3
    elif low == "the" and not any(child.dep_ == "appos" for child in head.children):
        yield from ["organisation"] * 2
    elif low in lexicon().before_places:
        yield from ["country"] * 2


def _beside(head: "Token", before: "Token | None") -> Iterator[str]:
    words = lexicon()
    for child in head.children:
        if child.dep_ == "appos" and child.i > head.i and child.nbor(-1).text != "(":
            if child.lemma_.lower() in words.persons or child.text.isdigit():
                yield from ["person"] * 4
            elif child.lemma_.lower() in words.organisations:
                yield from ["organisation"] * 3
        if child.dep_ == "relcl" and any(token.lower_ in ("who", "whom", "whose") for token in child.subtree):
            yield from ["person"] * 2
    in_brackets = before is not None and before.text == "("
    if head.dep_ == "appos" and not in_brackets:
        if head.head.lemma_.lower() in words.persons - words.organisations:
            yield from ["person"] * 4
        elif head.head.lemma_.lower() in words.organisations:
            yield from ["organisation"] * 4
    following = head.doc[head.i + 1] if head.i + 1 < len(head.doc) else None
    if following is not None and following.text == "(":
        yield "person"
