"""Which words tell that somebody speaks, thinks, decides, or merely is?"""

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache, cached_property
from importlib.resources import files

PAST = {
    "say": "said",
    "tell": "told",
    "write": "wrote",
    "speak": "spoke",
    "swear": "swore",
    "forecast": "forecast",
    "admit": "admitted",
    "commit": "committed",
    "refer": "referred",
    "slam": "slammed",
    "snap": "snapped",
    "quip": "quipped",
}
"""The past of verbs of speech that is not their lemma with "ed"."""


@dataclass(frozen=True)
class Lexicon:
    """Lemmas by what they tell; see lexicon.toml, which says it of each list."""

    speech: frozenset[str]
    thought: frozenset[str]
    decision: frozenset[str]
    states: frozenset[str]
    attitudes: frozenset[str]
    speech_nouns: frozenset[str]
    stand_nouns: frozenset[str]
    persons: frozenset[str]
    titles: frozenset[str]
    groups: frozenset[str]
    organisations: frozenset[str]
    documents: frozenset[str]
    women: frozenset[str]
    men: frozenset[str]
    quantifiers: frozenset[str]
    counted: frozenset[str]
    spokespersons: frozenset[str]
    places: frozenset[str]
    geography: frozenset[str]
    forces: frozenset[str]
    public_bodies: frozenset[str]
    companies: frozenset[str]
    bodies: frozenset[str]
    offices: frozenset[str]
    before_names: frozenset[str]
    before_places: frozenset[str]

    @cached_property
    def said(self) -> frozenset[str]:
        """Verbs that tell what somebody says, thinks or decides."""
        return self.speech | self.thought | self.decision

    @cached_property
    def first_names(self) -> frozenset[str]:
        """Those of women and of men."""
        return self.women | self.men

    @cached_property
    def callings(self) -> frozenset[str]:
        """What persons are called, and what stands before their names."""
        return self.persons | self.titles


@cache
def lexicon() -> Lexicon:
    """The lists that the package carries."""
    words = tomllib.loads(files("stancelab.article").joinpath("lexicon.toml").read_text(encoding="utf-8"))
    return Lexicon(**{field.name: frozenset(words[field.name].split()) for field in fields(Lexicon)})


def _forms(verb: str) -> tuple[str, str]:
    """A verb's third person and its past."""
    stem = f"{verb[:-1]}i" if verb.endswith("y") and verb[-2] not in "aeiou" else verb
    third = f"{stem}es" if stem != verb or verb.endswith(("s", "sh", "ch")) else f"{verb}s"
    return third, PAST.get(verb) or stem.removesuffix("e") + "ed"


@cache
def _attribution() -> re.Pattern[str]:
    """A comma, a verb of speech in the third person or the past, a name; or the name first."""
    verbs = "|".join(sorted(form for verb in lexicon().speech for form in _forms(verb)))
    name = r"(?:[A-Z][\w’'.-]+(?: [A-Z][\w’'.-]+){0,3}|he|she|they|it)"
    return re.compile(rf"[,?!] (?=(?:(?:{verbs}) {name}|{name} (?:{verbs}))\b)")


def attribution_after(text: str, start: int, end: int) -> int:
    """Where the words of a quotation without closing mark end: after the mark before its attribution, or at `end`.

    >>> text = '"Nobody was asked, said Venn. He left.'
    >>> text[: attribution_after(text, 0, len(text))]
    '"Nobody was asked,'
    """
    found = _attribution().search(text, start, end)
    return found.start() + 1 if found else end


@cache
def _speaker_first() -> re.Pattern[str]:
    """The beginning of "NAME said" or "said NAME" in a sentence that begins with it."""
    return re.compile(_attribution().pattern.removeprefix("[,?!] "))


def names_a_speaker(text: str, start: int = 0) -> bool:
    """Whether an attribution begins at that place of a text, such as follows a quotation: "Ode asked", "shouted Ode".

    >>> names_a_speaker("Ode asked."), names_a_speaker("Ode went home.")
    (True, False)
    """
    return _speaker_first().match(text, start) is not None
