"""Who has been met in an article so far, where, and who comes to mind first?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from stancelab.article.bearers import Bearer, Kind, Mention
from stancelab.article.gazetteer import Entry, Gazetteer
from stancelab.article.phrases import conjuncts

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

NUMBERS = {"two": 2, "both": 2, "pair": 2, "three": 3, "trio": 3, "four": 4, "five": 5}
FAR = 200
"""Sentences after which somebody who is only described is no longer remembered."""


class Cast:
    """The actors of an article while it is read. docs: the parse of each frame; meant: (frame, token) -> who is meant there."""

    def __init__(self, docs: Sequence["Doc"], gazetteer: Gazetteer) -> None:
        self.docs = docs
        self.gazetteer = gazetteer
        self.bearers: list[Bearer] = []
        self.meant: dict[tuple[int, int], tuple[Bearer, ...]] = {}
        self.named_at: dict[tuple[int, int], Bearer] = {}
        self.mentions: list[Mention] = []
        self.sentence = 0
        self._by_name: dict[str, Bearer] = {}

    def enter(self, bearer: Bearer) -> Bearer:
        """Take up somebody new; who has the same name already comes back."""
        known = self._by_name.setdefault(bearer.name.lower(), bearer)
        if known is bearer:
            self.bearers.append(bearer)
        return known

    def introduce(self, description: str, kind: Kind) -> Bearer:
        """Somebody who is described and not named."""
        bearer = Bearer(description, kind, [description], named=False)
        if kind == "person":
            bearer.describe(description)
        return self.enter(bearer)

    def known(self, entry: Entry) -> Bearer:
        """The actor of a gazetteer's entry."""
        return self.enter(Bearer(entry.name, entry.kind, [entry.name], affiliation=entry.affiliation, country=entry.country))

    def mention(self, frame: int, token: "Token", bearers: tuple[Bearer, ...], *, subject: bool) -> None:
        """Remember that somebody is spoken of here."""
        for bearer in bearers:
            bearer.places.append((frame, token.i))
        self.mentions.append(Mention(frame, token.i, self.sentence, bearers, subject))

    def recent(self, sentences: int) -> Iterator[Mention]:
        """Mentions of this sentence and so many before it, in the order in which they come to mind: the last sentence first,
        and of each sentence subjects first."""
        near = []
        for mention in reversed(self.mentions):
            if self.sentence - mention.sentence > sentences:
                break
            near.append(mention)
        for _, group in groupby(near, key=lambda mention: mention.sentence):
            in_order = sorted(group, key=lambda mention: mention.token)
            yield from sorted(in_order, key=lambda mention: not mention.subject)

    def remembered(self) -> Iterator[Bearer]:
        """Everybody spoken of in the last FAR sentences, the last one first, then everybody who has a name."""
        met: dict[int, Bearer] = {}
        for mention in self.recent(FAR):
            for bearer in mention.bearers:
                if met.setdefault(id(bearer), bearer) is bearer:
                    yield bearer
        yield from (bearer for bearer in self.bearers if bearer.named and id(bearer) not in met)

    def actors_at(self, frame: int, token: "Token") -> tuple[Bearer, ...]:
        """Who a noun phrase with this head means, coordinated ones included; empty where it means no actor.

        "Two councillors, A and B" are A and B.
        """
        found = list(self.meant.get((frame, token.i), ()))
        for other in self._coordinated(frame, token):
            found += [bearer for bearer in self.meant.get((frame, other.i), ()) if bearer not in found]
        number = next((NUMBERS[child.lower_] for child in token.children if child.lower_ in NUMBERS), None)
        if number is not None and number == len(found) - 1 and all(bearer.named for bearer in found[1:]):
            return tuple(found[1:])
        return tuple(found)

    def _coordinated(self, frame: int, token: "Token") -> Iterator["Token"]:
        """What is coordinated with a noun phrase, and with the names behind its commas; a name behind a name is, too."""
        beside = [child for child in token.children if child.dep_ == "appos"]
        of_a_name = (frame, token.i) in self.named_at
        for other in beside:
            person = self.named_at.get((frame, other.i))
            if of_a_name and person is not None and person.kind == "person":
                yield other
            if person is not None:
                yield from conjuncts(other)
        yield from conjuncts(token)

    def together(self, mention: Mention) -> tuple[Bearer, ...]:
        """Everybody who was named together with a mention."""
        return self.actors_at(mention.frame, self.docs[mention.frame][mention.token])

    def turns_out_to_be(self, unknown: Bearer, bearer: Bearer) -> None:
        """Somebody who was only described is the one who is named now."""
        bearer.describe(unknown.name)
        bearer.places = [*unknown.places, *bearer.places]
        self.bearers = [other for other in self.bearers if other is not unknown]
        self._by_name[unknown.name.lower()] = bearer

        def known(found: tuple[Bearer, ...]) -> tuple[Bearer, ...]:
            return tuple(dict.fromkeys(bearer if other is unknown else other for other in found))

        self.meant = {place: known(found) for place, found in self.meant.items()}
        self.mentions = [replace(mention, bearers=known(mention.bearers)) for mention in self.mentions]

    def called(self, name: str) -> Bearer:
        """The person that the name before an answer means; somebody new where the article does not know it."""
        fitting = (bearer for bearer in self.bearers if name in bearer.aliases or name in bearer.name.split())
        return next(fitting, None) or self.introduce(name, "person")

    def interviewed(self) -> Bearer | None:
        """The person who is spoken of most often."""
        persons = [bearer for bearer in self.bearers if bearer.kind == "person" and bearer.named]
        return max(persons, key=lambda bearer: len(bearer.places), default=None)
