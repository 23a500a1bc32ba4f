"""What do a run's tables look like in Markdown, for results.md and for the README?"""

from collections.abc import Sequence

from stancelab.comparison import Comparison
from stancelab.leaderboard import Entry, Forms, Leaderboard
from stancelab.markdown import table
from stancelab.metrics import METRICS, metric_named
from stancelab.runs import Run
from stancelab.transfer import TransferCell, as_rows

NONE = "–"
"""A metric of probabilities, of a recipe that gives none."""


def versus_cells(entry: Entry, board: Leaderboard) -> tuple[str, str]:
    """An entry's difference to the best baseline and its corrected p, as text."""
    if entry.versus is None:
        alone = "audit" if entry.recipe.family == "audit" else "no baseline"
        return "best baseline" if entry is board.best_baseline else alone, ""
    value, shared = entry.versus.difference, entry.versus.replicates
    most = max(other.predictions.replicates for other in board.entries)
    fewer = f" (on {shared} repeat{'s' if shared > 1 else ''})" if shared < most else ""
    return f"{value.value:+.3f} [{value.low:+.3f}, {value.high:+.3f}]{fewer}", entry.versus.p_text


def short_table(board: Leaderboard) -> str:
    """Recipe, family, primary score, F_avg where that is another one, and the difference to the best baseline."""
    shown = [name for name in dict.fromkeys([board.metric, "favor_against_f1"]) if name in board.entries[0].scores]
    rows = []
    for entry in board.entries:
        difference, p = versus_cells(entry, board)
        scores = [str(entry.scores[name].interval) for name in shown]
        rows.append([f"`{entry.recipe.name}`", entry.recipe.family, *scores, difference, p])
    titles = [metric_named(name, board.dataset.scheme).title for name in shown]
    header = ["recipe", "family", *titles, "difference to best baseline", "p (Holm)"]
    return table(header, rows)


def headline(board: Leaderboard) -> str:
    """A leaderboard for a README: its title, its short table, its verdict."""
    return f"{board.title[0].upper()}{board.title[1:]}:\n\n{short_table(board)}\n\n{board.verdict} {board.audit_note}"


def full_table(board: Leaderboard) -> str:
    """Every metric that is no metric of one label, with its interval; the share of rows with an answer, where some lack one."""
    gaps = board.has_gaps
    rows = [
        [
            f"`{entry.recipe.name}`",
            *(str(entry.scores[name].interval) if name in entry.scores else NONE for name in board.metrics),
            *([f"{entry.predictions.coverage:.1%}"] if gaps else []),
            str(entry.predictions.replicates),
        ]
        for entry in board.entries
    ]
    return table(["recipe", *(METRICS[name].title for name in board.metrics), *(["answered"] if gaps else []), "repeats"], rows)


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
        "Written by `stancelab report RUN --publish`. Values are means over repeats, with 95 % intervals from 10,000 "
        "cluster-bootstrap draws over statements; differences are paired, on the repeats that both have, p by approximate "
        "randomisation over statements. Intervals are those of one comparison, p is corrected for all of a table. The best "
        "baseline and the best transformer are the best on these same rows. An absent label counts 0. The draws of ECE are "
        "biased upward where it is small. Leaving an actor out shifts the label shares against that actor, which puts recipes "
        "that know only the shares below chance.",
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['system']}. Versions: "
        + ", ".join(f"{name} {number}" for name, number in versions.items())
        + ".",
        *(f"Less is run of `{name}`: {limit.reason}." for name, limit in run.experiment.limits.items()),
    ]
    for board in boards:
        parts += [f"## {board.title[0].upper()}{board.title[1:]}", f"{board.verdict} {board.audit_note}"]
        parts += [f"Warning: {board.warning}."] if board.warning else []
        signature = board.entries[0].scores[board.metric].signature
        parts += [
            short_table(board),
            *([comparison_table("planned comparison", board.planned)] if board.planned else []),
            full_table(board),
            label_table(board),
            f"Signature of the first row's primary score: `{signature}`",
        ]
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
    return "\n\n".join(parts) + "\n"
