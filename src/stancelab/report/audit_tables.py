"""What do the rates of an audit look like as tables, and what may be said of them?"""

from collections.abc import Sequence
from dataclasses import dataclass

from stancelab.audit import Audit, load_audit
from stancelab.comparison import Comparison
from stancelab.contrast import BASE
from stancelab.intervals import Interval, few_clusters_warning
from stancelab.markdown import table
from stancelab.perturbations import WORDS_PER_TYPO
from stancelab.report.section import DASH, Sheet
from stancelab.robustness import ContrastRate, PerturbationRate
from stancelab.runs import Run

MARK = "*"
"""Beside a value that differs from what it is held against, after Holm's correction."""
CONTRAST_NOTE = (
    "Every recipe learns once from all rows of the dataset and labels items that stand in none of them. A pair is passed where "
    "an item and the base item that it was made from by one change are both right (the consistency of Gardner et al. 2020, pair "
    "by pair); an item alone may be right by luck, where the change leads to what the recipe says anyway. Intervals resample "
    "base items with all that was made from them."
)
PERTURBATION_NOTE = (
    "The run's own tested rows, changed so that their stance stays (invariance tests, Ribeiro et al. 2020), and labelled by the "
    "model of their fold, which has seen none of them: first repeat, first seed, trained anew. Kept is the share of the changed "
    "rows that get the label they got before, right or wrong; a recipe that does not read what is changed keeps all. Typos: one "
    f"letter in one of {WORDS_PER_TYPO} words, never in the actor's name. Actors are masked by the word Someone, or swapped for "
    "people who do not exist. A part of a row is read alone by the same models, which have learnt from whole rows; the other "
    "fields are empty."
)
WIDTH_NOTE = (
    "Where every cluster agrees, resampling does too, and the interval has no width: with n clusters that all pass, a share of "
    "up to 3/n that does not pass would still go unseen one time in twenty (rule of three)."
)


@dataclass(frozen=True)
class Cell:
    """A value with its interval, a mark where a corrected test says that it differs, and what more is known of it."""

    interval: Interval
    mark: str
    hint: str

    @property
    def value(self) -> str:
        """The value as text, with its mark."""
        return f"{self.interval.value:.2f}{self.mark}"

    @property
    def bounds(self) -> str:
        """The interval as text."""
        return f"{self.interval.low:.2f}–{self.interval.high:.2f}"


@dataclass(frozen=True)
class Grid:
    """A line a recipe, a column a category; None where a recipe has no such number."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Cell | None, ...]], ...]


def grids(audit: Audit, metric: str) -> list[Grid]:
    """Contrast items right, pairs passed, answers kept, and the primary metric, each by recipe. metric: its title."""
    both = [*audit.perturbations, *audit.ablations]
    right = {(rate.recipe, rate.category): _cell(rate.right, rate.versus_base, f"{rate.items} items") for rate in audit.contrast}
    passed = {(rate.recipe, rate.category): _cell(rate.passed, None, f"{rate.items} pairs") for rate in audit.contrast}
    kept = {
        (rate.recipe, rate.perturbation): _cell(rate.kept, None, f"{rate.changed} rows changed, {rate.unchanged} not")
        for rate in audit.perturbations
    }
    score = {
        (rate.recipe, rate.perturbation): _cell(rate.score, rate.versus_original, f"{rate.changed + rate.unchanged} rows")
        for rate in both
    }
    found = [
        _grid(f"Contrast items right ({MARK}: unlike their base items)", right),
        _grid("Pairs of base and changed item passed", passed),
        _grid("Answers kept when a row is perturbed", kept),
        _grid(f"{metric} of perturbed rows and of parts of rows ({MARK}: unlike that of the rows as they are)", score),
    ]
    return [grid for grid in found if grid.lines]


def audit_markdown(run: Run, metric: str) -> str:
    """What an audit found, for results.md; empty where the run has none. metric: the primary one's title."""
    audit = load_audit(run)
    if audit is None:
        return ""
    notes = [*([CONTRAST_NOTE] if audit.contrast else []), PERTURBATION_NOTE, WIDTH_NOTE]
    parts = ["## Robustness", *findings(audit), *notes]
    for grid in grids(audit, metric):
        rows = [
            [f"`{recipe}`", *(DASH if cell is None else f"{cell.value} [{cell.bounds}]" for cell in cells)]
            for recipe, cells in grid.lines
        ]
        parts += [f"{grid.title}:".replace(MARK, rf"\{MARK}"), table(["recipe", *grid.columns], rows).replace(MARK, rf"\{MARK}")]
    return "\n\n".join(parts)


def _cell(interval: Interval | None, versus: Comparison | None, hint: str) -> Cell | None:
    if interval is None:
        return None
    difference = f"; difference {versus.difference}, p {versus.p_text} (Holm)" if versus else ""
    return Cell(interval, MARK if versus and versus.significant else "", hint + difference)


def _grid(title: str, cells: dict[tuple[str, str], Cell | None]) -> Grid:
    columns = dict.fromkeys(column for (_, column), cell in cells.items() if cell is not None)
    recipes = dict.fromkeys(recipe for (recipe, _), cell in cells.items() if cell is not None)
    lines = tuple((recipe, tuple(cells.get((recipe, column)) for column in columns)) for recipe in recipes)
    return Grid(title, tuple(columns), lines)


def findings(audit: Audit) -> list[str]:
    """One sentence for each family of comparisons: which stand after Holm's correction, and out of how many."""
    contrast = [(rate.recipe, rate.versus_base) for rate in audit.contrast]
    perturbed = [(rate.recipe, rate.versus_original) for rate in audit.perturbations]
    alone = [(rate.recipe, rate.versus_original) for rate in audit.ablations]
    told = [
        _finding("right more or less often on contrast items than on their base items", contrast),
        _finding("scoring otherwise on perturbed rows", perturbed),
        _finding("scoring otherwise on a part of the rows", alone),
    ]
    return [sentence for sentence in told if sentence]


def _finding(what: str, rates: Sequence[tuple[str, Comparison | None]]) -> str:
    made = [(recipe, versus) for recipe, versus in rates if versus is not None]
    if not made:
        return ""
    family = f"after Holm's correction for {len(made)} comparisons"
    standing = [
        f"{recipe} on {versus.a} ({versus.difference.value:+.2f} [{versus.difference.low:+.2f}, {versus.difference.high:+.2f}], "
        f"p {versus.p_text if versus.p_text.startswith('<') else '= ' + versus.p_text})"
        for recipe, versus in made
        if versus.significant
    ]
    return f"{what[0].upper()}{what[1:]}, {family}: {'; '.join(standing) or 'none'}."


def cautions(audit: Audit) -> list[str]:
    """What a reader has to know of this audit: few clusters, items left out, models that say something else than in the run."""
    clusters = {rate.category: rate.clusters for rate in audit.contrast}
    clusters |= {rate.perturbation: rate.clusters for rate in audit.perturbations if rate.kept}
    few = [f"{name} ({count})" for name, count in clusters.items() if few_clusters_warning(count)]
    told = []
    if few:
        told.append(f"Few clusters, so that intervals are too narrow and tests too eager: {', '.join(few)}.")
    if audit.unmapped:
        told.append(f"{audit.unmapped} contrast items have a label without a value in {audit.scheme}; they are left out.")
    others = [f"{name} {share:.1%}" for name, share in audit.same_as_run.items() if share < 1]
    if others:
        told.append(f"Trained anew, some recipes give other labels than in the run; the same: {', '.join(others)} of the rows.")
    return told


def contrast_sheet(rates: Sequence[ContrastRate]) -> Sheet:
    """Every number of the contrast set."""
    header = ("recipe", "category", "items", "base items", "right", "pairs passed", "right minus base items", "p (Holm)")
    rows = tuple(
        (
            rate.recipe,
            rate.category,
            str(rate.items),
            str(rate.clusters),
            str(rate.right),
            DASH if rate.passed is None else str(rate.passed),
            *_versus(rate.versus_base, "" if rate.category == BASE else DASH),
        )
        for rate in rates
    )
    return Sheet(header, rows)


def perturbation_sheet(rates: Sequence[PerturbationRate], metric: str) -> Sheet:
    """Every number of the perturbations and ablations."""
    header = ("recipe", "rows", "changed", "unchanged", "statements", "kept", metric, "minus as they are", "p (Holm)")
    rows = tuple(
        (
            rate.recipe,
            rate.perturbation,
            str(rate.changed),
            str(rate.unchanged),
            str(rate.clusters),
            DASH if rate.kept is None else str(rate.kept),
            DASH if rate.score is None else str(rate.score),
            *_versus(rate.versus_original, DASH),
        )
        for rate in rates
    )
    return Sheet(header, rows)


def _versus(versus: Comparison | None, absent: str) -> tuple[str, str]:
    return (absent, absent) if versus is None else (str(versus.difference), versus.p_text)
