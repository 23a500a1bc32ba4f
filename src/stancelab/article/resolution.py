"""Whom does a noun phrase mean: a name, a surname, a title, a pronoun, "the two ministries"?

An article is read once from its beginning. Every phrase that could mean an actor is resolved where it stands, with what has been
read before, and is then known to those that follow.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stancelab.article.gazetteer import Entry, Gazetteer
from stancelab.article.names import Kind, Named, find_names, gather, is_organisation_word
from stancelab.article.speech import lexicon
from stancelab.article.syntax import Parsed

if TYPE_CHECKING:
    from spacy.tokens import Token

HE = frozenset("he him his himself".split())
SHE = frozenset("she her hers herself".split())
IT = frozenset("it its itself".split())
THEY = frozenset("they them their theirs themselves both".split())
RELATIVE = frozenset("who whom which that whose".split())
FIRST = frozenset("i me my mine myself we us our ours ourselves you your yours one".split())
NUMBERS = {"two": 2, "both": 2, "three": 3, "four": 4, "five": 5, "pair": 2, "trio": 3}
QUANTIFIERS = frozenset("some many few several most others other all half none majority dozens hundreds thousands number group handful rest minority both everyone everybody somebody someone nobody".split())
OF_COMPANIES = frozenset("company firm group operator builder maker supplier insurer producer provider manufacturer utility concern business organisation organization".split())
BEFORE_NAMES = ("det", "poss", "predet")


@dataclass(eq=False)
class Bearer:
    """Somebody who can be meant. roles: offices and descriptions, as sets of words; places: (frame, token) of its mentions."""

    name: str
    kind: Kind
    aliases: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    sex: Counter[str] = field(default_factory=Counter)
    affiliation: str | None = None
    country: str | None = None
    places: list[tuple[int, int]] = field(default_factory=list)
    named: bool = True

    def may_be(self, sex: str) -> bool:
        """Whether nothing speaks for the other sex more than for this one."""
        other = "m" if sex == "f" else "f"
        return self.sex[other] <= self.sex[sex]


@dataclass(frozen=True)
class Mention:
    """One or several actors, named together, where they stand. subject: of a clause."""

    frame: int
    token: int
    sentence: int
    bearers: tuple[Bearer, ...]
    subject: bool


def words_of(phrase: str) -> frozenset[str]:
    """The words of a description that tell one office from another, in lower case."""
    cleaned = phrase.lower().replace("-", " ").replace("'s", " ").replace("'", " ").replace(",", " ")
    return frozenset(cleaned.split()) - {"the", "a", "an", "of", "for", "and", "its", "their", "his", "her", "at", "in"}


class Reading:
    """An article read with its actors. `bearers`: everybody met, in order; `meant`: (frame, token) -> who is meant there."""

    def __init__(self, parsed: Sequence[Parsed], gazetteer: Gazetteer) -> None:
        self.parsed = parsed
        self.gazetteer = gazetteer
        self.bearers: list[Bearer] = []
        self.meant: dict[tuple[int, int], tuple[Bearer, ...]] = {}
        self.mentions: list[Mention] = []
        self.named_at: dict[tuple[int, int], Bearer] = {}
        self.span_at: dict[tuple[int, int], tuple[int, int]] = {}
        self._sentence = 0
        for named in gather(find_names(parsed), parsed):
            self._introduce(named)
        for number, part in enumerate(parsed):
            self._describe(number, part)
        self._read()

    def actors_at(self, frame: int, token: "Token") -> tuple[Bearer, ...]:
        """Who a noun phrase with this head means, coordinated ones included; empty where it means no actor."""
        found = list(self.meant.get((frame, token.i), ()))
        for other in _conjuncts(token):
            found += [bearer for bearer in self.meant.get((frame, other.i), ()) if bearer not in found]
        return tuple(found)

    # names

    def _introduce(self, named: Named) -> None:
        entry = next((entry for form in named.forms if (entry := self.gazetteer.named(form))), None)
        bearer = _from_entry(entry, named) if entry else Bearer(named.name, _kind_of(named), list(named.forms))
        known = next((other for other in self.bearers if entry is not None and other.name == bearer.name), None)
        if known is not None:
            known.aliases += [form for form in named.forms if form not in known.aliases]
            bearer = known
        else:
            self.bearers.append(bearer)
        for place in named.places:
            for token in range(place.first, place.last):
                self.named_at[place.frame, token] = bearer
                self.span_at[place.frame, token] = place.first, place.last
        if bearer.kind == "person":
            first = bearer.name.split()[0].lower()
            words = lexicon()
            bearer.sex.update({"f": 3 * (first in words.women), "m": 3 * (first in words.men)})
            if not bearer.sex.total() and len(bearer.name.split()) > 1 and first.endswith("a"):
                bearer.sex["f"] += 1

    def _describe(self, number: int, part: Parsed) -> None:
        """Offices and descriptions that stand beside names."""
        for token in part.doc:
            bearer = self.named_at.get((number, token.i))
            if bearer is None or (number, token.i) not in self.span_at:
                continue
            first, last = self.span_at[number, token.i]
            if token.i != part.doc[first:last].root.i:
                continue
            for phrase, head in _descriptions(token, first):
                self._describe_as(bearer, phrase, head, number)

    def _describe_as(self, bearer: Bearer, phrase: str, head: str, number: int) -> None:
        words = lexicon()
        if bearer.kind != "person" and head in words.persons | words.titles and not is_organisation_word(bearer.name.split()[-1]) and head not in words.organisations:
            bearer.kind = "person"
        if phrase and phrase not in bearer.roles:
            bearer.roles.append(phrase)
        low = phrase.lower()
        bearer.sex["f"] += 5 * any(word in low.split() for word in ("mrs", "ms", "miss", "queen", "princess", "lady", "baroness", "actress", "wife", "mother", "sister", "daughter")) + 5 * ("woman" in low)
        bearer.sex["m"] += 5 * any(word in low.split() for word in ("mr", "sir", "king", "prince", "lord", "baron", "husband", "father", "brother", "son")) + 5 * ("man" in low and "woman" not in low and low.split()[-1].endswith("man"))

    # reading

    def _read(self) -> None:
        for number, part in enumerate(self.parsed):
            for sentence in part.doc.sents:
                self._sentence += 1
                heads = [token for token in sentence if _is_head(token)]
                for token in heads:
                    self._meet(number, token)

    def _meet(self, number: int, token: "Token") -> None:
        if (number, token.i) in self.meant:
            return
        found = self._resolve(number, token)
        if not found:
            return
        self.meant[number, token.i] = found
        for bearer in found:
            bearer.places.append((number, token.i))
        self.mentions.append(Mention(number, token.i, self._sentence, found, _is_subject(token)))

    def _resolve(self, number: int, token: "Token") -> tuple[Bearer, ...]:
        low = token.lower_
        if low in FIRST:
            return ()
        if low in RELATIVE and token.dep_ in ("nsubj", "nsubjpass", "poss"):
            return self._antecedent(number, token)
        if low in HE | SHE:
            return self._person(number, token, "m" if low in HE else "f")
        if low in IT:
            return self._thing(number, token)
        if low in THEY:
            return self._several(number, token)
        named = self.named_at.get((number, token.i))
        if named is not None and not _is_adjective(token):
            return (named,)
        for child in token.children:
            if child.dep_ == "appos":
                other = self.named_at.get((number, child.i))
                if other is not None and token.tag_ == "NNS" and token.lemma_.lower() in lexicon().persons:
                    return (other, *(bearer for more in _conjuncts(child) if (bearer := self.named_at.get((number, more.i))) is not None))
                if other is not None and (other.kind == "person") == (token.lemma_.lower() in lexicon().persons):
                    self._describe_as(other, _phrase(token, with_of=True), token.lemma_.lower(), number)
                    return (other,)
        return self._described(number, token)

    def _antecedent(self, number: int, token: "Token") -> tuple[Bearer, ...]:
        clause = token.head
        while clause.dep_ not in ("relcl", "ROOT", "acl"):
            clause = clause.head
        if clause.dep_ not in ("relcl", "acl"):
            return ()
        head = clause.head
        while (number, head.i) not in self.meant and head.dep_ in ("appos", "conj"):
            head = head.head
        return self.meant.get((number, head.i), ())

    def _recent(self, number: int, *, sentences: int) -> Iterator[Mention]:
        """Earlier mentions in the order in which they come to mind: by sentence backwards, subjects first."""
        by_sentence: dict[int, list[Mention]] = {}
        for mention in reversed(self.mentions):
            if self._sentence - mention.sentence > sentences:
                break
            by_sentence.setdefault(mention.sentence, []).append(mention)
        for sentence in sorted(by_sentence, reverse=True):
            group = by_sentence[sentence][::-1]
            yield from sorted(group, key=lambda mention: not mention.subject)

    def _person(self, number: int, token: "Token", sex: str) -> tuple[Bearer, ...]:
        own = _subject_of_own_clause(token)
        barred = set(self.meant.get((number, own.i), ())) if own is not None and token.dep_ in ("dobj", "pobj", "dative", "iobj") else set()
        for mention in self._recent(number, sentences=12):
            for bearer in mention.bearers:
                if bearer.kind == "person" and len(mention.bearers) == 1 and bearer.may_be(sex) and bearer not in barred:
                    bearer.sex[sex] += 1
                    return (bearer,)
        return ()

    def _thing(self, number: int, token: "Token") -> tuple[Bearer, ...]:
        if token.dep_ == "nsubj" and _is_impersonal(token):
            return ()
        for mention in self._recent(number, sentences=3):
            if mention.frame == number or mention.subject:
                for bearer in mention.bearers:
                    if bearer.kind in ("organisation", "country") and len(mention.bearers) == 1:
                        return (bearer,)
        return ()

    def _several(self, number: int, token: "Token") -> tuple[Bearer, ...]:
        for mention in self._recent(number, sentences=3):
            together = self.actors_at(mention.frame, self.parsed[mention.frame].doc[mention.token])
            if len(together) > 1 and token.lower_ != "it":
                return together
            if mention.bearers[0].kind == "group":
                return mention.bearers
        for mention in self._recent(number, sentences=2):
            if mention.bearers[0].kind in ("organisation", "country"):
                return mention.bearers
        return ()

    # descriptions

    def _described(self, number: int, token: "Token") -> tuple[Bearer, ...]:
        words = lexicon()
        lemma = token.lemma_.lower()
        plural = "Number=Plur" in str(token.morph) or token.tag_ in ("NNS", "NNPS")
        definite = _is_definite(token)
        if token.pos_ not in ("NOUN", "PROPN") and lemma not in QUANTIFIERS and token.lower_ not in QUANTIFIERS | set(NUMBERS):
            return ()
        entry = self.gazetteer.named(_phrase(token, with_of=False))
        if entry is not None:
            return (self._known(entry),)
        if plural or token.lower_ in QUANTIFIERS or token.lower_ in NUMBERS:
            return self._group(number, token, lemma, definite)
        if lemma in words.persons and not (lemma in words.organisations and not _has_person_sign(token)):
            return self._office(number, token, definite)
        if lemma in words.organisations | words.groups or _last_part(lemma) in words.organisations:
            return self._organisation(number, token, lemma, definite)
        if lemma in words.documents:
            return self._author(number, token, lemma)
        return ()

    def _known(self, entry: Entry) -> Bearer:
        for bearer in self.bearers:
            if bearer.name == entry.name:
                return bearer
        bearer = Bearer(entry.name, entry.kind, [entry.name], affiliation=entry.affiliation, country=entry.country)
        self.bearers.append(bearer)
        return bearer

    def _new(self, name: str, kind: Kind) -> Bearer:
        for bearer in self.bearers:
            if bearer.name.lower() == name.lower():
                return bearer
        bearer = Bearer(name, kind, [name], named=False)
        self.bearers.append(bearer)
        return bearer

    def _owner(self, number: int, token: "Token") -> Bearer | None:
        """Whose the thing is: its possessor, a name's or a pronoun's."""
        for child in token.children:
            if child.dep_ == "poss":
                found = self.meant.get((number, child.i)) or self._resolve(number, child)
                if found:
                    return found[0]
        return None

    def _office(self, number: int, token: "Token", definite: bool) -> tuple[Bearer, ...]:
        """A person by an office: one whose office it is known to be, else who was spoken of last, else somebody new."""
        phrase = _phrase(token, with_of=True)
        sought = words_of(phrase)
        head = token.lemma_.lower()
        indefinite = any(child.lower_ in ("a", "an", "another", "one") for child in token.children if child.dep_ in ("det", "nummod"))
        if indefinite:
            return (self._new(phrase, "person"),)
        own = words_of(_phrase(token, with_of=False))
        for exact in (True, False):
            for mention in [*self._recent(number, sentences=10_000)]:
                for bearer in mention.bearers:
                    if bearer.kind == "person" and any(_same_office(own, sought, words_of(role), head, exact=exact) for role in bearer.roles):
                        return (bearer,)
        for bearer in self.bearers:
            if bearer.kind == "person" and any(_same_office(own, sought, words_of(role), head, exact=True) for role in bearer.roles):
                return (bearer,)
        if definite:
            for mention in self._recent(number, sentences=2):
                for bearer in mention.bearers:
                    if bearer.kind == "person" and mention.subject and mention.frame == number and not _contradicts(bearer, head) and _possessor(token) is None:
                        bearer.roles.append(phrase)
                        return (bearer,)
        return (self._new(phrase, "person"),)

    def _organisation(self, number: int, token: "Token", lemma: str, definite: bool) -> tuple[Bearer, ...]:
        phrase = _phrase(token, with_of=True)
        own = words_of(_phrase(token, with_of=False)) - {lemma}
        head = _last_part(lemma)
        owner = self._owner(number, token)
        candidates = [bearer for mention in self._recent(number, sentences=10_000) for bearer in mention.bearers]
        candidates += [bearer for bearer in self.bearers if bearer.kind == "organisation" and bearer.named and bearer not in candidates]
        if lemma == "government" and owner is not None:
            return (self._new(f"government of {owner.name}", "organisation"),) if owner.kind != "country" else (owner,)
        if definite:
            for bearer in candidates:
                if bearer.kind == "organisation" and bearer.named and _is_called(bearer, head, own):
                    return (bearer,)
            if lemma in OF_COMPANIES:
                for mention in self._recent(number, sentences=4):
                    for bearer in mention.bearers:
                        if bearer.kind == "organisation" and bearer.named and not own - words_of(bearer.name):
                            return (bearer,)
        if lemma == "government" and definite and not own:
            return (self._new("government", "organisation"),)
        for bearer in candidates:
            if bearer.kind == "organisation" and not bearer.named and definite and words_of(phrase) <= words_of(bearer.name) and head in words_of(bearer.name):
                return (bearer,)
        people = next((entry for child in token.children if child.dep_ in ("amod", "compound") and (entry := self.gazetteer.of_people(child.text))), None)
        if people is not None and lemma == "government":
            return (self._known(people),)
        return (self._new(phrase, "group" if lemma in lexicon().groups and lemma not in lexicon().organisations else "organisation"),)

    def _author(self, number: int, token: "Token", lemma: str) -> tuple[Bearer, ...]:
        """A report speaks for who wrote it, where the article says who did."""
        if token.dep_ not in ("nsubj", "pobj"):
            return ()
        owner = self._owner(number, token)
        if owner is not None:
            self._new(f"{lemma} of {owner.name}", "organisation")
            return (owner,)
        written = next((bearer for bearer in self.bearers if bearer.name.startswith(f"{lemma} of ") and not bearer.named), None)
        if written is not None:
            name = written.name.removeprefix(f"{lemma} of ")
            return tuple(bearer for bearer in self.bearers if bearer.name == name)[:1]
        return (self._new(_phrase(token, with_of=True), "organisation"),) if _is_subject(token) else ()

    def _group(self, number: int, token: "Token", lemma: str, definite: bool) -> tuple[Bearer, ...]:
        words = lexicon()
        count = next((NUMBERS[child.lower_] for child in token.children if child.lower_ in NUMBERS), NUMBERS.get(token.lower_))
        if count is not None and (definite or token.lower_ == "both" or any(child.lower_ == "both" for child in token.children)):
            together = self._together(number, count)
            if together:
                return together
        quantifier = token.lower_ in QUANTIFIERS | set(NUMBERS) or lemma in QUANTIFIERS
        if quantifier:
            of = next((child for child in token.children if child.dep_ == "prep" and child.lower_ == "of"), None)
            objects = [child for child in of.children if child.dep_ == "pobj"] if of is not None else []
            if objects:
                inner = self.meant.get((number, objects[0].i)) or self._resolve(number, objects[0])
                if objects[0].lemma_.lower() in words.groups | words.persons | words.organisations or any(bearer.kind == "group" for bearer in inner):
                    if objects[0].pos_ == "PRON" and inner:
                        return (self._new(f"{_phrase(token, with_of=False)} {inner[0].name.split(' ', 1)[-1] if inner[0].name.split(' ')[0].lower() in QUANTIFIERS else inner[0].name}", "group"),)
                    return (self._new(_phrase(token, with_of=True), "group"),)
                return ()
            if token.pos_ in ("NOUN",) and lemma in ("number", "rest", "half"):
                return ()
            return (self._new(_phrase(token, with_of=True), "group"),) if _is_subject(token) else ()
        if lemma in words.groups | words.persons or lemma in words.organisations or _last_part(lemma) in words.persons or self.gazetteer.of_people(token.text):
            phrase = _phrase(token, with_of=True)
            for bearer in self.bearers:
                if bearer.kind == "group" and definite and words_of(phrase) <= words_of(bearer.name) and lemma in {word.removesuffix("s") for word in words_of(bearer.name)} | words_of(bearer.name):
                    return (bearer,)
            return (self._new(phrase, "group"),)
        return ()

    def _together(self, number: int, count: int) -> tuple[Bearer, ...]:
        for mention in self._recent(number, sentences=3):
            together = self.actors_at(mention.frame, self.parsed[mention.frame].doc[mention.token])
            if len(together) == count:
                return together
        last: list[Bearer] = []
        for mention in self._recent(number, sentences=2):
            last += [bearer for bearer in mention.bearers if bearer.kind == "person" and bearer not in last]
        return tuple(last[:count]) if len(last) == count else ()


def _from_entry(entry: Entry, named: Named) -> Bearer:
    return Bearer(entry.name, entry.kind, list(named.forms), affiliation=entry.affiliation, country=entry.country)


def _kind_of(named: Named) -> Kind:
    votes = named.votes
    if not votes:
        return "organisation"
    best = max(("person", "organisation", "country"), key=lambda kind: votes[kind])
    return "person" if best == "person" else ("country" if best == "country" else "organisation")


def _is_head(token: "Token") -> bool:
    if token.dep_ in ("compound", "amod", "nummod", "punct", "case", "aux", "det") or token.pos_ in ("VERB", "AUX", "ADP", "PUNCT", "ADV", "CCONJ", "SCONJ", "PART", "INTJ", "SPACE", "SYM"):
        return token.dep_ in ("nsubj", "nsubjpass", "conj") and token.pos_ in ("DET", "NUM", "ADJ")
    return True


def _is_subject(token: "Token") -> bool:
    head = token
    while head.dep_ == "conj" and head.head.pos_ in ("NOUN", "PROPN", "PRON"):
        head = head.head
    return head.dep_ in ("nsubj", "nsubjpass", "csubj", "agent")


def _conjuncts(token: "Token") -> list["Token"]:
    return [other for other in token.conjuncts if other.i > token.i and other.pos_ not in ("VERB", "AUX")]


def _is_adjective(token: "Token") -> bool:
    return token.dep_ in ("amod", "compound")


def _is_definite(token: "Token") -> bool:
    return any(
        (child.dep_ == "det" and child.lower_ in ("the", "this", "that", "these", "those", "both")) or child.dep_ == "poss" for child in token.children
    ) or token.text[0].isupper()


def _possessor(token: "Token") -> "Token | None":
    return next((child for child in token.children if child.dep_ == "poss"), None)


def _has_person_sign(token: "Token") -> bool:
    return any(child.lower_ in ("a", "an") for child in token.children)


def _last_part(lemma: str) -> str:
    return lemma.split("-")[-1]


def _phrase(token: "Token", *, with_of: bool) -> str:
    """A noun phrase as a name: without article and possessive, up to its head, or with the "of", "for", "in", "from" after it."""
    doc = token.doc
    first = token.i
    for child in token.lefts:
        if child.dep_ in ("amod", "compound", "nummod", "nmod", "advmod", "quantmod", "predet") or (child.dep_ == "det" and child.lower_ in ("most", "many", "some", "several", "all", "both", "few", "other", "no")):
            first = min(first, child.left_edge.i)
    poss = _possessor(token)
    if poss is not None and poss.pos_ == "PROPN":
        first = min(first, poss.left_edge.i)
    while first < token.i and (doc[first].dep_ in BEFORE_NAMES and doc[first].lower_ in ("the", "a", "an", "his", "her", "its", "their", "this", "that", "these", "those")):
        first += 1
    last = token.i + 1
    if with_of:
        for child in token.rights:
            if child.dep_ == "prep" and child.i == last and child.lower_ in ("of", "for", "in", "from", "at") and child.right_edge.i - child.i < 8:
                ends = [inner for inner in child.subtree if inner.dep_ in ("relcl", "acl", "advcl")]
                last = (min(inner.left_edge.i for inner in ends) if ends else child.right_edge.i + 1)
                while doc[last - 1].is_punct:
                    last -= 1
            break
    return doc[first:last].text


def _descriptions(token: "Token", first: int) -> Iterator[tuple[str, str]]:
    """(phrase, its head's lemma) for each office or description beside a name with this head, which begins at token `first`."""
    doc = token.doc
    left = first
    while left > 0 and doc[left - 1].head.i >= left - 1 and doc[left - 1].dep_ in ("compound", "amod", "nmod", "poss", "case", "punct") and doc[left - 1].text not in (",", '"', "(", ")", ";", ":") and doc[left - 1].is_alpha | (doc[left - 1].text in "-'s"):
        left -= 1
    if left < first:
        phrase = doc[left:first].text
        yield phrase, doc[first - 1].lemma_.lower()
    for child in token.children:
        if child.dep_ == "appos" and child.i > token.i and child.pos_ in ("NOUN", "PROPN"):
            yield _phrase(child, with_of=True), child.lemma_.lower()
    if token.dep_ == "appos" and token.head.pos_ in ("NOUN", "PROPN") and token.head.i < token.i:
        yield _phrase(token.head, with_of=True), token.head.lemma_.lower()


def _same_office(own: frozenset[str], sought: frozenset[str], role: frozenset[str], head: str, *, exact: bool) -> bool:
    """Whether an office that is spoken of is one that somebody holds: each word of the one in the other."""
    heads = {head, {"premier": "minister", "leader": "chief", "spokesman": "spokesperson", "spokeswoman": "spokesperson"}.get(head, head)}
    if not heads & role:
        return False
    return own <= role if exact else not ((own - role - heads) and (role - own - heads))


def _contradicts(bearer: Bearer, head: str) -> bool:
    """Whether somebody is known by an office that one would not call so."""
    return any(head in words_of(role) for role in bearer.roles)


def _is_called(bearer: Bearer, head: str, own: frozenset[str]) -> bool:
    """Whether an organisation's name or description has this noun, and all words before it."""
    every = words_of(bearer.name) | {word for role in bearer.roles for word in words_of(role)}
    bare = {word.removesuffix("s") for word in every} | every
    return head in bare and {word.removesuffix("s") for word in own} <= bare


def _subject_of_own_clause(token: "Token") -> "Token | None":
    head = token.head
    while head.dep_ != "ROOT" and head.pos_ not in ("VERB", "AUX"):
        head = head.head
    return next((child for child in head.children if child.dep_ in ("nsubj", "nsubjpass")), None)


def _is_impersonal(token: "Token") -> bool:
    verb = token.head
    return verb.lemma_ in ("be", "seem", "appear", "take", "rain", "snow", "matter", "mean") and any(
        child.dep_ in ("ccomp", "advcl", "xcomp", "csubj", "acomp", "attr") for child in verb.children
    )
