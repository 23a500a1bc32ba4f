"""What may happen to a row without its stance changing, and what is left of a row when only a part of it is read?"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from stancelab.errors import InputError
from stancelab.models.inputs import mentions

if TYPE_CHECKING:
    import pandas as pd

Perturbation = Callable[["pd.DataFrame", int], "pd.DataFrame"]
"""Rows with text, actor and target, and a seed, to the same rows changed; the rows given stay as they are."""

WORDS_PER_TYPO = 8
LONG_WORD = re.compile(r"[^\W\d_]{4,}")
"""Shorter words are spared: one letter makes "not" into "no" or "now", and the row into another one."""
SOMEONE = "Someone"
NEWCOMERS = ("Mara Lindqvist", "Tomas Okonjo", "Ines Valdecy", "Henrik Baumel", "Aiko Tarrant", "Desmond Vale")
"""People who do not exist, to stand in for actors."""
QUOTED = re.compile(r"“([^“”]*)”|\"([^\"]*)\"|(?<!\w)‘(.+?)’(?!\w)|(?<!\w)'(.+?)'(?!\w)", re.DOTALL)
"""A quotation; a single mark that touches letters on both sides is an apostrophe."""
OTHER_SHAPE = {"“": '""', '"': "“”", "‘": "''", "'": "‘’"}
OTHER_NUMBER = {"“": "‘’", '"': "''", "‘": "“”", "'": '""'}
NO_MARKS = dict.fromkeys(OTHER_SHAPE, "")


def typos(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """One letter swapped with the next, dropped or doubled in one of eight words of the text, at least in one.

    Hit are words of four letters and more, within the word, and never a word of the name of the row's actor.
    """
    random = np.random.default_rng(seed)
    pairs = zip(rows["text"], rows["actor"], strict=True)
    return rows.assign(text=[_mistyped(text, actor, random) for text, actor in pairs])


def lower_case(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """The text in small letters; the fields actor and target stay."""
    return rows.assign(text=[text.lower() for text in rows["text"]])


def upper_case(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """The text in capitals; the fields actor and target stay."""
    return rows.assign(text=[text.upper() for text in rows["text"]])


def curly_or_straight_quotes(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """Curly quotation marks made straight and straight ones curly."""
    return rows.assign(text=[requote(text, OTHER_SHAPE) for text in rows["text"]])


def single_or_double_quotes(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """Double quotation marks made single and single ones double."""
    return rows.assign(text=[requote(text, OTHER_NUMBER) for text in rows["text"]])


def no_quotes(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """Quotation marks taken away."""
    return rows.assign(text=[requote(text, NO_MARKS) for text in rows["text"]])


def masked_actor(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """The actor's mentions in the text, and the field actor, replaced by "Someone"."""
    return _renamed(rows, dict.fromkeys(rows["actor"], SOMEONE))


def swapped_actor(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """Each actor replaced by a person whom no row names, in the text (a last name by a last name) and in the field."""
    free = strangers(rows)
    order = np.random.default_rng(seed).permutation(len(free))
    actors = dict.fromkeys(rows["actor"])
    return _renamed(rows, {actor: free[order[number % len(free)]] for number, actor in enumerate(actors)})


def statement_only(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """Actor and target emptied."""
    return rows.assign(actor="", target="")


def target_only(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """Text and actor emptied."""
    return rows.assign(text="", actor="")


def actor_only(rows: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """Text and target emptied."""
    return rows.assign(text="", target="")


INVARIANCES: Mapping[str, Perturbation] = {
    "typos": typos,
    "lower-case": lower_case,
    "upper-case": upper_case,
    "curly-or-straight-quotes": curly_or_straight_quotes,
    "single-or-double-quotes": single_or_double_quotes,
    "no-quotes": no_quotes,
    "masked-actor": masked_actor,
    "swapped-actor": swapped_actor,
}
"""Changes that leave the stance as it is. Source: Ribeiro et al. 2020, Beyond accuracy (CheckList), invariance tests."""
ABLATIONS: Mapping[str, Perturbation] = {
    "statement-only": statement_only,
    "target-only": target_only,
    "actor-only": actor_only,
}
"""Parts of a row that are read alone."""
PERTURBATIONS: Mapping[str, Perturbation] = {**INVARIANCES, **ABLATIONS}


def requote(text: str, marks: Mapping[str, str]) -> str:
    """The text with other quotation marks, inner quotations included. marks: opening mark to the new pair, or to nothing.

    >>> requote("“It isn't ‘over’,” he said.", OTHER_NUMBER)
    "‘It isn't “over”,’ he said."
    """

    def changed(match: re.Match[str]) -> str:
        inner = requote(next(part for part in match.groups() if part is not None), marks)
        pair = marks[match[0][0]]
        return f"{pair[:1]}{inner}{pair[1:]}"

    return QUOTED.sub(changed, text)


def strangers(rows: "pd.DataFrame") -> list[str]:
    """The newcomers of whose names no word stands in any row. InputError where there is none."""
    known = {
        word.casefold() for name in ("text", "actor", "target") for value in rows[name] for word in re.findall(r"\w+", value)
    }
    free = [name for name in NEWCOMERS if not known & set(name.casefold().split())]
    if not free:
        raise InputError(f"the rows name every one of {', '.join(NEWCOMERS)}: no actor is left to swap in")
    return free


def _renamed(rows: "pd.DataFrame", new: Mapping[str, str]) -> "pd.DataFrame":
    pairs = zip(rows["text"], rows["actor"], strict=True)
    texts = [_with_name(text, actor, new[actor]) for text, actor in pairs]
    return rows.assign(text=texts, actor=[new[actor] for actor in rows["actor"]])


def _with_name(text: str, actor: str, new: str) -> str:
    """The text with the actor's full name replaced by the new one, the last name by the new last name."""
    for start, end in reversed(mentions(text, actor)):
        name = new if text[start:end] == actor else new.split()[-1]
        text = f"{text[:start]}{name}{text[end:]}"
    return text


def _mistyped(text: str, actor: str, random: np.random.Generator) -> str:
    spared = {word.casefold() for word in LONG_WORD.findall(actor)}
    words = [match for match in LONG_WORD.finditer(text) if match[0].casefold() not in spared]
    wanted = max(1, round(len(text.split()) / WORDS_PER_TYPO))
    for number in sorted(random.permutation(len(words))[:wanted], reverse=True):
        start, end = words[number].span()
        text = f"{text[:start]}{mistype(text[start:end], random)}{text[end:]}"
    return text


def mistype(word: str, random: np.random.Generator) -> str:
    """The word with one inner letter swapped with the next, dropped or doubled: always another word. At least three letters."""
    at = int(random.integers(1, len(word) - 1))
    before, letter, after = word[:at], word[at], word[at + 1 :]
    typed = [before + after[0] + letter + after[1:], before + after, before + 2 * letter + after]
    different = [one for one in typed if one != word]
    return different[int(random.integers(len(different)))]
