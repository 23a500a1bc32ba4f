"""Which labels are there, in which scheme, and how does one scheme map to another?"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from stancelab.errors import InputError, unknown

Position = Literal["rules-out", "declines", "no-position", "leaves-open", "advocates"]
POSITIONS: tuple[Position, ...] = get_args(Position)
"""The graded field, from the most closed to the most open."""

POSITION_LABELS: Mapping[Position, tuple[str, ...]] = {
    "advocates": ("favor",),
    "leaves-open": ("favor",),
    "no-position": ("neutral", "unrelated"),
    "declines": ("against",),
    "rules-out": ("against",),
}
"""The labels of the project's own scheme that each position goes with."""


@dataclass(frozen=True)
class LabelScheme:
    """A closed, ordered list of labels; `favor` and `against` name the two that take a side, where there are such."""

    name: str
    labels: tuple[str, ...]
    favor: str | None = None
    against: str | None = None
    note: str = ""

    def codes(self, labels: Iterable[str]) -> list[int]:
        """Positions of the labels in the scheme. InputError for a label that is not in it."""
        place = {label: code for code, label in enumerate(self.labels)}
        codes = []
        for label in labels:
            if label not in place:
                raise unknown(f"label in scheme {self.name!r}:", label, self.labels)
            codes.append(place[label])
        return codes


@dataclass(frozen=True)
class Crosswalk:
    """A declared map from one scheme to another; a source label without an entry drops its row. `note` says what is lost."""

    source: str
    target: str
    map: Mapping[str, str]
    note: str

    def __call__(self, label: str) -> str | None:
        """The label in the target scheme, or None where the row has no value there."""
        return self.map.get(label)


def _declared(folder: str) -> list[dict[str, object]]:
    entries = sorted(files("stancelab").joinpath(folder).iterdir(), key=lambda entry: entry.name)
    return [tomllib.loads(entry.read_text(encoding="utf-8")) for entry in entries if entry.name.endswith(".toml")]


@cache
def schemes() -> dict[str, LabelScheme]:
    """Every declared label scheme by name.

    >>> schemes()["favor-against-none"].labels
    ('favor', 'against', 'none')
    """
    declared = [LabelScheme(**{**entry, "labels": tuple(entry["labels"])}) for entry in _declared("schemes")]  # type: ignore[arg-type]
    return {scheme.name: scheme for scheme in declared}


@cache
def crosswalks() -> dict[tuple[str, str], Crosswalk]:
    """Every declared crosswalk by (source scheme, target scheme)."""
    declared = [Crosswalk(**entry) for entry in _declared("crosswalks")]  # type: ignore[arg-type]
    return {(walk.source, walk.target): walk for walk in declared}


def scheme_named(name: str, *, where: str | None = None) -> LabelScheme:
    """The scheme of that name; InputError with the nearest name if there is none."""
    if name not in schemes():
        raise unknown("label scheme", name, schemes(), where=where)
    return schemes()[name]


def crosswalk_between(source: str, target: str) -> Crosswalk:
    """The declared crosswalk; a scheme maps to itself without loss. InputError if none is declared.

    >>> crosswalk_between("favor-against-neutral-unrelated", "favor-against-none")("unrelated")
    'none'
    """
    if source == target:
        labels = scheme_named(source).labels
        return Crosswalk(source, target, {label: label for label in labels}, "Nothing is lost.")
    if (source, target) not in crosswalks():
        reachable = [walk.target for walk in crosswalks().values() if walk.source == source]
        raise InputError(
            f"no crosswalk from scheme {source!r} to {target!r}; declared from {source!r}: {', '.join(reachable) or 'none'}"
        )
    return crosswalks()[source, target]


AS_FOUND = "as-found"
"""The scheme of a table whose labels no declared scheme holds: its labels in sorted order."""


def smallest_scheme(labels: Iterable[str]) -> LabelScheme:
    """The declared scheme with the fewest labels that holds all of these, else an ad-hoc one in sorted order.

    >>> smallest_scheme(["none", "favor"]).name
    'favor-against-none'
    """
    found = set(labels)
    fitting = [scheme for scheme in schemes().values() if found <= set(scheme.labels)]
    if fitting:
        return min(fitting, key=lambda scheme: (len(scheme.labels), scheme.name))
    return LabelScheme(AS_FOUND, tuple(sorted(found)))
