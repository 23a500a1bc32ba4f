"""Which networks do these statements make, all together and window by window?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError, unknown
from stancelab.networks.counts import DUPLICATES
from stancelab.networks.draws import draw_stances
from stancelab.networks.graphs import KINDS, Among, Choices, Network, networks
from stancelab.networks.polarisation import Polarisation
from stancelab.networks.statements import AGAINST, FAVOR, Statements
from stancelab.networks.ties import NORMALISATIONS
from stancelab.networks.windows import Window, windows
from stancelab.progress import bar


@dataclass(frozen=True)
class Period:
    """What is said in one window, or in all (window None). networks, polarisation: None, and no networks, where nothing is."""

    window: Window | None
    statements: Statements
    networks: tuple[Network, ...]
    polarisation: Polarisation | None


@dataclass(frozen=True)
class Debate:
    """All statements and each window's. draws, seed: of the labels; undated: rows that fall into no window."""

    choices: Choices
    whole: Period
    windows: tuple[Period, ...]
    draws: int
    seed: int
    undated: int | None


def choices_of(*, kinds: Sequence[str] | None, among: str, normalisation: str, duplicates: str) -> Choices:
    """Choices by their names, every kind but `ignore` if none is named. InputError for unknown names, and for a normalisation
    that is made for none of the kinds.
    """
    chosen = tuple(dict.fromkeys(kinds)) if kinds else Choices.kinds
    allowed = (
        ("kind of network", chosen, KINDS),
        ("nodes to tie", (among,), get_args(Among)),
        ("normalisation", (normalisation,), NORMALISATIONS),
        ("way to count duplicates", (duplicates,), DUPLICATES),
    )
    for what, given, known in allowed:
        for name in given:
            if name not in known:
                raise unknown(what, name, known)
    of_affiliations = normalisation in ("activity", "prominence")
    if normalisation != "no" and not any((name == "affiliation") == of_affiliations for name in chosen):
        made_for = "affiliation" if of_affiliations else ", ".join(KINDS[1:])
        raise InputError(f"normalisation {normalisation!r} is made for {made_for}; asked for {', '.join(chosen)}")
    return Choices(chosen, among, normalisation, duplicates)  # type: ignore[arg-type]


def debate(
    statements: Statements,
    choices: Choices | None = None,
    *,
    seed: int,
    draws: int = 1000,
    window: int | None = None,
    step: int | None = None,
) -> Debate:
    """The networks of all statements and, with `window` days, those of every window; one set of draws serves them all.

    InputError: no row has a date, or dates that cannot be read, where windows are asked for.
    """
    if step is not None and window is None:
        raise InputError("--step goes with --window: the days from the start of one window to the next")
    choices = choices or Choices()
    days = statements.days() if window is not None else []
    spans = windows(days, length=window, step=step) if window is not None else []
    stances = draw_stances(statements, draws=draws, seed=seed)
    periods = []
    with bar("networks", total=1 + len(spans)) as advance:
        whole = _period(statements, stances, choices, None)
        advance(1)
        for span in spans:
            inside = span.holds(days)
            periods.append(_period(statements.where(inside), stances[inside], choices, span))
            advance(1)
    undated = sum(day is None for day in days) if window is not None else None
    return Debate(choices, whole, tuple(periods), draws, seed, undated)


def _period(statements: Statements, stances: NDArray[np.int8], choices: Choices, window: Window | None) -> Period:
    if not statements.rows:
        return Period(window, statements, (), None)
    found, camps = networks(statements, stances, choices)
    for network in found:
        network.graph.graph |= {} if window is None else {"first": str(window.first), "last": str(window.last)}
    return Period(window, statements, tuple(found), camps)


def sides(statements: Statements) -> Mapping[str, Any]:
    """How many rows take each side, or none, and how many of all have probabilities."""
    return {
        "rows": len(statements.rows),
        "favor": int((statements.stance == FAVOR).sum()),
        "against": int((statements.stance == AGAINST).sum()),
        "other": int((statements.stance == 0).sum()),
        "with_probabilities": int(statements.uncertain.sum()),
    }
