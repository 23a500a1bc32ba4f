"""What is a noun phrase made of: its head, what determines it, what is said beside it, what it is called?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Token

NO_HEADS = frozenset(["compound", "amod", "nummod", "punct", "case", "aux", "det"])
NO_NOUNS = frozenset(["VERB", "AUX", "ADP", "PUNCT", "ADV", "CCONJ", "SCONJ", "PART", "INTJ", "SPACE", "SYM"])
IN_NAMES = frozenset(["amod", "compound", "nummod", "nmod", "advmod", "quantmod", "predet"])
QUANTITIES = frozenset(["most", "many", "some", "several", "all", "both", "few", "other", "no"])
DEFINITE = frozenset(["the", "this", "that", "these", "those", "both"])
INDEFINITE = frozenset(["a", "an", "another", "one"])
BEFORE = DEFINITE | INDEFINITE | frozenset(["his", "her", "its", "their"])
AFTER = frozenset(["of", "for", "in", "from", "at", "with"])
LONGEST_AFTER = 8
"""Tokens that "of", "for" and the like may lead to as part of a name."""


def is_head(token: "Token") -> bool:
    """Whether a token can be what a noun phrase is about; "two" and "most" are where no noun stands behind them."""
    if token.dep_ in NO_HEADS or token.pos_ in NO_NOUNS:
        return token.dep_ in ("nsubj", "nsubjpass", "conj") and token.pos_ in ("DET", "NUM", "ADJ")
    return True


def is_subject(token: "Token") -> bool:
    """Whether a noun phrase, or the one it is coordinated with, is a clause's subject or agent."""
    while token.dep_ == "conj" and token.head.pos_ in ("NOUN", "PROPN", "PRON"):
        token = token.head
    return token.dep_ in ("nsubj", "nsubjpass", "csubj", "agent")


def conjuncts(token: "Token") -> list["Token"]:
    """What is coordinated with a noun phrase and stands behind it."""
    return [other for other in token.conjuncts if other.i > token.i and other.pos_ not in ("VERB", "AUX")]


def is_definite(token: "Token") -> bool:
    """Whether a noun phrase points to somebody already known."""
    pointing = (child.dep_ == "poss" or (child.dep_ == "det" and child.lower_ in DEFINITE) for child in token.children)
    return token.text[0].isupper() or any(pointing)


def is_indefinite(token: "Token") -> bool:
    """Whether a noun phrase brings up somebody new."""
    return any(child.lower_ in INDEFINITE for child in token.children if child.dep_ in ("det", "nummod"))


def is_plural(token: "Token") -> bool:
    """Whether a noun is in the plural."""
    return token.tag_ in ("NNS", "NNPS") or "Number=Plur" in str(token.morph)


def possessor(token: "Token") -> "Token | None":
    """Whose it is, by a pronoun or a name before it."""
    return next((child for child in token.children if child.dep_ == "poss"), None)


def object_after(token: "Token", words: frozenset[str]) -> "Token | None":
    """The noun that "of", "from" or another of these words leads to."""
    for child in token.children:
        if child.dep_ in ("prep", "agent") and child.lower_ in words:
            found = next((inner for inner in child.children if inner.dep_ == "pobj"), None)
            if found is not None:
                return found
    return None


def called(token: "Token", *, with_of: bool = True) -> str:
    """A noun phrase as a name: without article and possessive pronoun; with_of: with the "of", "for", "in", "from" behind it.

    A possessor that is a name stays: "Ukraine's allies".
    """
    first = _first(token)
    last = _last(token) if with_of else token.i + 1
    return str(token.doc[first:last].text)


def _first(token: "Token") -> int:
    first: int = token.i
    for child in token.lefts:
        if child.dep_ in IN_NAMES or (child.dep_ == "det" and child.lower_ in QUANTITIES):
            first = min(first, child.left_edge.i)
    owner = possessor(token)
    if owner is not None and owner.pos_ == "PROPN":
        first = min(first, owner.left_edge.i)
    while first < token.i and token.doc[first].lower_ in BEFORE:
        first += 1
    return first


def _last(token: "Token") -> int:
    behind = next((child for child in token.rights if child.dep_ == "prep"), None)
    near = behind is not None and behind.i == token.i + 1 and behind.lower_ in AFTER
    own: int = token.i + 1
    if behind is None or not near or behind.right_edge.i - behind.i >= LONGEST_AFTER:
        return own
    breaks = [inner.left_edge.i for inner in behind.subtree if inner.dep_ in ("relcl", "acl", "advcl")]
    breaks += [inner.i for inner in behind.subtree if inner.text in (",", "(")]
    last: int = min([*breaks, behind.right_edge.i + 1])
    while token.doc[last - 1].is_punct or token.doc[last - 1].dep_ == "cc" or token.doc[last - 1].i == behind.i:
        last -= 1
    return max(last, own)


def called_after(preposition: "Token") -> str:
    """A preposition with the name behind it: "of France"."""
    behind = next((child for child in preposition.children if child.dep_ == "pobj"), None)
    return f"{preposition.text} {called(behind, with_of=False)}" if behind is not None else ""


def descriptions(token: "Token", first: int) -> Iterator[tuple[str, str]]:
    """(phrase, lemma of its head) for each office or description beside a name with this head, which begins at token `first`."""
    doc = token.doc
    left = first
    while left > 0 and _is_before_a_name(doc[left - 1]):
        left -= 1
    if left < first:
        home = next(
            (child for child in token.children if child.dep_ == "prep" and child.i == token.i + 1 and child.lower_ == "of"), None
        )
        yield doc[left:first].text + (f" {called_after(home)}" if home is not None else ""), doc[first - 1].lemma_.lower()
    for child in token.children:
        if child.dep_ == "appos" and child.i > token.i and child.pos_ in ("NOUN", "PROPN"):
            yield called(child), child.lemma_.lower()
    if token.dep_ == "appos" and token.head.pos_ in ("NOUN", "PROPN") and token.head.i < token.i:
        yield called(token.head), token.head.lemma_.lower()


def _is_before_a_name(token: "Token") -> bool:
    return token.dep_ in ("compound", "amod", "nmod", "poss", "case") and (
        token.is_alpha or "-" in token.text or token.text == "'s"
    )
