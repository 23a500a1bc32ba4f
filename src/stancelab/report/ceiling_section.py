"""What do the annotators beside the models, and the models beside the annotators' votes, look like on a page?"""

from collections.abc import Sequence
from typing import Any

from stancelab.ceiling import TOGETHER, Ceiling, SoftScores, Standing, ceiling, soft_scores
from stancelab.intervals import few_clusters_warning
from stancelab.leaderboard import Leaderboard
from stancelab.markdown import table
from stancelab.metrics import METRICS
from stancelab.report.figures import as_svg
from stancelab.report.section import Section, Sheet
from stancelab.runs import Run

MARKS = {
    TOGETHER: ("#D55E00", "square"),
    "annotator": ("#E69F00", "diamond"),
    "model": ("#0072B2", "circle"),
    "audit": ("#8c8c8c", "triangle-up"),
}
"""Each kind of system by colour and by shape, so that neither is needed to tell them apart."""
JUDGES = {"others": "by the majority of the other annotators", "gold": "by the settled gold"}
WHAT_IT_IS = (
    "Each annotator's labels, as given before anything was adjudicated, are scored as a model's predictions are: same metric,"
    " same resampling of statements. The judge is the majority of the row's other annotators; models are judged by that same "
    "majority on the same rows, each counted as often as it was annotated. By the settled gold, annotators have an advantage:"
    " their own votes have helped to settle it."
)
WHAT_IT_IS_NOT = (
    "What annotators score is how far this codebook lets such readers agree. It is no limit of what can be known: a model may"
    " score higher, because it averages out annotators' slips, and one that scores as high need not read as they do. Rows "
    "whose other annotators are tied are left out, for annotators and models alike, and these are the hard ones. An interval "
    "without width says that no error was seen, not that there is none: where none of n statements holds an error, up to "
    "about 3/n of all such statements may hold one (Hanley and Lippman-Hand 1983). The best model was picked on these same "
    "rows."
)
SOFT_NOTE = (
    "How near each row's probabilities come to the shares of its annotators' votes (Uma et al. 2021, Learning from "
    "Disagreement). Cross-entropy is in nats and cannot be below the entropy of the votes themselves; the Jensen-Shannon "
    "divergence is in bits, 0 for the same shares, 1 for no label in common. Lower is better. Where annotators hardly differ,"
    " this says little that log loss does not."
)


def ceiling_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """Annotators beside models, and soft-label scores, of the primary leaderboard; None where the rows carry neither."""
    board = boards[0]
    found, soft = ceiling(board), soft_scores(board)
    if found is None and soft is None:
        return None
    sheets, figures = {}, {}
    if found is not None:
        figures["ceiling"] = ceiling_chart(found)
        sheets = {"ceiling": standing_sheet(found), "ceiling-metrics": metric_sheet(found)}
    if soft is not None:
        sheets["soft-labels"] = soft_sheet(soft)
    context = {
        "who": board.dataset.annotators,
        "title": board.title,
        "ceiling": found,
        "soft": soft,
        "alpha": _alpha(found) if found else "",
        "warning": few_clusters_warning(found.alpha.clusters) if found else None,
        "chart": as_svg(figures["ceiling"]) if found else "",
        "sheets": sheets,
        "judges": JUDGES,
        "what_it_is": WHAT_IT_IS,
        "what_it_is_not": WHAT_IT_IS_NOT,
        "soft_note": SOFT_NOTE,
        "soft_floor": _floor(soft) if soft else "",
    }
    title = "Annotators beside models" if found else "Models beside the annotators' votes"
    return Section("ceiling", title, "ceiling.html", context, figures, sheets)


def ceiling_markdown(board: Leaderboard) -> str:
    """What the section says, as Markdown for results.md; empty where there is nothing to say."""
    found, soft = ceiling(board), soft_scores(board)
    parts = [
        "## Annotators and models",
        f"Who the annotators are: {board.dataset.annotators}" if board.dataset.annotators else "",
    ]
    if found is not None:
        told = [found.verdict, _alpha(found), found.left_out]
        parts += [" ".join(filter(None, told)), f"{WHAT_IT_IS} {WHAT_IT_IS_NOT}", _as_markdown(standing_sheet(found))]
    if soft is not None:
        parts += [f"{SOFT_NOTE} {_floor(soft)}", _as_markdown(soft_sheet(soft))]
    return "\n\n".join(filter(None, parts)) if found or soft else ""


def _as_markdown(sheet: Sheet) -> str:
    return table(sheet.header, sheet.rows)


def _alpha(found: Ceiling) -> str:
    alpha = found.alpha
    return (
        f"Krippendorff's alpha of the label (nominal) is {alpha.alpha} over {alpha.units} rows in {alpha.clusters} statements "
        f"by {alpha.annotators} annotators."
    )


def _floor(soft: SoftScores) -> str:
    rows = f"{soft.rows} rows with votes, {soft.split} of them with votes for more than one label"
    return f"The entropy of the votes is {soft.floor} ({rows})."


def standing_sheet(found: Ceiling) -> Sheet:
    """Each system's score by both references, and the best model minus each annotator."""
    by_gold = {(entry.kind, entry.name): entry for entry in found.standings["gold"]}
    rows = []
    for entry in found.standings["others"]:
        score = entry.scores[found.metric]
        rows.append(
            (
                entry.name,
                "annotator" if entry.kind == "annotators" else entry.kind,
                str(score.interval),
                str(by_gold[entry.kind, entry.name].scores[found.metric].interval),
                str(score.rows),
                *_versus(entry),
            )
        )
    title = found.title
    judged = tuple(f"{title} {judge}" for judge in JUDGES.values())
    best = f"{found.best} minus this" if found.best else "model minus this"
    return Sheet(("system", "kind", *judged, "annotations judged by others", best, "p (Holm)"), tuple(rows))


def _versus(entry: Standing) -> tuple[str, str]:
    if entry.versus is None:
        return "", ""
    gap = entry.versus.difference
    return f"{gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]", entry.versus.p_text


def metric_sheet(found: Ceiling) -> Sheet:
    """Every metric that needs no probabilities, of each annotator, by both references."""
    people = [
        (judge, entry)
        for judge, standings in found.standings.items()
        for entry in standings
        if entry.kind in ("annotators", "annotator")
    ]
    names = [name for name in METRICS if any(name in entry.scores for _, entry in people)]
    rows = tuple(
        (entry.name, JUDGES[judge], *(str(entry.scores[name].interval) if name in entry.scores else "–" for name in names))
        for judge, entry in people
    )
    return Sheet(("annotator", "judged", *(METRICS[name].title for name in names)), rows)


def soft_sheet(soft: SoftScores) -> Sheet:
    """Each recipe's soft cross-entropy and divergence, the nearest first, below the floor."""
    rows = [(name, str(cross.interval), str(divergence.interval)) for name, (cross, divergence) in soft.scores.items()]
    floor = ("the votes themselves", str(soft.floor), "0")
    return Sheet(("recipe", "soft cross-entropy (nats)", "Jensen-Shannon (bits)"), (floor, *rows))


def ceiling_chart(found: Ceiling) -> Any:
    """Annotators and models by each reference, a point with its 95 % interval, kinds told apart by shape and colour."""
    import altair as alt
    import pandas as pd

    rows = pd.DataFrame(
        [
            {
                "system": entry.name,
                "kind": TOGETHER if entry.kind == "annotators" else entry.kind,
                "judge": JUDGES[judge],
                "value": (score := entry.scores[found.metric].interval).value,
                "low": score.low,
                "high": score.high,
            }
            for judge, standings in found.standings.items()
            for entry in standings
        ]
    )
    order = [entry.name for entry in found.standings["others"]]
    kinds = [kind for kind in MARKS if kind in set(rows["kind"])]
    colours, shapes = zip(*(MARKS[kind] for kind in kinds), strict=True)
    legend = alt.Legend(orient="top", title=None, symbolSize=90)
    colour = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=colours), legend=legend)
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=shapes), legend=legend)
    axis = alt.Axis(labelFontSize=12, labelLimit=200, ticks=False)
    inside = rows["low"].min() >= 0 and rows["high"].max() <= 1
    scale = alt.Scale(domain=[0, 1]) if inside else alt.Scale(zero=False)
    title = f"{found.title}, 95 % interval over statements"
    base = alt.Chart(rows).encode(y=alt.Y("system:N", sort=order, title=None, axis=axis), color=colour)
    intervals = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", scale=scale, title=title), x2="high:Q")
    points = base.mark_point(filled=True, size=80, opacity=1).encode(x=alt.X("value:Q", scale=scale, title=title), shape=shape)
    header = alt.Header(title=None, labelFontSize=12, labelColor="#8c8c8c")
    layers = (intervals + points).properties(width=360, height=24 * len(order))
    charts = layers.facet(column=alt.Column("judge:N", sort=list(JUDGES.values()), header=header))
    return charts.configure_view(stroke=None).configure_axis(gridColor="#eeeeee", domainColor="#999999")
