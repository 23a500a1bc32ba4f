"""When do two names mean the same actor?

The rule, by which extraction is scored. Case, accents, "the", possessive endings and a plural s never count. A person is the one
whose full name is equal. Any other actor is the one whose content words are equal or at least half shared: the words of both
names, over the words of either, are half or more (Jaccard 1901), so that "fishers" are "most fishers", and the "Fishers' Union"
is the "Fishers' Union of Tarn", but two ministries are two.
"""

import re
import unicodedata

SHARED = 0.5
_EMPTY = frozenset(("a", "an", "of", "for", "in", "on", "at", "to", "and", "by", "with", "from", "its", "his", "her", "their"))
_POSSESSIVE = re.compile(r"['’`´](?:s\b)?")
_WORD = re.compile(r"[^\W_]+")


def words_of(name: str) -> list[str]:
    """The words of a name as they are compared, in order.

    >>> words_of("the Fishers’ Union of Tárn")
    ['fisher', 'union', 'of', 'tarn']
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = _WORD.findall(_POSSESSIVE.sub("", plain))
    return [_singular(word) for word in words if word != "the"]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def likeness(name: str, other: str, *, person: bool) -> float:
    """How sure two names mean one actor: 1 where they are equal, the share of their words where that is enough, else 0.

    >>> likeness("Government of Korsund", "the Korsund government", person=False)
    1.0
    >>> likeness("Torben Hale", "Hale", person=True)
    0.0
    """
    own, theirs = words_of(name), words_of(other)
    if own == theirs:
        return 1.0
    if person:
        return 0.0
    content, others = set(own) - _EMPTY, set(theirs) - _EMPTY
    either = len(content | others)
    shared = len(content & others) / either if either else 0.0
    return shared if shared >= SHARED else 0.0


def is_same_actor(name: str, other: str, *, person: bool) -> bool:
    """Whether two names mean one actor. person: whether the first is known to name a person."""
    return likeness(name, other, person=person) > 0
