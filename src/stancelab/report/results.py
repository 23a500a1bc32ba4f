"""What do a run's tables look like in Markdown, for results.md and for the README?"""

from collections.abc import Sequence

from stancelab.calibration import THRESHOLDS, Threshold
from stancelab.comparison import Comparison
from stancelab.leaderboard import Entry, Forms, Leaderboard
from stancelab.markdown import table
from stancelab.metrics import METRICS, metric_named
from stancelab.report.audit_tables import audit_markdown
from stancelab.report.ceiling_section import ceiling_markdown
from stancelab.report.section import DASH
from stancelab.runs import Run
from stancelab.transfer import TransferCell, as_rows

CALIBRATION_NOTE = (
    "What a threshold on the highest probability keeps, in the first leaderboard's setting: the share of rows (coverage), and "
    "the share of wrong answers among them (risk), over all repeats together; a label's probability comes from the model of its "
    "row's fold. AURC is the area under the risk-coverage curve, the mean over repeats. Intervals as above."
)


def versus_cells(entry: Entry, board: Leaderboard) -> tuple[str, str]:
    """An entry's difference to the best baseline and its corrected p, as text."""
    if entry.versus is None:
        if board.metric not in entry.scores:
            return DASH, ""
        alone = "audit" if entry.recipe.family == "audit" else "no baseline"
        return "best baseline" if entry is board.best_baseline else alone, ""
    value, shared = entry.versus.difference, entry.versus.replicates
    most = max(other.predictions.replicates for other in board.entries)
    fewer = f" (on {shared} repeat{'s' if shared > 1 else ''})" if shared < most else ""
    return f"{value.value:+.3f} [{value.low:+.3f}, {value.high:+.3f}]{fewer}", entry.versus.p_text


def score_text(entry: Entry, metric: str) -> str:
    """A score with its interval as text, a dash where the recipe's predictions do not allow the metric."""
    return str(entry.scores[metric].interval) if metric in entry.scores else DASH


def short_table(board: Leaderboard) -> str:
    """Recipe, family, primary score, F_avg where that is another one, and the difference to the best baseline."""
    shown = list(dict.fromkeys([board.metric, *({"favor_against_f1"} & set(board.metrics))]))
    rows = []
    for entry in board.entries:
        difference, p = versus_cells(entry, board)
        scores = [score_text(entry, name) for name in shown]
        rows.append([f"`{entry.recipe.name}`", entry.recipe.family, *scores, difference, p])
    titles = [metric_named(name, board.dataset.scheme).title for name in shown]
    header = ["recipe", "family", *titles, "difference to best baseline", "p (Holm)"]
    return table(header, rows)


def notes(board: Leaderboard) -> str:
    """What is to be said of a leaderboard: the verdict, what audits score, who left rows without an answer."""
    return " ".join(note for note in (board.verdict, board.audit_note, board.coverage_note) if note)


def headline(board: Leaderboard) -> str:
    """A leaderboard for a README: its title, its short table, its verdict."""
    return f"{board.title[0].upper()}{board.title[1:]}:\n\n{short_table(board)}\n\n{notes(board)}"


def full_table(board: Leaderboard) -> str:
    """Every metric that is no metric of one label, with its interval; the share of answered rows where one is below all."""
    covered = ["coverage"] if board.coverage_note else []
    rows = [
        [
            f"`{entry.recipe.name}`",
            *(score_text(entry, name) for name in board.metrics),
            *(f"{entry.predictions.coverage:.1%}" for _ in covered),
            str(entry.predictions.replicates),
        ]
        for entry in board.entries
    ]
    return table(["recipe", *(METRICS[name].title for name in board.metrics), *covered, "repeats"], rows)


def label_table(board: Leaderboard) -> str:
    """Precision, recall and F1 of each label."""
    columns = [(kind, label) for label in board.dataset.scheme.labels for kind in ("precision", "recall", "f1")]
    rows = [
        [
            f"`{entry.recipe.name}`",
            *(f"{entry.scores[f'{kind}:{label}'].interval.value:.3f}" for kind, label in columns),
        ]
        for entry in board.entries
    ]
    shown = {"precision": "P", "recall": "R", "f1": "F1"}
    return table(["recipe", *(f"{shown[kind]} {label}" for kind, label in columns)], rows)


def threshold_texts(threshold: Threshold) -> tuple[str, str]:
    """The share of rows that are kept, in percent, and the risk among them, each with its interval; a dash where none is kept.

    >>> from stancelab.intervals import Interval
    >>> threshold_texts(Threshold(0.9, Interval(0.25, 0.2, 0.3), Interval(0.125, 0.1, 0.2)))
    ('25 % [20, 30]', '0.125 [0.100, 0.200]')
    """
    share = threshold.coverage
    return f"{share.value:.0%} [{100 * share.low:.0f}, {100 * share.high:.0f}]".replace("%", " %"), str(threshold.risk or DASH)


def without_probabilities(board: Leaderboard) -> str:
    """One sentence on the recipes of whose probabilities nothing can be said; empty where there are none."""
    names = [entry.recipe.name for entry in board.entries if entry.calibration is None]
    return f"Not every row has probabilities: {', '.join(names)}." if names else ""


def calibration_table(board: Leaderboard) -> str:
    """The area under each recipe's risk-coverage curve; coverage and risk at each threshold."""
    rows = [
        [f"`{name}`", str(found.area), *(", ".join(threshold_texts(threshold)) for threshold in found.thresholds)]
        for name, found in board.calibrations.items()
    ]
    return table(["recipe", "AURC", *(f"{least} and above: coverage, risk" for least in THRESHOLDS)], rows)


def comparison_table(title: str, pairs: Sequence[Comparison]) -> str:
    """What is compared, its difference with interval, and the corrected p."""
    rows = [
        [
            f"`{pair.a}`" if pair.a == pair.b else f"`{pair.a}` minus `{pair.b}`",
            f"{pair.difference.value:+.3f} [{pair.difference.low:+.3f}, {pair.difference.high:+.3f}]",
            pair.p_text,
            str(pair.replicates),
        ]
        for pair in pairs
    ]
    return table([title, "difference", "p (Holm)", "repeats"], rows)


def results(run: Run, boards: Sequence[Leaderboard], forms: Sequence[Forms], moved: Sequence[TransferCell]) -> str:
    """results.md: every leaderboard, what the rendering changes, and on what machine."""
    machine, versions = run.facts["machine"], run.facts["versions"]
    parts = [
        f"# Results: {run.experiment.title}",
        "Written by `stancelab report RUN --publish`. Values are means over repeats, with 95 % intervals over whole "
        "statements, by the methods that experiments/statistics holds against known truths; differences are paired, on the "
        "repeats that both have, p by approximate randomisation over statements. Intervals are those of one comparison, p is "
        "corrected for all of a table. The best baseline and the best transformer are the best on these same rows. An absent "
        "label counts 0. ECE is biased upward where rows are few, so its interval, which is freed of that bias, may lie below "
        "it. Leaving an actor out shifts the label shares against that actor, which puts recipes that know only the shares below "
        "chance.",
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['system']}. Versions: "
        + ", ".join(f"{name} {number}" for name, number in versions.items())
        + ".",
        *(f"Less is run of `{name}`: {limit.reason}." for name, limit in run.experiment.limits.items()),
    ]
    for board in boards:
        parts += [f"## {board.title[0].upper()}{board.title[1:]}", notes(board)]
        parts += [f"Warning: {board.warning}."] if board.warning else []
        signature = board.entries[0].scores[board.metric].signature
        parts += [
            short_table(board),
            *([comparison_table("planned comparison", board.planned)] if board.planned else []),
            full_table(board),
            label_table(board),
            f"Signature of the first row's primary score: `{signature}`",
        ]
    if boards[0].calibrations:
        parts += ["## Calibration", CALIBRATION_NOTE, calibration_table(boards[0]), without_probabilities(boards[0])]
    parts += [ceiling_markdown(boards[0]), audit_markdown(run, boards[0].metric_title)]
    for recipe in dict.fromkeys(cell.recipe for cell in moved):
        parts += [
            f"## Trained on one corpus, tested on another: {recipe}",
            f"{boards[0].metric_title} on the tested rows of each corpus; in italics where its own rows "
            "were trained on. No tested text or statement stands in training.",
            table(*as_rows(moved, recipe)),
        ]
    for setting, pairs in forms:
        parts += [
            f"## What the rendering changes: {setting.scheme}, {setting.protocol.name}",
            f"The same experiment on the article's own words, minus itself on the renderings ({run.experiment.primary_metric}).",
            comparison_table("verbatim minus rendered", pairs),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"
