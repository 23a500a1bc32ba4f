"""Which clauses of a sentence are statements: whose act or words, in which words, from where to where?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stancelab.article.frames import UTTERANCE
from stancelab.article.speech import lexicon

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

VERBS = ("VERB", "AUX")
NOUNS = ("NOUN", "PROPN", "PRON")
LEADING = ("cc", "mark")
NEVER_SAID = frozenset(["if", "unless", "once", "until", "till", "before", "lest", "whether", "in", "so", "than", "provided"])
"""What begins a clause that only says when, or under which condition, another one holds."""

ROLES = frozenset(["speak", "sit", "stand", "work", "serve", "represent", "belong", "live"])
"""Verbs of relative clauses that tell what somebody is: "who sits for the governing party"."""


@dataclass(frozen=True)
class Clause:
    """A clause with its own predicate. subject: the head of the noun phrase it is said of; None without any.

    tokens: those that belong to it, in order, without clauses of their own and marks and conjunctions at its edges.
    source: the verb of an attribution put into the sentence ("..., she added, ..."), whose subject says all of it.
    """

    predicate: "Token"
    subject: "Token | None"
    tokens: tuple["Token", ...]
    source: "Token | None" = None


@dataclass(frozen=True)
class Predicate:
    """A verb that could be a statement's. certain: a clause of its own wherever it stands, as main and coordinated ones are."""

    head: "Token"
    subject: "Token | None"
    certain: bool
    source: "Token | None" = None


def predicates(sentence: "Span") -> list[Predicate]:
    """The predicates of a sentence that are not inside what another one says, in order."""
    found = {predicate.head.i: predicate for predicate in _below(sentence.root, None, certain=True)}
    return [found[place] for place in sorted(found)]


def clause_of(predicate: Predicate, apart: set[int]) -> Clause | None:
    """A predicate with what belongs to it; apart: predicates that are clauses of their own."""
    tokens = _tokens(predicate.head, apart - {predicate.head.i})
    return Clause(predicate.head, predicate.subject, tokens, predicate.source) if tokens else None


def _below(head: "Token", inherited: "Token | None", *, certain: bool) -> Iterator[Predicate]:
    subject = own_subject(head) or inherited
    source = next((child for child in head.children if is_inserted(child)), None)
    if head.pos_ in VERBS:
        yield Predicate(head, subject, certain, source)
    for child in head.children:
        if source is not None:
            yield from _asides_below(child) if child.pos_ not in VERBS else ()
            continue
        if child.dep_ in ("conj", "parataxis", "dep") and child.pos_ in VERBS:
            if not _goes_on(head, child):
                yield from _below(child, subject, certain=True)
        elif child.dep_ == "advcl" and _may_be_told(child):
            yield from _below(child, subject, certain=own_subject(child) is None)
        elif child.dep_ == "ccomp" and child.i < head.i and _is_sentence_before(head, child):
            yield from _below(child, None, certain=True)
        elif child.dep_ in ("ccomp", "xcomp"):
            yield from _torn_off(child, subject)
        elif (
            child.dep_ == "acl"
            and head.pos_ in NOUNS
            and head.dep_ == "ROOT"
            and child.tag_ in ("VBD", "VBN")
            and agent_of(child) is None
        ):
            yield from _below(child, head, certain=True)
        elif child.dep_ not in ("ccomp", "xcomp", "acl", "relcl", "conj", "advcl", "pcomp", "csubj"):
            yield from _inside_noun(child)
    if head.pos_ not in VERBS:
        yield from _inside_noun(head)


def _inside_noun(noun: "Token") -> Iterator[Predicate]:
    """Predicates of relative clauses and participles that hang on a noun phrase."""
    for child in noun.children:
        if child.dep_ == "relcl" and child.pos_ in VERBS:
            if _is_aside(child) and child.lemma_ not in ROLES:
                yield from _below(child, None, certain=False)
        elif child.dep_ == "acl" and child.tag_ == "VBG" and is_said(child) and child.lemma_ != "speak":
            yield from _below(child, noun, certain=False)
        elif child.dep_ == "acl" and agent_of(child) is not None:
            yield from _below(child, agent_of(child), certain=False)
        elif child.dep_ == "pcomp" and noun.lower_ == "including" and is_said(child):
            yield from _below(child, own_subject(noun.head), certain=False)
        elif child.dep_ in ("prep", "pobj", "appos", "conj") and child.pos_ not in VERBS:
            yield from _inside_noun(child)


def _is_aside(clause: "Token") -> bool:
    """Whether a relative clause adds something: behind a comma, of a person, of "..., a claim"; else it tells which is meant."""
    noun = clause.head
    summing_up = _stands_off(noun.left_edge) and noun.left_edge.lower_ in ("a", "an")
    of_a_person = any(child.lower_ == "who" and child.dep_ == "nsubj" for child in clause.children)
    return summing_up or of_a_person or _stands_off(clause.left_edge)


def _stands_off(first: "Token") -> bool:
    return bool(first.i > 0 and first.nbor(-1).text in (",", "-", "–", "—"))


def _may_be_told(clause: "Token") -> bool:
    """Whether an adverbial clause could be a statement of its own; "passing sentence, he ..." only says when."""
    marks = [child.lower_ for child in clause.children if child.dep_ in ("mark", "advmod") and child.i < clause.i]
    if any(mark in NEVER_SAID for mark in marks):
        return False
    if own_subject(clause) is not None:
        return True
    content = clause.i > clause.head.i or any(child.dep_ in ("ccomp", "xcomp") for child in clause.children)
    return content and is_said(clause) and clause.tag_ == "VBG" and clause.lemma_ not in ROLES and marks in ([], ["while"])


def _goes_on(head: "Token", other: "Token") -> bool:
    """Whether a coordinated clause still belongs to what is said: "A came, said Ode, and B went"."""
    said_after = any(child.dep_ == "ccomp" and child.i < head.i for child in head.children)
    return said_after and is_said(head) and not is_speech(other) and own_subject(other) is not None


def _is_sentence_before(head: "Token", child: "Token") -> bool:
    """Whether what the parser takes for the complement of a verb is a sentence of its own before it."""
    between = [token for token in head.children if child.i < token.i < head.i]
    if any(token.tag_ == "WRB" or token.dep_ == "mark" for token in between):
        return True
    return not is_said(head)


def _torn_off(complement: "Token", subject: "Token | None") -> Iterator[Predicate]:
    """Clauses below what is said that are the reporter's all the same: their tense, or a "though she admitted", shows it."""
    for child in complement.children:
        if child.pos_ not in VERBS:
            yield from _asides_below(child)
        elif child.dep_ == "conj" and own_subject(child) is None and is_said(child) and subject is not None:
            other_tense = _has_modal(complement) and not _has_modal(child)
            if _is_finite(child) and (other_tense or (is_speech(child) and _is_set_off(child))):
                yield from _below(child, subject, certain=True)
        elif (
            child.dep_ == "advcl"
            and is_speech(child)
            and any(token.lower_ in ("though", "although", "while", "but") for token in child.children)
        ):
            yield from _below(child, None, certain=True)
        elif child.dep_ in ("xcomp", "ccomp", "conj"):
            yield from _torn_off(child, None)


def _asides_below(noun: "Token") -> Iterator[Predicate]:
    """Relative clauses behind a comma with a subject of their own: "the levy, which he blames"."""
    for child in noun.children:
        if child.dep_ == "relcl" and child.left_edge.nbor(-1).text == "," and (subject := own_subject(child)) is not None:
            if subject.lower_ not in ("who", "which", "that"):
                yield from _below(child, None, certain=False)
        elif child.dep_ in ("prep", "pobj", "appos", "dobj") and child.pos_ not in VERBS:
            yield from _asides_below(child)


def _is_set_off(verb: "Token") -> bool:
    """Whether ", and" stands before a coordinated verb."""
    first = verb.left_edge.i
    return bool(first > 1 and verb.doc[first - 1].dep_ == "cc" and verb.doc[first - 2].text == ",")


def _has_modal(verb: "Token") -> bool:
    return verb.tag_ == "VB" or any(child.tag_ == "MD" for child in verb.children)


def _is_finite(verb: "Token") -> bool:
    return verb.tag_ in ("VBD", "VBZ", "VBP") or any(
        child.dep_ == "aux" and child.tag_ in ("VBD", "VBZ", "VBP") for child in verb.children
    )


def is_inserted(verb: "Token") -> bool:
    """Whether a verb is an attribution put into a sentence, or after it: ", she added,"."""
    if verb.dep_ not in ("parataxis", "dep", "advcl", "conj") or verb.pos_ != "VERB" or not (is_speech(verb) or is_said(verb)):
        return False
    children = list(verb.children)
    if any(child.dep_ in ("xcomp", "dobj", "cc", "mark") or (child.dep_ == "ccomp" and child.i > verb.i) for child in children):
        return False
    if verb.dep_ in ("conj", "advcl") and not any(child.dep_ == "ccomp" and child.i < verb.i for child in children):
        comma = verb.left_edge.i > 0 and verb.left_edge.nbor(-1).text == ","
        if not (is_speech(verb) and comma and all(child.i < verb.i or child.is_punct for child in children)):
            return False
    subject = own_subject(verb)
    return subject is not None and verb.left_edge.i > 0 and len(list(verb.subtree)) < 25


def own_subject(head: "Token") -> "Token | None":
    """The subject of a predicate's own clause; of a passive the agent, if it is named."""
    agent = agent_of(head)
    if agent is not None:
        return agent
    subjects = [child for child in head.children if child.dep_ in ("nsubj", "nsubjpass")]
    before = [child for child in subjects if child.i < head.i]
    return next(iter([*before[::-1], *subjects]), None)


def agent_of(head: "Token") -> "Token | None":
    """By whom: "was rejected by the council"."""
    passive = head.tag_ == "VBN"
    for child in head.children:
        if passive and child.dep_ == "agent":
            return next((inner for inner in child.children if inner.dep_ == "pobj"), None)
    return None


def is_speech(head: "Token") -> bool:
    """Whether a verb tells what somebody says."""
    return head.lemma_.lower() in lexicon().speech


def is_said(head: "Token") -> bool:
    """Whether a verb tells what somebody says, thinks or decides."""
    return head.lemma_.lower() in lexicon().said


def _tokens(head: "Token", apart: set[int]) -> tuple["Token", ...]:
    """The tokens of a clause around its predicate, as far as no other clause of its own interrupts them."""
    own = {token.i for token in head.subtree if not _belongs_apart(token, head, apart)}
    if head.dep_ == "acl" and head.head.dep_ == "ROOT" and head.tag_ in ("VBD", "VBN"):
        own |= {
            token.i for token in head.head.subtree if token.i < head.left_edge.i and not _belongs_apart(token, head.head, apart)
        }
    first = last = head.i
    while first - 1 in own:
        first -= 1
    while last + 1 in own:
        last += 1
    return _trimmed(tuple(head.doc[first : last + 1]), head)


def _belongs_apart(token: "Token", head: "Token", apart: set[int]) -> bool:
    while token.i != head.i:
        if token.i in apart:
            return True
        token = token.head
    return False


def _trimmed(tokens: tuple["Token", ...], head: "Token") -> tuple["Token", ...]:
    """Without the clause's own conjunctions, and marks other than those of quotations, at the edges."""
    first, last = 0, len(tokens)
    while first < last and _is_edge(tokens[first], head) and not _marks_utterance(tokens[first]):
        first += 1
    while (
        first < last
        and (tokens[last - 1].dep_ == "cc" or tokens[last - 1].is_punct or tokens[last - 1].is_space)
        and not _marks_utterance(tokens[last - 1])
    ):
        last -= 1
    return tokens[first:last]


def _is_edge(token: "Token", head: "Token") -> bool:
    joins = token.dep_ in LEADING or token.lower_ in ("when", "where")
    return token.is_punct or token.is_space or (joins and (token.head.i == head.i or token.dep_ == "cc"))


def _marks_utterance(token: "Token") -> bool:
    near = [token.doc[place].text for place in range(max(0, token.i - 2), min(len(token.doc), token.i + 2))]
    return token.text == '"' and UTTERANCE in near
