"""What does the report say of how a run's recipes take changed items and perturbed rows?"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from stancelab.audit import Audit, Failure, failures, load_audit
from stancelab.intervals import Interval
from stancelab.leaderboard import Leaderboard
from stancelab.report.audit_tables import (
    CONTRAST_NOTE,
    PERTURBATION_NOTE,
    WIDTH_NOTE,
    cautions,
    contrast_sheet,
    findings,
    grids,
    perturbation_sheet,
)
from stancelab.report.figures import as_svg
from stancelab.report.section import Section
from stancelab.runs import Run

SHOWN = 12
ACROSS = 3
RIGHT, PASSED, KEPT = "item right", "pair passed", "answer kept"
LOOKS = {RIGHT: ("#0072B2", "circle"), PASSED: ("#D55E00", "diamond"), KEPT: ("#0072B2", "circle")}
INK = "#7a7a7a"
"""A grey that can be read on white and on a dark page."""


def audit_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """Pass rates by category and perturbation, and what the best recipe gets wrong; None where the run has no audit."""
    audit = load_audit(run)
    if audit is None:
        return None
    board = boards[0]
    audit = _in_order(audit, [entry.recipe.name for entry in board.entries])
    reading = [recipe.name for recipe in audit.recipes if recipe.family != "audit" and recipe.kind != "dummy"]
    best = reading[0] if reading and audit.contrast else None
    wrong = failures(run, best) if best else []
    figures = charts(audit)
    rates = [*audit.perturbations, *audit.ablations]
    sheets = {"audit-perturbations": perturbation_sheet(rates, board.metric_title)}
    if audit.contrast:
        sheets["audit-contrast"] = contrast_sheet(audit.contrast)
    context = {
        "findings": findings(audit),
        "cautions": cautions(audit),
        "absent": [entry.recipe.name for entry in board.entries if entry.recipe not in audit.recipes],
        "notes": [*([CONTRAST_NOTE] if audit.contrast else []), PERTURBATION_NOTE, WIDTH_NOTE],
        "charts": [as_svg(chart) for chart in figures.values()],
        "grids": grids(audit, board.metric_title),
        "best": best,
        "failures": _spread(wrong),
        "wrong": len(wrong),
    }
    return Section("audit", "Robustness", "audit.html", context, figures, sheets)


def _in_order(audit: Audit, names: Sequence[str]) -> Audit:
    """The same audit, recipes in the order of the leaderboard."""
    place = {name: number for number, name in enumerate(names)}
    lists = {name: getattr(audit, name) for name in ("contrast", "perturbations", "ablations")}
    ordered = {name: sorted(rates, key=lambda rate: place[rate.recipe]) for name, rates in lists.items()}
    return audit.model_copy(update={"recipes": sorted(audit.recipes, key=lambda one: place[one.name]), **ordered})


def _spread(wrong: Sequence[Failure]) -> list[Failure]:
    """A few failures, of every category in turn."""
    of_category = pd.Series([failure.category for failure in wrong], dtype=object)
    turns = of_category.groupby(of_category).cumcount()
    return [wrong[number] for number in turns.sort_values(kind="stable").index[:SHOWN]]


def charts(audit: Audit) -> dict[str, Any]:
    """Altair charts by file name: pass rates of the contrast set and of the perturbations, a panel a recipe."""
    contrast = [(rate.recipe, rate.category, RIGHT, rate.right) for rate in audit.contrast]
    contrast += [(rate.recipe, rate.category, PASSED, rate.passed) for rate in audit.contrast if rate.passed]
    kept = [(rate.recipe, rate.perturbation, KEPT, rate.kept) for rate in audit.perturbations if rate.kept]
    named = {"audit-contrast": (contrast, "contrast set: share, 95 % interval over base items")}
    named["audit-perturbations"] = (kept, "answers kept under perturbation: share, 95 % interval over statements")
    return {name: _panels(rates, title) for name, (rates, title) in named.items() if rates}


def _panels(rates: Sequence[tuple[str, str, str, Interval]], title: str) -> Any:
    import altair as alt

    rows = pd.DataFrame(
        [(recipe, category, what, one.value, one.low, one.high) for recipe, category, what, one in rates],
        columns=["recipe", "category", "what", "value", "low", "high"],
    )
    categories, series = list(rows["category"].unique()), [name for name in LOOKS if name in set(rows["what"])]
    colour = alt.Color("what:N", title=None, scale=alt.Scale(domain=series, range=[LOOKS[name][0] for name in series]))
    shape = alt.Shape("what:N", title=None, scale=alt.Scale(domain=series, range=[LOOKS[name][1] for name in series]))
    axis = alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2f")
    unit = {"scale": alt.Scale(domain=[0, 1]), "title": None, "axis": axis}
    base = alt.Chart().encode(
        y=alt.Y("category:N", sort=categories, title=None, axis=alt.Axis(ticks=False, labelLimit=170)),
        yOffset=alt.YOffset("what:N", sort=series, scale=alt.Scale(paddingOuter=0.6)),
        color=colour,
    )
    intervals = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", **unit), x2="high:Q")
    points = base.mark_point(filled=True, size=55, opacity=1).encode(x=alt.X("value:Q", **unit), shape=shape)
    height = (15 + 7 * len(series)) * len(categories)
    panel = alt.layer(intervals, points, data=rows).properties(width=210, height=height)
    header = alt.Header(title=None, labelColor=INK, labelFontSize=12, labelFontWeight="bold")
    facets = panel.facet(alt.Facet("recipe:N", sort=list(rows["recipe"].unique()), header=header), columns=ACROSS)
    return (
        facets.properties(title=title, description=title)
        .configure(background="transparent")
        .configure_view(stroke=None)
        .configure_axis(gridColor=INK, gridOpacity=0.25, domainColor=INK, tickColor=INK, labelColor=INK)
        .configure_legend(labelColor=INK, orient="top", labelFontSize=12)
        .configure_title(color=INK, anchor="start", fontSize=13, fontWeight="normal")
    )
