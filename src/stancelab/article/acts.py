"""Does a predicate tell of an act, of words or a stand, or of what somebody is, has and undergoes?"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stancelab.article.clauses import VERBS, Clause, own_subject
from stancelab.article.frames import UTTERANCE
from stancelab.article.speech import lexicon

if TYPE_CHECKING:
    from spacy.tokens import Token

WISHES = frozenset(["should", "must", "ought", "may", "might", "could", "can"])
COPULAS = frozenset(["be", "remain", "stay", "seem", "sound", "feel", "become"])
WITH_COMPLEMENT_ONLY = frozenset(["have", "need", "seem", "get", "go", "come", "use"])


def holds_utterance(tokens: Sequence["Token"]) -> bool:
    """Whether a quotation's word is among the tokens."""
    return any(token.text == UTTERANCE and token.i > 0 and token.nbor(-1).text == '"' for token in tokens)


def tells_an_act(clause: Clause) -> bool:
    """Whether a predicate is an act, words or a stand, and not what its subject is, has or undergoes."""
    words, verb = lexicon(), clause.predicate
    lemma = verb.lemma_.lower()
    complement = any(child.dep_ in ("xcomp", "ccomp") for child in verb.children)
    if holds_utterance(clause.tokens):
        return True
    if lemma in COPULAS:
        return _tells_an_attitude(verb) or any(child.dep_ == "xcomp" and child.pos_ == "VERB" for child in verb.children)
    subject = own_subject(verb)
    if subject is not None and subject.dep_ == "nsubjpass":
        return bool({lemma, verb.lower_} & words.attitudes)
    if lemma in words.states:
        return complement and lemma not in WITH_COMPLEMENT_ONLY
    return lemma not in ("do", "let") or any(child.dep_ in ("dobj", "neg") for child in verb.children)


def _tells_an_attitude(verb: "Token") -> bool:
    attitudes = lexicon().attitudes
    for child in verb.children:
        if child.dep_ in ("acomp", "oprd", "attr") and {child.lower_, child.lemma_.lower()} & attitudes:
            return True
        if child.dep_ == "prep" and (
            child.lower_ in ("against", "for") or any(inner.lower_ in attitudes for inner in child.children)
        ):
            return True
    return False


def subjects_inside(clause: Clause) -> Iterator["Token"]:
    """Subjects of the acts that are told in a clause's complement, other than those wished for."""
    inside = {token.i for token in clause.tokens}
    for token in clause.tokens:
        if token.pos_ in VERBS and token.dep_ in ("ccomp", "conj") and _is_complement_of(token, clause.predicate):
            subject = own_subject(token) or (own_subject(token.head) if token.dep_ == "conj" else None)
            told = subject is not None and subject.i in inside and not is_wish(token)
            if told and tells_an_act(Clause(token, subject, tuple(token.subtree))):
                yield subject


def _is_complement_of(token: "Token", predicate: "Token") -> bool:
    """Whether a verb lies within a clausal complement of another, reached by complements and coordination alone."""
    while token.i != predicate.i and token.dep_ in ("ccomp", "conj"):
        if token.dep_ == "ccomp" and token.head.i == predicate.i:
            return True
        token = token.head
    return False


def is_wish(verb: "Token") -> bool:
    """Whether a verb tells what should or might be, and not what is."""
    helping = [child for child in verb.children if child.dep_ in ("aux", "auxpass")]
    return any(child.lower_ in WISHES for child in helping) or (verb.tag_ == "VB" and not helping)


def is_charged(accused: "Token") -> bool:
    """Whether somebody is accused of something, thanked for it, or kept from it: the object before "of", "for" and a verb."""
    behind = (
        child for child in accused.head.children if child.dep_ == "prep" and child.i > accused.i and child.lower_ in ("of", "for")
    )
    return any(inner.dep_ == "pcomp" for child in behind for inner in child.children)


def has_content(noun: "Token") -> bool:
    """Whether a noun comes with what it is about."""
    about = ("about", "on", "to", "for", "against", "over")
    return any(
        child.dep_ in ("acl", "relcl", "ccomp") or (child.dep_ == "prep" and child.lower_ in about) for child in noun.subtree
    )
