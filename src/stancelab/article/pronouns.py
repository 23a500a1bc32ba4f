"""Whom does a pronoun mean?"""

from typing import TYPE_CHECKING

from stancelab.article.bearers import Bearer, Mention, Sex
from stancelab.article.cast import Cast

if TYPE_CHECKING:
    from spacy.tokens import Token

HE = frozenset(["he", "him", "his", "himself"])
SHE = frozenset(["she", "her", "hers", "herself"])
IT = frozenset(["it", "its", "itself"])
THEY = frozenset(["they", "them", "their", "theirs", "themselves"])
RELATIVE = frozenset(["who", "whom", "which", "that", "whose"])
FIRST = frozenset(["i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "ourselves", "you", "your", "yours", "one"])
"""Those of who speaks and who listens, which are resolved nowhere."""

PRONOUNS = HE | SHE | IT | THEY | FIRST
IMPERSONAL = frozenset(["be", "seem", "appear", "take", "rain", "snow", "matter", "mean"])


def is_pronoun(token: "Token") -> bool:
    """Whether a word is one that `meant_by` resolves, or one of the first person."""
    low = token.lower_
    if low in RELATIVE:
        return token.dep_ in ("nsubj", "nsubjpass", "poss")
    return low in PRONOUNS


def meant_by(cast: Cast, frame: int, token: "Token") -> tuple[Bearer, ...]:
    """Who a pronoun means; empty where nobody fits, and for the first person."""
    low = token.lower_
    if low in RELATIVE:
        return _antecedent(cast, frame, token)
    if low in HE | SHE:
        return _person(cast, frame, token, "m" if low in HE else "f")
    if low in IT:
        return _thing(cast, frame, token)
    return _several(cast) if low in THEY else ()


def _antecedent(cast: Cast, frame: int, token: "Token") -> tuple[Bearer, ...]:
    clause = next((above for above in token.ancestors if above.dep_ in ("relcl", "acl")), None)
    if clause is None:
        return ()
    head = clause.head
    while (frame, head.i) not in cast.meant and head.dep_ in ("appos", "conj"):
        head = head.head
    return cast.meant.get((frame, head.i), ())


def _person(cast: Cast, frame: int, token: "Token", sex: Sex) -> tuple[Bearer, ...]:
    """The last person of that sex, subjects first: of a subject's own sentence only subjects, before the rest comes to mind."""
    barred = _subject_beside(cast, frame, token)
    later = []
    for mention in cast.recent(12):
        persons = [
            bearer for bearer in mention.bearers if bearer.kind == "person" and bearer.may_be(sex) and bearer not in barred
        ]
        if len(mention.bearers) != 1 or not persons:
            continue
        if (
            token.dep_ == "nsubj"
            and mention.sentence == cast.sentence
            and not mention.subject
            and not _in_own_clause(cast, mention)
        ):
            later += persons
            continue
        persons[0].sex[sex] += 1
        return tuple(persons)
    return tuple(later[:1])


def _in_own_clause(cast: Cast, mention: Mention) -> bool:
    """Whether a mention's clause has a subject: that of "when I told Ode, she" has one, that of "asked by Ode, she" has none."""
    token = cast.docs[mention.frame][mention.token]
    verb = next((above for above in token.ancestors if above.pos_ in ("VERB", "AUX")), None)
    return verb is not None and any(child.dep_ in ("nsubj", "nsubjpass") for child in verb.children)


def _subject_beside(cast: Cast, frame: int, token: "Token") -> tuple[Bearer, ...]:
    """The subject of an object's own clause, whom a plain pronoun cannot mean."""
    if token.dep_ not in ("dobj", "pobj", "dative", "iobj") or token.lower_.endswith("self"):
        return ()
    clause = next((above for above in token.ancestors if above.pos_ in ("VERB", "AUX")), None)
    children = clause.children if clause is not None else ()
    return next((cast.meant.get((frame, child.i), ()) for child in children if child.dep_ in ("nsubj", "nsubjpass")), ())


def _thing(cast: Cast, frame: int, token: "Token") -> tuple[Bearer, ...]:
    if token.dep_ == "nsubj" and _is_impersonal(token.head):
        return ()
    for mention in cast.recent(3):
        thing = len(mention.bearers) == 1 and mention.bearers[0].kind in ("organisation", "country")
        if thing and (mention.frame == frame or mention.subject):
            return mention.bearers
    return ()


def _is_impersonal(verb: "Token") -> bool:
    clausal = ("ccomp", "advcl", "xcomp", "csubj", "acomp", "attr")
    return verb.lemma_ in IMPERSONAL and any(child.dep_ in clausal for child in verb.children)


def _several(cast: Cast) -> tuple[Bearer, ...]:
    """Those named together last, or the last group; else the last organisation or country, which can be a "they" too."""
    for mention in cast.recent(3):
        together = cast.together(mention)
        if len(together) > 1:
            return together
        if mention.bearers[0].kind == "group":
            return mention.bearers
    things = (mention.bearers for mention in cast.recent(2) if mention.bearers[0].kind in ("organisation", "country"))
    return next(things, ())
