"""Who can be meant in an article, and by which words is each known?"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["person", "country", "organisation", "group"]
Sex = Literal["f", "m"]

_EMPTY = frozenset(["the", "a", "an", "of", "for", "and", "its", "their", "his", "her", "at", "in"])
_FEMALE = frozenset(["mrs", "ms", "miss", "queen", "princess", "lady", "baroness", "wife", "mother", "sister", "daughter"])
_MALE = frozenset(["mr", "sir", "king", "prince", "lord", "baron", "husband", "father", "brother", "son"])
_SIGN = 5
"""How much a description like "spokeswoman" counts for a sex; a pronoun counts 1."""


@dataclass(eq=False)
class Bearer:
    """Somebody who can be meant. roles: offices and descriptions; places: (frame, token) of its mentions.

    named: whether the article gives a proper name; else `name` is how it is described. sex: what speaks for "she" and for "he".
    """

    name: str
    kind: Kind
    aliases: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    sex: Counter[str] = field(default_factory=Counter)
    affiliation: str | None = None
    country: str | None = None
    places: list[tuple[int, int]] = field(default_factory=list)
    named: bool = True

    def may_be(self, sex: Sex) -> bool:
        """Whether nothing speaks for the other sex more than for this one."""
        return self.sex["m" if sex == "f" else "f"] <= self.sex[sex]

    def describe(self, phrase: str) -> None:
        """Take up an office or description, and what it tells of the sex."""
        if phrase and phrase not in self.roles:
            self.roles.append(phrase)
        words = phrase.lower().split()
        female = any(word in _FEMALE or "woman" in word for word in words)
        self.sex["f"] += _SIGN * female
        self.sex["m"] += _SIGN * (not female and any(word in _MALE or word.endswith("man") for word in words))


@dataclass(frozen=True)
class Mention:
    """Actors named by one word where they stand: frame and token, the sentence's number. subject: of a clause."""

    frame: int
    token: int
    sentence: int
    bearers: tuple[Bearer, ...]
    subject: bool


def words_of(phrase: str) -> frozenset[str]:
    """The words of a name or description that tell one from another, in lower case.

    >>> sorted(words_of("the Fishers' Union of Tarn"))
    ['fishers', 'tarn', 'union']
    """
    cleaned = phrase.lower().replace("-", " ").replace("'s", " ").replace("’s", " ")
    return frozenset("".join(sign if sign.isalnum() else " " for sign in cleaned).split()) - _EMPTY


def singular(words: frozenset[str]) -> frozenset[str]:
    """Words with the plural's ending off."""
    return frozenset(word.removesuffix("s") for word in words)
