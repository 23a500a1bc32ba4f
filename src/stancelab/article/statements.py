"""Which statements does an article make, and whose are they?"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stancelab.article.clauses import NOUNS, Clause, clause_of, is_inserted, own_subject, predicates
from stancelab.article.frames import UTTERANCE
from stancelab.article.resolution import Bearer, Reading, _phrase
from stancelab.article.speech import lexicon
from stancelab.article.syntax import Parsed
from stancelab.records import Mode

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

VIEW = frozenset("view opinion words eyes judgment judgement estimate account reading".split())
MODALS_OF_WISH = frozenset("should must ought may might could can".split())


@dataclass(frozen=True)
class Found:
    """A statement in the visible text. speakers, reported: who it is attributed to, with the token that names each, if any."""

    start: int
    end: int
    frame: int
    mode: Mode
    cue: str | None
    speakers: tuple[Bearer, ...]
    reported: tuple[Bearer, ...]
    named_by: int | None
    confidence: float


def find(reading: Reading) -> list[Found]:
    """The statements of an article, in order, none overlapping another."""
    found: list[Found] = []
    for number, part in enumerate(reading.parsed):
        for sentence in part.doc.sents:
            found += _in_sentence(reading, number, part, sentence, found)
    return found


def _in_sentence(reading: Reading, number: int, part: Parsed, sentence: "Span", before: Sequence[Found]) -> list[Found]:
    label = _label(sentence)
    if label is not None:
        return _labelled(reading, number, part, sentence, label)
    if _is_utterance_alone(sentence):
        return _alone(number, part, sentence, before)
    found = []
    taken: set[int] = set()
    for clause in statement_clauses(reading, number, sentence):
        statement = of_clause(reading, number, part, clause)
        if statement is not None:
            found.append(statement)
            taken |= {token.i for token in clause.tokens}
    for noun in sentence:
        if noun.i not in taken:
            statement = of_noun(reading, number, part, noun)
            if statement is not None:
                found.append(statement)
                taken |= {token.i for token in noun.subtree}
    return sorted(_without_overlap(found), key=lambda statement: statement.start)


def _without_overlap(found: Iterable[Found]) -> list[Found]:
    kept: list[Found] = []
    for statement in sorted(found, key=lambda statement: (statement.start, -statement.end)):
        if not kept or statement.start >= kept[-1].end:
            kept.append(statement)
    return kept


def statement_clauses(reading: Reading, number: int, sentence: "Span") -> Iterator[Clause]:
    """The clauses of a sentence, where an adverbial or relative clause that is no statement belongs to the one around it."""
    every = predicates(sentence)
    apart = {predicate.head.i for predicate in every if predicate.certain}
    for predicate in every:
        if not predicate.certain:
            clause = clause_of(predicate, apart)
            if clause is not None and makes_a_statement(reading, number, clause):
                apart.add(predicate.head.i)
    for predicate in every:
        if predicate.head.i in apart:
            clause = clause_of(predicate, apart)
            if clause is not None:
                yield clause


# quotations without a clause of their own


def _label(sentence: "Span") -> "Token | None":
    """The colon of a line of dialogue, `Ode (Coast): "Yes."`; None elsewhere."""
    found = re.match(r"[^\".!?:]{2,60}:\s*\"" + UTTERANCE, sentence.text)
    if not found or any(token.pos_ == "VERB" for token in sentence.doc.char_span(sentence.start_char, sentence.start_char + found.end(), alignment_mode="contract") or []):
        return None
    return next((token for token in sentence if token.text.endswith(":")), None)


def _labelled(reading: Reading, number: int, part: Parsed, sentence: "Span", colon: "Token") -> list[Found]:
    speakers: tuple[Bearer, ...] = ()
    for token in sentence:
        if token.i < colon.i and not speakers:
            speakers = reading.actors_at(number, token) or tuple(filter(None, [reading.named_at.get((number, token.i))]))
    start, end = _place(part, [token for token in sentence if not token.is_space])
    return [Found(start, end, number, "direct", None, speakers, (), None, 0.9)] if speakers else []


def _is_utterance_alone(sentence: "Span") -> bool:
    words = [token.text for token in sentence if token.is_alpha]
    return bool(words) and set(words) == {UTTERANCE} and '"' in sentence.text


def _alone(number: int, part: Parsed, sentence: "Span", before: Sequence[Found]) -> list[Found]:
    speakers = next((statement.speakers for statement in reversed(before)), ())
    start, end = _place(part, list(sentence))
    return [Found(start, end, number, "direct", None, speakers, (), None, 0.7)] if speakers else []


def _place(part: Parsed, tokens: Sequence["Token"]) -> tuple[int, int]:
    """Where tokens stand in the visible text, marks of quotations at the edges included."""
    start, end = part.place(tokens[0])[0], part.place(tokens[-1])[1]
    for quotation in part.frame.fragments:
        if quotation.words[0] == start:
            start = quotation.start
        if quotation.start < end <= quotation.end and end >= quotation.words[1] - 1:
            end = quotation.end
    return start, end


# clauses


def makes_a_statement(reading: Reading, number: int, clause: Clause) -> bool:
    """Whether a clause tells of an act, words or a stand of an actor."""
    if clause.source is not None or according_to(reading, number, clause):
        return bool(speakers_of(reading, number, clause)[0])
    return bool(speakers_of(reading, number, clause)[0]) and tells_an_act(clause)


def speakers_of(reading: Reading, number: int, clause: Clause) -> tuple[tuple[Bearer, ...], int | None]:
    """Whose statement a clause is, and the token that names the first: of an attribution inside it, else of its subject."""
    if clause.source is not None:
        subject = own_subject(clause.source)
        return (reading.actors_at(number, subject), subject.i) if subject is not None else ((), None)
    return according_to(reading, number, clause) or subject_actors(reading, number, clause)


def of_clause(reading: Reading, number: int, part: Parsed, clause: Clause) -> Found | None:
    """The statement that a clause makes; None where it tells of no act, word or stand of an actor."""
    if not makes_a_statement(reading, number, clause):
        return None
    speakers, named_by = speakers_of(reading, number, clause)
    start, end = _place(part, clause.tokens)
    reported = list(reported_in(reading, number, clause, speakers))
    own, own_by = subject_actors(reading, number, clause)
    if own_by != named_by and tells_an_act(clause):
        reported += [bearer for bearer in own if bearer not in speakers and bearer not in reported]
    cue = clause.source or clause.predicate
    return Found(start, end, number, mode_of(part, clause, start, end), cue.lemma_.lower(), speakers, tuple(reported), named_by, 0.8)


def subject_actors(reading: Reading, number: int, clause: Clause) -> tuple[tuple[Bearer, ...], int | None]:
    """Whose clause it is, and the token that names the first."""
    if clause.subject is None:
        return (), None
    return reading.actors_at(number, clause.subject), clause.subject.i


def according_to(reading: Reading, number: int, clause: Clause) -> tuple[tuple[Bearer, ...], int] | None:
    """The actor after "according to" or "in the view of", in a clause of whatever subject."""
    for token in clause.tokens:
        if token.lower_ == "according":
            places = [inner for inner in token.subtree if inner.dep_ == "pobj"]
        elif token.lemma_.lower() in VIEW and token.dep_ == "pobj":
            places = [inner for child in token.children if child.lower_ == "of" for inner in child.children if inner.dep_ == "pobj"]
            places += [child for child in token.children if child.dep_ == "poss"]
        else:
            continue
        for place in places:
            actors = reading.actors_at(number, place)
            if actors:
                return actors, place.i
    return None


def tells_an_act(clause: Clause) -> bool:
    """Whether the predicate is an act, words or a stand, and not what its subject is, has or undergoes."""
    words = lexicon()
    verb = clause.predicate
    lemma = verb.lemma_.lower()
    if _holds_utterance(clause.tokens):
        return True
    if lemma in ("be", "remain", "stay", "seem", "sound", "feel", "become") or (lemma == "appear" and list(verb.rights)):
        return _tells_an_attitude(verb) or any(child.dep_ == "xcomp" and child.pos_ == "VERB" for child in verb.children)
    if any(child.dep_ == "nsubjpass" for child in verb.children) and own_subject(verb) is not None and own_subject(verb).dep_ == "nsubjpass":
        return lemma in words.attitudes or verb.text.lower() in words.attitudes
    if lemma in words.states:
        return any(child.dep_ in ("xcomp", "ccomp") for child in verb.children) and lemma not in ("have", "need", "appear", "seem", "get", "go", "come", "use")
    return lemma not in ("do", "let") or any(child.dep_ in ("dobj", "neg") for child in verb.children)


def _tells_an_attitude(verb: "Token") -> bool:
    words = lexicon()
    for child in verb.children:
        if child.dep_ in ("acomp", "oprd") and (child.lower_ in words.attitudes or child.lemma_.lower() in words.attitudes):
            return True
        if child.dep_ == "attr" and child.lemma_.lower() in words.attitudes:
            return True
        if child.dep_ == "prep" and child.lower_ in ("against", "for"):
            return True
        if child.dep_ == "prep" and any(inner.lower_ in words.attitudes for inner in child.children):
            return True
    return False


def _holds_utterance(tokens: Sequence["Token"]) -> bool:
    return any(token.text == UTTERANCE and token.i > 0 and token.nbor(-1).text == '"' for token in tokens)


def mode_of(part: Parsed, clause: Clause, start: int, end: int) -> Mode:
    """How the article presents a clause's statement."""
    words = lexicon()
    if _holds_utterance(clause.tokens):
        return "direct"
    if any(start <= fragment.start < end for fragment in part.frame.fragments):
        return "mixed"
    if clause.source is not None:
        return "indirect"
    lemma = clause.predicate.lemma_.lower()
    content = any(child.dep_ in ("ccomp", "xcomp", "dobj", "prep", "advcl", "prt") for child in clause.predicate.children)
    return "indirect" if lemma in words.speech | words.thought | words.decision and content else "narrated"


def reported_in(reading: Reading, number: int, clause: Clause, speakers: Sequence[Bearer]) -> tuple[Bearer, ...]:
    """Actors whose act or plan is told inside what the speakers say."""
    found: list[Bearer] = []
    inside = {token.i for token in clause.tokens}
    for token in clause.tokens:
        if token.dep_ not in ("ccomp", "conj", "relcl", "advcl") or token.pos_ not in ("VERB", "AUX") or not _is_inside(token, clause.predicate):
            continue
        subject = own_subject(token)
        if subject is None or subject.i not in inside or subject.lower_ in ("who", "which", "that"):
            continue
        if any(child.lower_ in MODALS_OF_WISH for child in token.children if child.dep_ == "aux"):
            continue
        told = Clause(token, subject, tuple(token.subtree))
        if not tells_an_act(told):
            continue
        found += [bearer for bearer in reading.actors_at(number, subject) if bearer not in found and bearer not in speakers]
    return tuple(found)


def _is_inside(token: "Token", predicate: "Token") -> bool:
    """Whether a predicate lies within a clausal complement of another, reached by complements and coordination alone."""
    while token.i != predicate.i:
        if token.dep_ == "ccomp" and token.head.i == predicate.i:
            return True
        if token.dep_ not in ("ccomp", "conj"):
            return False
        token = token.head
    return False


# nouns


def of_noun(reading: Reading, number: int, part: Parsed, noun: "Token") -> Found | None:
    """The statement of a noun that names an act of speech with its speaker and tells the stand: "the warning from the mayor"."""
    words = lexicon()
    lemma = noun.lemma_.lower()
    if noun.pos_ != "NOUN" or lemma not in words.speech_nouns or noun.dep_ == "compound":
        return None
    speaker = noun_speaker(reading, number, noun)
    if speaker is None or (lemma not in words.stand_nouns and not _has_content(noun)):
        return None
    tokens = sorted(noun.subtree, key=lambda token: token.i)
    tokens = [token for token in tokens if not (token.dep_ == "punct" and token.i in (tokens[0].i, tokens[-1].i))]
    start, end = _place(part, tokens)
    return Found(start, end, number, "narrated", lemma, reading.actors_at(number, speaker), (), speaker.i, 0.6)


def noun_speaker(reading: Reading, number: int, noun: "Token") -> "Token | None":
    """Whose words or act a noun names: "from", "by" or "of" somebody, or somebody's."""
    for child in noun.children:
        if child.dep_ == "poss" and reading.actors_at(number, child):
            return child
        if child.dep_ in ("prep", "agent") and child.lower_ in ("from", "by", "of"):
            for inner in child.children:
                if inner.dep_ == "pobj" and reading.actors_at(number, inner):
                    return inner
    return None


def _has_content(noun: "Token") -> bool:
    return any(
        child.dep_ in ("acl", "relcl", "ccomp") or (child.dep_ == "prep" and child.lower_ in ("about", "on", "to", "for", "against", "over")) for child in noun.subtree
    )


def spans(found: Sequence[Found]) -> Iterator[tuple[int, int]]:
    """Start and end of each statement."""
    return ((statement.start, statement.end) for statement in found)
