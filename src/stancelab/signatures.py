"""What is a score a value of, and which other scores may it stand beside?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import version
from urllib.parse import unquote

from stancelab.dataset import Dataset
from stancelab.errors import InputError, suggestion
from stancelab.intervals import DRAWS
from stancelab.metrics import Metric, soft_losses
from stancelab.protocols import same_division

FORM = "DATASET@SHA|SCHEME|TEXT:PROTOCOL|seeds:SEEDS|METRIC(CHOICES)|interval:METHOD,UNIT,DRAWS|stancelab:VERSION"
TEXTS = ("rendered", "verbatim")
SEPARATORS = "%|:()\n\r"

NOTES = {
    "dataset": "another name for the same rows",
    "seeds": "other draws: the scores differ by chance as well",
    "prompt": "a language model was asked something else, as two recipes may",
    "interval": "the values stand side by side, the intervals do not",
    "version": "another version computed it; its changelog says what changed",
}
"""What differs without making two scores incomparable, and what to keep in mind then; every other part decides."""
REPEATS = "the same division, repeated more often in one"


@cache
def package_version() -> str:
    """The installed version of stancelab."""
    return version("stancelab")


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Everything that decides a score, but for the predictions.

    sha: the first eight digits of the dataset's checksum, in this scheme. text: rendered or verbatim, None where it is not known,
    as with the predictions of another program. part: COLUMN=VALUE where only these rows count. prompt: the sha of what a language
    model was asked; votes: that of the annotators' votes, for a metric of them. choices: of the metric. interval: method, the
    unit that is resampled, number of draws.
    """

    dataset: str
    sha: str
    scheme: str
    text: str | None = None
    protocol: str
    part: str | None = None
    seeds: tuple[int, ...]
    prompt: str | None = None
    votes: str | None = None
    metric: str
    choices: str = ""
    interval: str
    version: str

    def __str__(self) -> str:
        where = ":".join(_plain(name) for name in (self.text, self.protocol, self.part) if name is not None)
        seeds = ",".join(str(seed) for seed in self.seeds) or "none"
        beyond = [f"{name}:{_plain(sha)}" for name, sha in (("prompt", self.prompt), ("votes", self.votes)) if sha is not None]
        metric = _plain(self.metric, kept=":") + (f"({_plain(self.choices)})" if self.choices else "")
        parts = [f"{_plain(self.dataset)}@{self.sha}", _plain(self.scheme), where, f"seeds:{seeds}", *beyond, metric]
        return "|".join([*parts, f"interval:{self.interval}", f"stancelab:{_plain(self.version)}"])

    @property
    def division(self) -> str:
        """Text form, protocol and part as they stand in the text: what `score_predictions` takes as `protocol`."""
        return ":".join(name for name in (self.text, self.protocol, self.part) if name is not None)

    @property
    def draws(self) -> int:
        """How often clusters were resampled for the interval."""
        return int(self.interval.rsplit(",", 1)[1])


def signature(
    dataset: Dataset, *, protocol: str, seeds: Sequence[int], metric: Metric, prompt: str | None = None, draws: int = DRAWS
) -> Signature:
    """The signature of a score. protocol: with the form of the text before it where that is known, and the part behind it.

    prompt: the sha of what a language model was asked, which stands before the metric.
    """
    text, named, part = _divided(protocol)
    return Signature(
        dataset=dataset.name,
        sha=dataset.sha[:8],
        scheme=dataset.scheme.name,
        text=text,
        protocol=named,
        part=part,
        seeds=tuple(seeds),
        prompt=prompt,
        votes=dataset.votes_sha[:8] if metric.statistic is soft_losses else None,
        metric=metric.name,
        choices=metric.choices,
        interval=f"{metric.interval},clusters,{draws}",
        version=package_version(),
    )


def parse(text: str) -> Signature:
    """The signature that was printed so. InputError says which part is malformed, and what was expected there.

    >>> text = "tax@0f3a9b21|favor-against-none|rendered:by-time-0.8|seeds:0,1|mcc|interval:bca,clusters,10000|stancelab:0.1.0"
    >>> parse(text).seeds, str(parse(text)) == text
    ((0, 1), True)
    """
    parts = text.split("|")
    if not 7 <= len(parts) <= 9:
        raise InputError(
            f"signature: {len(parts)} parts, expected {FORM}, with prompt:SHA before the metric or not; got {text!r}"
        )
    beyond = _beyond(parts[4:-3])
    parts = [*parts[:4], *parts[-3:]]
    rows = _matched(r"(.+)@([0-9a-f]{8})", parts[0], "DATASET@SHA with the first 8 digits of its checksum")
    seeds = _matched(r"none|\d+(,\d+)*", _after("seeds", parts[3]), "seeds:0,1 or seeds:none")[0]
    metric, choices = _matched(r"([^()]+)(?:\(([^()]+)\))?", parts[4], "METRIC or METRIC(CHOICES)").groups()
    form, protocol, part = _divided(_matched(".+", parts[2], "TEXT:PROTOCOL or as-given")[0])
    return Signature(
        dataset=unquote(rows[1]),
        sha=rows[2],
        scheme=unquote(_matched(".+", parts[1], "a label scheme")[0]),
        text=form,
        protocol=unquote(protocol),
        part=None if part is None else unquote(part),
        seeds=() if seeds == "none" else tuple(int(seed) for seed in seeds.split(",")),
        prompt=beyond.get("prompt"),
        votes=beyond.get("votes"),
        metric=unquote(metric),
        choices=unquote(choices or ""),
        interval=_matched(r"[\w-]+,[\w-]+,[1-9]\d*", _after("interval", parts[5]), "interval:METHOD,UNIT,DRAWS")[0],
        version=unquote(_after("stancelab", parts[6])),
    )


@dataclass(frozen=True)
class Difference:
    """A part in which two signatures differ, as text; whether scores are comparable all the same, and what to keep in mind."""

    part: str
    a: str
    b: str
    comparable: bool
    note: str

    def __str__(self) -> str:
        return f"{self.part}: {self.a} / {self.b} ({self.note})"


def differences(a: Signature, b: Signature) -> list[Difference]:
    """Where two signatures differ, part by part. Two scores are comparable if every difference leaves them comparable.

    Rows, scheme, text, protocol, part and metric decide what a score is a value of. The number of repeats, the seeds, the prompt,
    the interval and the version do not: a warning stands beside such scores.
    """
    found = []
    for field in fields(Signature):
        one, other = getattr(a, field.name), getattr(b, field.name)
        if one == other:
            continue
        repeated = field.name == "protocol" and same_division(one, other)
        note = REPEATS if repeated else NOTES.get(field.name, "the scores are values of different things")
        found.append(Difference(field.name, shown(one), shown(other), repeated or field.name in NOTES, note))
    return found


def shown(value: str | tuple[int, ...] | None) -> str:
    """A part of a signature as text; "none" where it is absent.

    >>> shown((0, 1)), shown(None)
    ('0,1', 'none')
    """
    if isinstance(value, tuple):
        return ",".join(str(seed) for seed in value) or "none"
    return value or "none"


def _divided(protocol: str) -> tuple[str | None, str, str | None]:
    """Text form, protocol and part: `rendered:official-test`, `as-given:target=x`."""
    first, _, rest = protocol.partition(":")
    text, name = (first, rest) if first in TEXTS and rest else (None, protocol)
    name, mark, part = name.partition(":")
    return text, name, part if mark else None


def _plain(text: str, *, kept: str = "") -> str:
    """The text with what separates parts written as %XX."""
    reserved = set(SEPARATORS) - set(kept)
    return "".join(f"%{ord(letter):02X}" if letter in reserved else letter for letter in text)


def _matched(pattern: str, part: str, expected: str) -> "re.Match[str]":
    found = re.fullmatch(pattern, part, re.DOTALL)
    if found is None:
        raise InputError(f"signature: {part!r}: expected {expected}, as in {FORM}")
    return found


def _beyond(parts: Sequence[str]) -> dict[str, str]:
    """What stands between seeds and metric: the prompt's and the votes' sha, in this order, where there are any."""
    found: dict[str, str] = {}
    for part in parts:
        key = "votes" if "prompt" in found or part.startswith("votes:") else "prompt"
        if key in found:
            raise InputError(f"signature: {part!r} stands where the metric is expected, as in {FORM}")
        found[key] = unquote(_after(key, part))
    return found


def _after(key: str, part: str) -> str:
    name, _, rest = part.partition(":")
    if name != key:
        raise InputError(f"signature: {part!r}: expected {key}:..., got {name!r}{suggestion(name, [key])}")
    if not rest:
        raise InputError(f"signature: {part!r}: nothing stands behind {key}:, as in {FORM}")
    return rest
