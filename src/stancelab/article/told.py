"""Which clauses, quotations and nouns of an article are statements, and whose?"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from stancelab.article.bearers import Bearer
from stancelab.article.cast import Cast
from stancelab.article.clauses import VERBS, Clause, clause_of, is_said, own_subject, predicates
from stancelab.article.frames import UTTERANCE
from stancelab.article.phrases import object_after
from stancelab.article.quotations import Quotation
from stancelab.article.speech import lexicon
from stancelab.article.syntax import Parsed
from stancelab.records import Mode

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

VIEW = frozenset(["view", "opinion", "words", "eyes", "judgment", "judgement", "estimate", "account", "reading"])
WISHES = frozenset(["should", "must", "ought", "may", "might", "could", "can"])
COPULAS = frozenset(["be", "remain", "stay", "seem", "sound", "feel", "become"])
WITH_COMPLEMENT_ONLY = frozenset(["have", "need", "seem", "get", "go", "come", "use"])
LABEL = re.compile(r"[^\".!?:]{2,60}:\s*\"" + UTTERANCE)
Speakers = tuple[Bearer, ...]


@dataclass(frozen=True)
class Told:
    """A statement in the visible text: its borders, the frame it stands in, how it is presented, the verb or noun that tells it.

    speakers, reported: who it is attributed to. named_by: the token that names the first speaker; None where nothing in it does.
    quotations: those whose words it holds. confidence: that the speakers are right, from 0 to 1.
    """

    start: int
    end: int
    frame: int
    mode: Mode
    cue: str | None
    speakers: Speakers
    reported: Speakers
    named_by: "Token | None"
    quotations: tuple[Quotation, ...]
    confidence: float


def tell(parsed: Sequence[Parsed], cast: Cast) -> list[Told]:
    """The statements of an article, in order, none overlapping another."""
    article = Article(parsed, cast)
    found: list[Told] = []
    for number, part in enumerate(parsed):
        if part.frame.kind == "told":
            for sentence in part.sentences():
                found += _without_overlap(article.in_sentence(number, sentence, found), after=found[-1].end if found else 0)
    return found


def _without_overlap(found: Iterable[Told], after: int) -> Iterator[Told]:
    for statement in sorted(found, key=lambda statement: (statement.start, -statement.end)):
        if statement.start >= after:
            after = statement.end
            yield statement


class Article:
    """A parsed article with its cast, asked for the statements of its sentences."""

    def __init__(self, parsed: Sequence[Parsed], cast: Cast) -> None:
        self.parsed = parsed
        self.cast = cast
        self._contents: dict[int, list[int]] = {}
        for number, part in enumerate(parsed):
            if part.frame.kind == "said":
                self._contents.setdefault(part.frame.of, []).append(number)

    def in_sentence(self, number: int, sentence: "Span", before: Sequence[Told]) -> list[Told]:
        """The statements of one sentence. before: those of all sentences before it."""
        last = next((statement.speakers for statement in reversed(before)), ())
        turn = self.parsed[number].frame.turn
        if turn is not None:
            speaker = self.cast.interviewed() if turn.label is None else self.cast.called(turn.label)
            return self._quoted(number, list(sentence), (speaker,) if speaker is not None else (), 0.9)
        if (label := LABEL.match(sentence.text)) and (speakers := self._labelled(number, sentence, label.end())):
            return self._quoted(number, list(sentence), speakers, 0.9)
        if {token.text for token in sentence if token.is_alpha} == {UTTERANCE} and '"' in sentence.text:
            return self._quoted(number, list(sentence), last, 0.7)
        found, taken = [], set()
        for clause in self.clauses(number, sentence):
            statement = self._of_clause(number, clause) or self._led_to(number, clause, last)
            if statement is not None:
                found.append(statement)
                taken |= {token.i for token in clause.tokens}
        for noun in sentence:
            statement = self._of_noun(number, noun) if noun.i not in taken else None
            if statement is not None:
                found.append(statement)
                taken |= {token.i for token in noun.subtree}
        return found

    def clauses(self, number: int, sentence: "Span") -> Iterator[Clause]:
        """The clauses of a sentence; an adverbial or relative one that is no statement belongs to the one around it."""
        every = predicates(sentence)
        apart = {predicate.head.i for predicate in every if predicate.certain}
        for predicate in every:
            clause = clause_of(predicate, apart) if not predicate.certain else None
            if clause is not None and self._is_statement(clause, *self.speakers_of(number, clause)):
                apart.add(predicate.head.i)
        for predicate in every:
            clause = clause_of(predicate, apart) if predicate.head.i in apart else None
            if clause is not None:
                yield clause

    # quotations

    def _labelled(self, number: int, sentence: "Span", end: int) -> Speakers:
        """Who the name before a line of a debate means, as in `Ode (Coast): "..."`; nobody where a clause stands there."""
        label = [token for token in sentence if token.idx - sentence.start_char < end]
        if any(token.pos_ == "VERB" for token in label):
            return ()
        found = (self.cast.meant.get((number, token.i)) or self.cast.named_at.get((number, token.i)) for token in label)
        first = next(filter(None, found), ())
        return first if isinstance(first, tuple) else (first,)

    def _quoted(self, number: int, tokens: list["Token"], speakers: Speakers, confidence: float) -> list[Told]:
        tokens = [token for token in tokens if not token.is_space]
        statement = self._told(number, tokens, "direct", None, speakers, None, confidence) if speakers else None
        return [statement] if statement is not None else []

    def _led_to(self, number: int, clause: Clause, last: Speakers) -> Told | None:
        """A clause that leads to a quotation without being about who says it: "The news did not surprise her: ..."."""
        if not holds_utterance(clause.tokens):
            return None
        persons = (bearer for token in clause.tokens for bearer in self.cast.actors_at(number, token) if bearer.kind == "person")
        first = None if is_said(clause.predicate) else next(persons, None)
        speakers = last if first is None else (first,)
        return self._told(number, clause.tokens, "direct", None, speakers, None, 0.6) if speakers else None

    # clauses

    def _is_statement(self, clause: Clause, speakers: Speakers, named_by: "Token | None") -> bool:
        """Whether a clause tells of an act, words or a stand of those whom `speakers_of` gives; an attribution always does."""
        if not speakers or named_by is not clause.subject:
            return bool(speakers)
        said = is_said(clause.predicate)
        return tells_an_act(clause) and (said or not all(map(is_document, speakers)))

    def speakers_of(self, number: int, clause: Clause) -> tuple[Speakers, "Token | None"]:
        """Whose statement a clause is, and the word that names the first: of an attribution inside it, else of its subject."""
        if clause.source is not None:
            return self._actors(number, own_subject(clause.source))
        according = self._according_to(number, clause)
        return according if according[0] else self._actors(number, clause.subject)

    def _actors(self, number: int, token: "Token | None") -> tuple[Speakers, "Token | None"]:
        return (self.cast.actors_at(number, token), token) if token is not None else ((), None)

    def _according_to(self, number: int, clause: Clause) -> tuple[Speakers, "Token | None"]:
        """The actor after "according to" or "in the view of", in a clause of whatever subject."""
        for token in clause.tokens:
            if token.lower_ == "according":
                places = [inner for inner in token.subtree if inner.dep_ == "pobj"]
            elif token.lower_ in VIEW and token.dep_ == "pobj":
                places = [child for child in token.children if child.dep_ == "poss"]
                places += [place] if (place := object_after(token, frozenset(("of",)))) is not None else []
            else:
                continue
            found = ((actors, place) for place in places if (actors := self.cast.actors_at(number, place)))
            if (first := next(found, None)) is not None:
                return first
        return (), None

    def _of_clause(self, number: int, clause: Clause) -> Told | None:
        speakers, named_by = self.speakers_of(number, clause)
        if not self._is_statement(clause, speakers, named_by):
            return None
        reported = self._acting_inside(number, clause)
        if clause.subject is not named_by and clause.subject is not None and tells_an_act(clause):
            reported = (*self.cast.actors_at(number, clause.subject), *reported)
        cue = (clause.source or clause.predicate).lemma_.lower()
        return self._told(
            number, clause.tokens, self._mode(number, clause), cue, speakers, named_by, _confidence(named_by), reported
        )

    def _mode(self, number: int, clause: Clause) -> Mode:
        if holds_utterance(clause.tokens):
            return "direct"
        start, end = self._place(number, clause.tokens)
        if any(start <= fragment.start < end for fragment in self.parsed[number].frame.fragments):
            return "mixed"
        lemma = clause.predicate.lemma_.lower()
        content = any(child.dep_ in ("ccomp", "xcomp", "dobj", "prep", "advcl", "prt") for child in clause.predicate.children)
        said = lemma in lexicon().said and content
        told = said or clause.source is not None or bool(self._according_to(number, clause)[0])
        return "indirect" if told else "narrated"

    def _acting_inside(self, number: int, clause: Clause) -> Speakers:
        """Actors whose act or plan is told inside what the speakers say, or who are accused or thanked for one."""
        found = [self.cast.actors_at(number, subject) for subject in subjects_inside(clause)]
        charged = (child for child in clause.predicate.children if child.dep_ == "dobj" and _is_charged(child))
        found += [self.cast.actors_at(number, child) for child in charged]
        return tuple(bearer for bearer in chain.from_iterable(found) if not is_document(bearer))

    def _acting_in_words(self, quotation: Quotation) -> Speakers:
        """The actor whose act a quotation begins with."""
        for number in self._contents.get(quotation.start, []):
            for sentence in self.parsed[number].sentences():
                for predicate in predicates(sentence):
                    clause = Clause(predicate.head, predicate.subject, tuple(predicate.head.subtree))
                    actors, _ = self._actors(number, predicate.subject)
                    if actors and tells_an_act(clause) and not is_wish(predicate.head):
                        return tuple(bearer for bearer in actors if (bearer.named or bearer.places) and not is_document(bearer))
        return ()

    # nouns

    def _of_noun(self, number: int, noun: "Token") -> Told | None:
        """The statement of a noun that names an act of speech, its speaker and the stand: "the warning from the mayor"."""
        words, lemma = lexicon(), noun.lemma_.lower()
        if noun.pos_ != "NOUN" or lemma not in words.speech_nouns or noun.dep_ == "compound":
            return None
        speaker = self.noun_speaker(number, noun)
        if speaker is None or (lemma not in words.stand_nouns and not has_content(noun)):
            return None
        speakers = self.cast.actors_at(number, speaker)
        return self._told(number, list(noun.subtree), "narrated", lemma, speakers, speaker, 0.6)

    def noun_speaker(self, number: int, noun: "Token") -> "Token | None":
        """Whose words or act a noun names: "from", "by" or "of" somebody, or somebody's."""
        whose = [child for child in noun.children if child.dep_ == "poss"]
        after = object_after(noun, frozenset(("from", "by", "of")))
        places = whose + ([after] if after is not None else [])
        return next((place for place in places if self.cast.actors_at(number, place)), None)

    # places

    def _place(self, number: int, tokens: Sequence["Token"]) -> tuple[int, int]:
        """Where tokens stand in the visible text, with the marks of quotations at their edges."""
        part = self.parsed[number]
        start, end = part.place(tokens[0])[0], part.place(tokens[-1])[1]
        for quotation in part.frame.fragments:
            if quotation.words[0] == start:
                start = quotation.start
            if quotation.words[1] - 1 <= end <= quotation.end and quotation.start < end:
                end = quotation.end
        return start, end

    def _told(
        self,
        number: int,
        tokens: Sequence["Token"],
        mode: Mode,
        cue: str | None,
        speakers: Speakers,
        named_by: "Token | None",
        confidence: float,
        reported: Speakers = (),
    ) -> Told | None:
        kept = [token for token in tokens if not token.is_space]
        while kept and kept[-1].is_punct and kept[-1].text not in ('"', ")", "'"):
            kept.pop()
        if not kept:
            return None
        start, end = self._place(number, kept)
        frame = self.parsed[number].frame
        quotations = sorted((*frame.fragments, *frame.utterances.values()), key=lambda quotation: quotation.start)
        inside = tuple(quotation for quotation in quotations if start <= quotation.start < end)
        if mode == "direct" and not reported:
            reported = next(filter(None, map(self._acting_in_words, inside)), ())
        others = tuple(dict.fromkeys(bearer for bearer in reported if bearer not in speakers))
        return Told(start, end, number, mode, cue, speakers, others, named_by, inside, confidence)


def _confidence(named_by: "Token | None") -> float:
    if named_by is None:
        return 0.6
    return {"PROPN": 0.95, "PRON": 0.85}.get(named_by.pos_, 0.8)


def is_document(bearer: Bearer) -> bool:
    """Whether a report or a letter stands for its author, who is not named."""
    return not bearer.named and any(word.lower() in lexicon().documents for word in bearer.name.split())


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


def _is_charged(accused: "Token") -> bool:
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
