"""What do the power of comparisons and learning curves look like as tables?"""

from collections.abc import Sequence

from stancelab.intervals import Interval
from stancelab.learning_curve import BACKTESTED, TIMES, Ahead, Curve
from stancelab.power import FACTORS, Power
from stancelab.report.section import DASH, Sheet

SHOWN = tuple(times for times in TIMES if times in (2, 4))
SHOWN_FACTORS = tuple(factor for factor in FACTORS if factor >= 2)


def power_sheet(powers: Sequence[Power]) -> Sheet:
    """A line a pair: the gap, what shows today, the power on more statements, how many more it takes."""
    aim, statements = powers[0].aim, powers[0].statements
    more = [f"{factor:g}x ({factor * statements:.0f})" for factor in SHOWN_FACTORS]
    header = (
        "recipe",
        "over",
        "ahead (s.e.)",
        f"shows with {aim.power:.0%} power",
        f"power 1x ({statements})",
        "tried out",
        *more,
        f"more statements for {aim.gain:g}",
    )
    return Sheet(header, tuple(_power_row(power) for power in powers))


def _power_row(power: Power) -> tuple[str, ...]:
    head = (power.a, power.b, f"{power.gap:+.3f} ({power.standard_error:.3f})")
    if power.refusal:
        return (*head, *(DASH for _ in range(3 + len(SHOWN_FACTORS))), power.verdict)
    simulated = DASH if power.simulated is None else f"{power.simulated:.0%}"
    today, *more = (_percent(power.power_at(factor)) for factor in (1, *SHOWN_FACTORS))
    return (*head, str(power.smallest), today, simulated, *more, power.verdict)


def _percent(share: Interval) -> str:
    return f"{share.value:.0%} [{100 * share.low:.0f}, {100 * share.high:.0f}]"


def curve_sheet(curves: Sequence[Curve]) -> Sheet:
    """A line a recipe: the score at each size."""
    sizes = [f"{point.share:.0%} ({point.statements:.0f})" for point in curves[0].points]
    rows = [(curve.recipe, *(str(point.score) for point in curve.points), str(curve.replicates)) for curve in curves]
    return Sheet(("recipe", *sizes, "repeats"), tuple(rows))


def ahead_sheet(curves: Sequence[Curve]) -> Sheet:
    """A line a recipe: what the law says of more training statements, and why it does not say more."""
    present = curves[0].points[-1].statements
    heads = [text for times in SHOWN for text in (f"score at {times:g}x ({times * present:.0f})", f"gain at {times:g}x")]
    rows = []
    for curve in curves:
        found = {step.times: step for step in curve.ahead}
        cells = [cell for times in SHOWN for cell in _ahead_cells(found.get(times))]
        doubt = "its beginning did not tell its end" if curve.ahead and curve.backtest and not curve.backtest.held else ""
        rows.append((curve.recipe, *cells, "; ".join(filter(None, [curve.refusal, doubt]))))
    return Sheet(("recipe", *heads, "remark"), tuple(rows))


def _ahead_cells(step: Ahead | None) -> tuple[str, str]:
    return (DASH, DASH) if step is None else (str(step.score), _signed(step.gain))


def _signed(value: Interval) -> str:
    return f"{value.value:+.3f} [{value.low:+.3f}, {value.high:+.3f}]"


def backtest_sheet(curves: Sequence[Curve]) -> Sheet:
    """A line a recipe that has one: what the sizes up to BACKTESTED would have said of the largest. No lines where none has."""
    header = ("recipe", f"told by sizes to {BACKTESTED:.0%}", "was", "off by", "size before taken as it is: off by", "held")
    rows = [
        (
            curve.recipe,
            str(test.predicted),
            f"{test.observed:.3f}",
            _signed(test.miss),
            f"{test.carried:+.3f}",
            "yes" if test.held else "no",
        )
        for curve in curves
        if (test := curve.backtest)
    ]
    return Sheet(header, tuple(rows))
