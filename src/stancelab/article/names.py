"""Which proper names does an article use, and for what kind of actor does each stand?"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from stancelab.article.speech import lexicon
from stancelab.article.syntax import Parsed

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

Kind = Literal["person", "country", "organisation", "group"]
INSIDE = ("of", "for", "on", "de", "der", "van", "von", "den", "del", "della", "di", "da", "du", "la", "le", "al", "bin", "ibn", "&", "-", "–")
"""Small words and marks that a name can hold."""
IN_A_PERSONS_NAME = ("de", "der", "van", "von", "den", "del", "della", "di", "da", "du", "la", "le", "al", "bin", "ibn", "-", "–")
NO_NAMES = ("DATE", "TIME", "ORDINAL", "CARDINAL", "MONEY", "PERCENT", "QUANTITY", "LANGUAGE")
PLAIN = frozenset("most many some several young old former other both all few new local no each every two three four five six".split())
"""Words that begin a sentence before a name without being part of it."""

NOT_A_NAME = frozenset("i yes q a mr mrs ms".split())
PLACE_WORDS = ("in", "at", "near", "across", "around", "to", "from", "off", "through", "outside", "inside", "toward", "towards", "into", "over")


@dataclass(frozen=True)
class Name:
    """A proper name where it stands: tokens first to last (exclusive) of a frame's parse, titles before it left out."""

    frame: int
    first: int
    last: int
    text: str
    words: tuple[str, ...]


@dataclass
class Named:
    """All that the names of one bearer tell: the fullest form first among `forms`."""

    forms: list[str]
    places: list[Name]
    votes: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """The fullest form."""
        return max(self.forms, key=lambda form: len(form.split()))


def find_names(parsed: Sequence[Parsed]) -> list[Name]:
    """Every proper name in the frames, in order."""
    capital = Counter(
        token.text for part in parsed for token in part.doc if token.text[:1].isupper() and not _begins(token)
    )
    return [name for number, part in enumerate(parsed) for name in _names_in(number, part.doc, capital)]


def _begins(token: "Token") -> bool:
    """Whether a token begins a sentence or what follows a mark, where a capital tells nothing."""
    if token.is_sent_start or token.i == 0:
        return True
    before = token.nbor(-1)
    return before.text in (":", '"', "(") or (before.text in ("-", "–", "—") and bool(before.whitespace_))


def _is_name(token: "Token", capital: Counter[str]) -> bool:
    text = token.text
    if not text[:1].isupper() or text.lower() in NOT_A_NAME or token.pos_ in ("PRON", "ADP", "SCONJ", "CCONJ", "PART", "INTJ"):
        return False
    if token.ent_type_ in NO_NAMES and token.ent_type_ not in ("CARDINAL", "QUANTITY", "MONEY"):
        return False
    if token.pos_ == "DET" or not _begins(token):
        return token.pos_ != "DET"
    following = token.nbor(1) if token.i + 1 < len(token.doc) else token
    if token.pos_ in ("ADJ", "NOUN") and following.pos_ == "PROPN" and token.lower_ not in _common() and token.lower_ not in PLAIN:
        return True
    return text in capital or (token.pos_ == "PROPN" and token.lower_ not in _common())


def _common() -> frozenset[str]:
    words = lexicon()
    return words.persons | words.groups


def _names_in(number: int, doc: "Doc", capital: Counter[str]) -> Iterator[Name]:
    place = 0
    while place < len(doc):
        if not _is_name(doc[place], capital):
            place += 1
            continue
        last = _run(doc, place, capital)
        first = _after_titles(doc, place, last)
        if not all(_is_role_word(token.text) for token in doc[first:last]):
            yield _name(number, doc, first, last)
        place = last


def _is_role_word(word: str) -> bool:
    """Whether a capital word is part of an office, as in "Leader of the Opposition", and no part of a name."""
    return word.lower() in lexicon().titles | lexicon().persons | {"of", "the", "opposition", "government"}


def _name(number: int, doc: "Doc", first: int, last: int) -> Name:
    words = tuple(token.text for token in doc[first:last] if token.text[0].isalnum())
    return Name(number, first, last, doc[first:last].text, words)


def _run(doc: "Doc", first: int, capital: Counter[str]) -> int:
    """The token after a name that begins at `first`."""
    last = first + 1
    while last < len(doc):
        token = doc[last]
        following = doc[last + 1] if last + 1 < len(doc) else None
        goes_on = following is not None and _is_name(following, capital) and not _begins(following)
        if _is_name(token, capital) and not _begins(token):
            last += 1
        elif goes_on and token.text in INSIDE and _may_hold(doc, first, last, token):
            last += 2
        elif goes_on and token.text in ("'", "'s") and following.text.lower() in lexicon().organisations:
            last += 2
        else:
            break
    return last


def _may_hold(doc: "Doc", first: int, last: int, token: "Token") -> bool:
    if token.text in ("-", "–"):
        return not token.whitespace_ and not doc[last - 1].whitespace_
    if token.text in IN_A_PERSONS_NAME or token.text == "&":
        return True
    return any(is_organisation_word(word.text) for word in doc[first:last])


def _after_titles(doc: "Doc", first: int, last: int) -> int:
    """Where a name begins without the titles before it; a title alone stays."""
    titles = lexicon().titles
    if is_organisation_word(doc[last - 1].text):
        return first
    for place in range(last - 2, first - 1, -1):
        if doc[place].text.lower().rstrip(".") in titles and doc[place + 1].text not in INSIDE and doc[place + 1].text[0].isupper():
            return place + 1
    return first


def is_organisation_word(word: str) -> bool:
    """Whether a word of a name tells that it is an organisation's: "Union", "Banks"."""
    low = word.lower()
    return low in lexicon().organisations or low.removesuffix("s") in lexicon().organisations


def gather(names: Iterable[Name], parsed: Sequence[Parsed]) -> list[Named]:
    """Names put together by bearer: "Hale" with "Torben Hale", "NEA" with "Northern Energy Agency"."""
    bearers: list[Named] = []
    for name in sorted(names, key=lambda name: (-len(name.words), name.frame, name.first)):
        bearer = _bearer_of(name, bearers)
        if bearer is None:
            bearer = Named([name.text], [])
            bearers.append(bearer)
        elif name.text not in bearer.forms:
            bearer.forms.append(name.text)
        bearer.places.append(name)
        bearer.votes.update(_evidence(name, parsed[name.frame].doc))
    for bearer in bearers:
        bearer.places.sort(key=lambda name: (name.frame, name.first))
    return sorted(bearers, key=lambda bearer: (bearer.places[0].frame, bearer.places[0].first))


def _bearer_of(name: Name, bearers: Sequence[Named]) -> Named | None:
    """Who a name means among the bearers of longer names. A name that would fit two means the first one named before it."""
    fitting = [bearer for bearer in bearers if _fits(name.words, bearer)]
    before = [bearer for bearer in fitting if any((place.frame, place.first) <= (name.frame, name.first) for place in bearer.places)]
    return next(iter(before or fitting), None)


def _fits(words: tuple[str, ...], bearer: Named) -> bool:
    for form in bearer.places:
        longer = form.words
        if tuple(map(str.lower, words)) == tuple(map(str.lower, longer)):
            return True
        if any(is_organisation_word(word) for word in longer):
            if len(words) == 1 and words[0].isupper() and len(words[0]) > 1:
                return words[0] == "".join(word[0] for word in longer if word[0].isupper())
            if any(is_organisation_word(word) for word in words) and set(map(_bare, words)) <= set(map(_bare, longer)):
                return True
            continue
        if len(words) < len(longer) and (longer[-len(words) :] == words or (len(words) == 1 and words[0] == longer[0] and len(longer) > 1)):
            return True
    return False


def _bare(word: str) -> str:
    return word.lower().removesuffix("s")


def _evidence(name: Name, doc: "Doc") -> Iterator[str]:
    """What speaks for a person, an organisation or a country where a name stands."""
    words = lexicon()
    head = doc[name.first : name.last].root
    kinds = [token.ent_type_ for token in doc[name.first : name.last]]
    if any(is_organisation_word(word) for word in name.words):
        yield from ["organisation"] * 4
    if len(name.words) == 1 and name.text.isupper() and len(name.text) > 1:
        yield from ["organisation"] * 2
    before = doc[name.first - 1] if name.first else None
    if len(name.words) > 1 and name.words[0].lower() in words.women | words.men:
        yield from ["person"] * 4
    if before is not None:
        if before.text.lower().rstrip(".") in words.titles | words.persons:
            yield from ["person"] * 4
        elif before.lemma_.lower() in words.organisations:
            yield from ["organisation"] * 3
        elif before.lower_ == "the" and not any(child.dep_ == "appos" for child in head.children):
            yield from ["organisation"] * 2
        elif before.lower_ in PLACE_WORDS:
            yield from ["country"] * 2
        elif before.lower_ == "of":
            yield "country"
    following = doc[name.last] if name.last < len(doc) else None
    if following is not None and following.text == "(":
        yield "person"
    for child in head.children:
        if child.dep_ == "appos" and child.i > head.i:
            if child.lemma_.lower() in words.persons or (child.text.isdigit() and len(name.words) > 1):
                yield from ["person"] * 4
            elif child.lemma_.lower() in words.organisations:
                yield from ["organisation"] * 3
        if child.dep_ == "relcl" and any(token.lower_ in ("who", "whom", "whose") for token in child.subtree):
            yield from ["person"] * 2
    if head.dep_ == "appos" and head.head.lemma_.lower() in words.persons:
        yield from ["person"] * 4
    if "PERSON" in kinds:
        yield "person"
    if "ORG" in kinds:
        yield "organisation"
    if "GPE" in kinds or "NORP" in kinds or "LOC" in kinds:
        yield from ["country"] * 2
    if len(name.words) in (2, 3) and (before is None or before.lower_ != "the") and head.dep_ in ("nsubj", "appos", "conj", "ROOT"):
        yield from ["person"] * 2
    if re.fullmatch(r"[A-Z]\.", name.words[0]) or any(re.fullmatch(r"[A-Z]\.", word) for word in name.words[1:]):
        yield from ["person"] * 2
