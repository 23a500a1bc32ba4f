"""In which ways may rows be divided into those that train and those that are tested, and what is each way called?"""

import re
from typing import Any, Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from stancelab.errors import InputError, report_of, unknown
from stancelab.records import Record, explain

Kind = Literal[
    "stratified-group-k-fold",
    "leave-one-actor-out",
    "leave-one-target-out",
    "leave-one-corpus-out",
    "official",
    "by-time",
    "cross-corpus",
]

OPTIONS: dict[str, tuple[str, ...]] = {
    "stratified-group-k-fold": ("folds", "repeats", "shots"),
    "leave-one-actor-out": (),
    "leave-one-target-out": (),
    "leave-one-corpus-out": ("most",),
    "official": ("train", "test", "repeats", "shots"),
    "by-time": ("share",),
    "cross-corpus": ("train_on", "most"),
}

SHOTS, DRAWS, MOST = r"(?:-(?P<shots>\d+)-shots)?", r"(?:-x(?P<repeats>\d+))?", r"(?:-(?P<most>\d+)-rows)?"
NAMES: dict[Kind, str] = {
    "stratified-group-k-fold": rf"stratified-group-k-fold-(?P<folds>\d+)x(?P<repeats>\d+){SHOTS}",
    "leave-one-corpus-out": rf"leave-one-corpus-out{MOST}",
    "official": rf"official-(?P<test>.+?)(?:-from-(?P<train>.+?))?{SHOTS}{DRAWS}",
    "by-time": r"by-time-(?P<share>[\d.e-]+)",
    "cross-corpus": rf"trained-on-(?P<train_on>.+?){MOST}",
}
"""How the name of each kind is made up of its options; the kinds without options are named by themselves."""


class Protocol(Record):
    """How rows are divided; each kind has options of its own.

    folds, repeats: of k-fold. train, test: splits of an official division. share: of the statements, the earliest of which
    train. train_on: the corpora of a pool that train. most: training rows of one corpus, drawn at random where it has more.
    shots: training rows of one label, drawn at random where it has more; an official division repeats the draw.
    training_share: of the training statements, drawn for a learning curve; no option of any kind, see `thinned`.
    """

    kind: Kind
    folds: int | None = None
    repeats: int = Field(default=1, ge=1)
    train: list[str] = Field(default=["train"], min_length=1)
    test: list[str] = Field(default=["test"], min_length=1)
    share: float = Field(default=0.8, gt=0, lt=1)
    train_on: list[str] | None = Field(default=None, min_length=1)
    most: int | None = Field(default=None, ge=2)
    shots: int | None = Field(default=None, ge=1)
    training_share: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _options_belong_to_the_kind(self) -> Self:
        strange = sorted(self.model_fields_set - {"kind", *OPTIONS[self.kind]})
        given = [name for name in strange if getattr(self, name) != type(self).model_fields[name].get_default()]
        if given:
            raise ValueError(f"{self.kind} has no {given[0]!r}; its options: {', '.join(OPTIONS[self.kind]) or 'none'}")
        if self.kind == "cross-corpus" and not self.train_on:
            raise ValueError("cross-corpus needs train_on, the corpora to train on")
        if self.kind == "official" and self.repeats > 1 and self.shots is None:
            raise ValueError("official repeats a draw of shots, and there is none: name shots, or leave repeats out")
        both = [name for name in self.train if name in self.test]
        if both:
            raise ValueError(f"split {both[0]!r} would be trained on and tested")
        for option in ("train", "test", "train_on"):
            names = getattr(self, option) or []
            if len(set(names)) < len(names):
                raise ValueError(f"a name stands twice in {option}: {', '.join(names)}")
        return self

    @property
    def name(self) -> str:
        """The protocol as it stands in signatures and folder names."""
        thinned = f"-{self.training_share:g}-of-training" if self.training_share else ""
        most = f"-{self.most}-rows" if self.most else ""
        shots = f"-{self.shots}-shots" if self.shots else ""
        draws = f"-x{self.repeats}" if self.repeats > 1 else ""
        trained = "+".join(self.train_on or [])
        source = "" if self.train == ["train"] else f"-from-{'+'.join(self.train)}"
        names = {
            "stratified-group-k-fold": f"{self.kind}-{self.number_of_folds}x{self.repeats}{shots}",
            "official": f"official-{'+'.join(self.test)}{source}{shots}{draws}",
            "by-time": f"by-time-{self.share}",
            "cross-corpus": f"trained-on-{trained}{most}",
        }
        return names.get(self.kind, f"{self.kind}{most}") + thinned

    @property
    def title(self) -> str:
        """The protocol in words."""
        thinned = f", trained on {percent(self.training_share)} of the training statements" if self.training_share else ""
        most = f", at most {self.most} training rows of each" if self.most else ""
        shots = f", at most {self.shots} training rows of each label" if self.shots else ""
        draws = f", drawn {self.repeats} times" if self.repeats > 1 else ""
        titles = {
            "stratified-group-k-fold": f"stratified group k-fold, {self.number_of_folds} folds x {self.repeats} repeats{shots}",
            "official": f"official split {' + '.join(self.test)}, trained on {' + '.join(self.train)}{shots}{draws}",
            "by-time": f"by time, the earliest {percent(self.share)} of the statements train",
            "cross-corpus": f"cross-corpus, trained on {' + '.join(self.train_on or [])}{most}",
        }
        return titles.get(self.kind, f"{self.kind.replace('-', ' ')}{most}") + thinned

    @property
    def divides_alike(self) -> bool:
        """Whether every repeat has the same folds, so that repeating it whole would say the same again."""
        return self.kind != "stratified-group-k-fold" and self.most is None and self.shots is None

    def thinned(self, share: float, *, repeats: int) -> "Protocol":
        """The same division with a share of the training statements only, drawn again in every repeat."""
        return self.model_copy(update={"training_share": share, "repeats": repeats})

    @property
    def number_of_folds(self) -> int:
        """Folds of the k-fold kind, 5 if the protocol does not say."""
        return 5 if self.folds is None else self.folds


def percent(share: float) -> str:
    """A share as it stands in titles, with up to six digits."""
    return f"{100 * share:.6g}%"


def protocol_of(**options: Any) -> Protocol:
    """The protocol with these options, None for one that is not given. InputError for an option that does not fit.

    >>> protocol_of(kind="stratified-group-k-fold", folds=3, share=None).name
    'stratified-group-k-fold-3x1'
    """
    try:
        return Protocol(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise InputError(report_of(explain(error, Protocol))) from None


def protocol_named(name: str) -> Protocol:
    """The protocol that calls itself so. InputError for a name of none.

    Splits or corpora whose own names hold "+", "-from-" or the ending of a protocol's name come back divided at it.

    >>> protocol_named("official-test-from-trial+train").train
    ['trial', 'train']
    """
    for kind in get_args(Kind):
        found = re.fullmatch(NAMES.get(kind, kind), name)
        if found:
            protocol = protocol_of(kind=kind, **{key: _option(key, value) for key, value in found.groupdict().items() if value})
            if protocol.name == name:
                return protocol
    raise unknown("protocol", name, [*get_args(Kind)])


def _option(key: str, value: str) -> list[str] | float:
    if key in ("train", "test", "train_on"):
        return value.split("+")
    return float(value) if key == "share" else int(value)


def same_division(one: str, other: str) -> bool:
    """Whether two protocols, by name, are one but for the number of repeats."""
    try:
        first, second = protocol_named(one), protocol_named(other)
    except InputError:
        return one == other
    return first.model_copy(update={"repeats": 1}) == second.model_copy(update={"repeats": 1})
