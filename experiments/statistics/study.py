"""What do the statistics of this package do where the truth is known? Writes results.md and its figures beside this file.

    python experiments/statistics/study.py [--simulations N]

Fixed seeds. With 2,000 simulations about half an hour on two cores; fewer are said in results.md.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

import coverage
import cross_validation

from stancelab.intervals import FEW_CLUSTERS, FEW_OF_A_LABEL
from stancelab.markdown import table
from stancelab.metrics import metric_named
from stancelab.records import write_text
from stancelab.report.figures import as_svg

HERE = Path(__file__).parent
CROSS_VALIDATION = """## What cross-validation done wrong would give

Labels in random order, so that nothing can be learnt: a way of scoring that ends above chance has leaked. Then systems that
were trained by cross-validation on the same rows and are alike, so that every difference that is called real is a false alarm.
A p of `compare` is about these predictions, not about the models that another sample would have trained: with 50 statements and
trained systems it calls somewhat more than 5 % different."""
STATEMENTS = alt.Scale(type="log", domain=[min(coverage.SIZES), max(coverage.SIZES)])
SHOWN = alt.Scale(domain=[0.7, 1], clamp=True)
BLUE, GREY = "#0072B2", "#8c8c8c"


def percent(share: float) -> str:
    return "–" if pd.isna(share) else f"{100 * share:.1f}"


def title_of(metric: str) -> str:
    return metric_named(metric, coverage.SCHEME).title


def coverage_table(found: pd.DataFrame, world: str) -> str:
    """Metrics down, sizes across: our interval, beside it the percentile's."""
    own = found[found["world"] == world]
    rows = []
    for name in coverage.MEASURED:
        of_metric = own[own["metric"] == name]
        method = next(method for method in of_metric["method"] if method != "percentile")
        cells = []
        for statements in coverage.SIZES:
            at = of_metric[of_metric["statements"] == statements].set_index("method")
            ours, percentile = at.loc[method], at.loc["percentile"]
            quiet = "" if ours["unwarned"] in (0, 1) else f" ({percent(ours['coverage unwarned'])})"
            cells.append(f"{percent(ours['coverage'])}{quiet} / {percent(percentile['coverage'])}")
        rows.append([f"{title_of(name)}", method, f"{of_metric['truth'].iloc[0]:.3f}", *cells])
    shares = own[own["metric"] == "macro_f1"].drop_duplicates("statements").set_index("statements")["unwarned"]
    rows.append(["datasets without a warning", "", "", *(percent(shares[statements]) for statements in coverage.SIZES)])
    return table(["value", "interval", "truth", *(f"{statements}" for statements in coverage.SIZES)], rows)


def tests_table(found: pd.DataFrame, world: str, column: str) -> str:
    """True differences down, sizes across."""
    own = found[found["world"] == world]
    rows = [
        [truth, *(percent(value) for value in own[own["difference"] == truth][column])]
        for truth in dict.fromkeys(own["difference"])
    ]
    return table(["true difference", *(f"{statements}" for statements in coverage.SIZES)], rows)


def coverage_chart(found: pd.DataFrame) -> Any:
    """Coverage against the number of statements, a panel a metric, ours beside the percentile's; the band from 93 to 97 %."""
    shown = found.assign(
        value=[title_of(name) for name in found["metric"]],
        interval=["percentile" if method == "percentile" else "ours" for method in found["method"]],
    )
    base = alt.Chart(shown).encode(
        x=alt.X(
            "statements:Q",
            scale=STATEMENTS,
            axis=alt.Axis(values=list(coverage.SIZES), labelOverlap=True),
        ),
        y=alt.Y("coverage:Q", scale=SHOWN, axis=alt.Axis(format="%"), title="coverage"),
        color=alt.Color(
            "interval:N", scale=alt.Scale(domain=["ours", "percentile"], range=[BLUE, GREY]), legend=alt.Legend(orient="top")
        ),
        strokeDash=alt.StrokeDash("world:N", title="rows", legend=alt.Legend(orient="top", symbolType="stroke")),
    )
    band = alt.Chart(shown).mark_rect(color="#cfe3f3", opacity=0.5).encode(y=alt.YDatum(0.93, scale=SHOWN), y2=alt.Y2Datum(0.97))
    panel = (band + base.mark_line(clip=True) + base.mark_point(filled=True, size=22, clip=True)).properties(
        width=230, height=150
    )
    return panel.facet(alt.Facet("value:N", title=None, sort=[title_of(name) for name in coverage.MEASURED]), columns=3)


def results(covered: pd.DataFrame, tested: pd.DataFrame, simulations: int) -> str:
    parts = [
        "# What the statistics do where the truth is known",
        f"Written by `python experiments/statistics/study.py`, {simulations} simulations a cell (a quarter of that with 10 "
        f"repeats, and {coverage.MOST_STATEMENTS // max(coverage.SIZES)} with {max(coverage.SIZES)} statements), fixed seeds. "
        "Datasets are drawn from two invented worlds; statements hold 1 to 6 rows that share their label and their difficulty. "
        "A system's answers depend on that difficulty, on what it sees of each label, and on its own noise.",
        "## Do intervals hold the truth?",
        "The share of datasets, in percent, whose 95 % interval over statements holds the value in the population: **ours / the "
        "percentile bootstrap's**. In brackets: among the datasets of which the report does not warn, because they have at least "
        f"{FEW_CLUSTERS} statements and each label stands in at least {FEW_OF_A_LABEL}; no bracket where that is all or none. "
        f"The standard error of a share of 95 % is {percent((0.95 * 0.05 / simulations) ** 0.5)}.",
        "![coverage](coverage.svg)",
    ]
    for world in coverage.WORLDS:
        parts += [f"### {world.name[0].upper()}{world.name[1:]}", coverage_table(covered, world.name)]
    parts += [
        "## Do tests call a difference real that is none, and do they find one that is?",
        "The share of datasets, in percent, in which two systems' macro-F1 differs at the 5 % level by approximate randomisation "
        "over statements. Unlike systems have the same macro-F1 and other strengths, so that they are not exchangeable.",
    ]
    for world in coverage.WORLDS:
        parts += [f"### {world.name[0].upper()}{world.name[1:]}", tests_table(tested, world.name, "called")]
    parts += ["The share in which the jackknife's interval of the difference holds the true one:"]
    for world in coverage.WORLDS:
        parts += [f"### {world.name[0].upper()}{world.name[1:]}: intervals", tests_table(tested, world.name, "coverage")]
    parts += [CROSS_VALIDATION, cross_validation.results()]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=2000)
    simulations = parser.parse_args().simulations
    covered, tested = coverage.coverage(simulations), coverage.tests(simulations)
    write_text(HERE / "coverage.svg", as_svg(coverage_chart(covered)))
    write_text(HERE / "results.md", results(covered, tested, simulations))


if __name__ == "__main__":
    main()
