"""Does running experiments again give the numbers that were recorded?"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancelab.errors import refuse, unknown
from stancelab.expected import Expected, expected_file, expected_numbers, observed_numbers
from stancelab.experiment import Experiment, MissingCorpusError, chosen_recipes, experiment_file, load_experiment
from stancelab.metrics import METRICS, PER_LABEL
from stancelab.runs import machine, run_experiment, versions
from stancelab.toml_files import place_of_value, read_toml

SLACK = 1e-9
"""What binary fractions may add to a difference that is the tolerance exactly."""


@dataclass(frozen=True)
class Reproduction:
    """A recorded number beside the observed one."""

    experiment: str
    expected: Expected
    observed: float

    @property
    def difference(self) -> float:
        """Observed minus expected."""
        return self.observed - self.expected.value

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance, above or below."""
        return abs(self.difference) <= self.expected.tolerance + SLACK

    @property
    def verdict(self) -> str:
        """PASS or FAIL; there is nothing between them."""
        return "PASS" if self.passed else "FAIL"

    @property
    def from_published(self) -> float | None:
        """Observed minus published, where a number was published. It decides nothing."""
        return None if self.expected.published is None else self.observed - self.expected.published

    @property
    def line(self) -> str:
        """One line of the matrix: where, expected, observed, difference, PASS or FAIL."""
        wanted = self.expected
        numbers = [
            f"expected {wanted.value:.4f} ± {wanted.tolerance}",
            f"observed {self.observed:.4f}",
            f"difference {self.difference:+z.4f}",
        ]
        if wanted.published is not None:
            numbers.append(f"published {wanted.published:.4f}")
        return "  ".join([self.experiment, *wanted.key, *numbers, self.verdict])

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        expected = self.expected.model_dump()
        value = expected.pop("value")
        found = {"observed": self.observed, "difference": self.difference, "passed": self.passed}
        return {**expected, "expected": value, **found, "difference_to_published": self.from_published}


@dataclass(frozen=True)
class Plan:
    """What is to be compared of one experiment. absent: why it cannot be run here, None where its corpora are here."""

    place: Path
    experiment: Experiment
    wanted: tuple[Expected, ...]
    recipes: Sequence[str] | None = None
    absent: str | None = None

    @property
    def name(self) -> str:
        """The experiment's name, that of its folder."""
        return self.place.resolve().parent.name

    @property
    def lines(self) -> list[str]:
        """What would be compared, a line a number; the reason alone where the experiment would be skipped."""
        if self.absent is not None:
            return [f"{self.name}\tskipped\t{self.absent}"]
        return [
            "\t".join(
                [self.name, *entry.key, f"{entry.value} ± {entry.tolerance}"]
                + ([f"published {entry.published} ({entry.published_source})"] if entry.published is not None else [])
            )
            for entry in self.wanted
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        numbers = [entry.model_dump() for entry in self.wanted]
        return {"experiment": self.name, "title": self.experiment.title, "skipped": self.absent, "numbers": numbers}


@dataclass(frozen=True)
class Outcome:
    """One experiment of a reproduction: its plan and what came out, nothing where it was skipped."""

    plan: Plan
    numbers: tuple[Reproduction, ...] = ()

    @property
    def failures(self) -> list[Reproduction]:
        """The numbers that are off."""
        return [number for number in self.numbers if not number.passed]

    @property
    def worst(self) -> Reproduction | None:
        """The largest difference among the numbers that are off, among all where none is; None where it was skipped."""
        return max(self.failures or self.numbers, key=lambda number: abs(number.difference), default=None)

    @property
    def settings(self) -> dict[tuple[str, str], dict[str, list[Reproduction]]]:
        """(scheme, protocol) -> recipe -> its numbers, in the order of the file."""
        found: dict[tuple[str, str], dict[str, list[Reproduction]]] = {}
        for number in self.numbers:
            wanted = number.expected
            found.setdefault((wanted.scheme, wanted.protocol), {}).setdefault(wanted.recipe, []).append(number)
        return found

    @property
    def summary(self) -> str:
        """One line: how many numbers were reproduced and the worst difference, or why none was compared."""
        plan, worst = self.plan, self.worst
        if worst is None:
            return f"{plan.name}: skipped, none of its {len(plan.wanted)} numbers compared: {plan.absent}"
        reproduced = f"{len(self.numbers) - len(self.failures)} of {len(self.numbers)} numbers reproduced"
        wanted = worst.expected
        where = ", ".join((wanted.recipe, wanted.metric, wanted.scheme, wanted.protocol))
        return f"{plan.name}: {reproduced}, worst difference {worst.difference:+z.4f} (tolerance {wanted.tolerance}: {where})"

    def to_dict(self) -> dict[str, Any]:
        """Plain values; no number where the experiment was skipped."""
        return {**self.plan.to_dict(), "numbers": [number.to_dict() for number in self.numbers]}


def plans(names: Sequence[str | Path], recipes: Sequence[str] | None = None) -> list[Plan]:
    """What is to be compared of each experiment, none twice. InputError for every fault that shows before anything is run."""
    found = [_plan(experiment_file(name), expected_numbers(name, recipes), recipes) for name in names]
    return list({plan.place.resolve(): plan for plan in found}.values())


def _plan(file: Path, wanted: Sequence[Expected], recipes: Sequence[str] | None) -> Plan:
    try:
        experiment = load_experiment(file)
    except MissingCorpusError as error:
        return Plan(file, read_toml(file, Experiment), tuple(wanted), recipes, absent=str(error))
    runs = {
        (scheme, protocol.name, recipe.name)
        for scheme in experiment.schemes
        for protocol in experiment.protocols
        for recipe in chosen_recipes(experiment, recipes, file)
        if experiment.repeats_of(recipe.name, protocol)
    }
    plan = Plan(file, experiment, tuple(wanted), recipes)
    refuse([_not_run(plan, entry) for entry in wanted if entry.key[:-1] not in runs])
    path, metrics = expected_file(file), {*METRICS, *PER_LABEL}
    odd = [entry.metric for entry in wanted if entry.metric.partition(":")[0] not in metrics]
    refuse([str(unknown("metric", metric, METRICS, where=place_of_value(path, metric))) for metric in dict.fromkeys(odd)])
    return plan


def _not_run(plan: Plan, entry: Expected) -> str:
    return f"{expected_file(plan.place)}: names {' / '.join(entry.key)}, which the experiment {plan.name!r} does not run"


def carry_out(plan: Plan, *, out: Path | None = None, jobs: int | None = None) -> Outcome:
    """Run a planned experiment again and set every recorded number beside the observed one, unless its corpus is absent.

    out: the folder of this run, runs/<name>-reproduction if None. There, a finished run is thrown away and made anew, one that
    was interrupted goes on; a folder that is given is only completed.
    """
    if plan.absent is not None:
        return Outcome(plan)
    folder = out or Path("runs") / f"{plan.name}-reproduction"
    if out is None and (folder / "run.json").exists():
        shutil.rmtree(folder)
    run = run_experiment(plan.place, recipes=plan.recipes, out=folder, jobs=jobs)
    found = observed_numbers(run, {entry.metric for entry in plan.wanted})
    refuse([_not_run(plan, entry) for entry in plan.wanted if entry.key not in found])
    return Outcome(plan, tuple(Reproduction(run.name, entry, found[entry.key]) for entry in plan.wanted))


def reproduce(
    name_or_path: str | Path, *, recipes: Sequence[str] | None = None, out: Path | None = None, jobs: int | None = None
) -> list[Reproduction]:
    """Run an experiment again and set every recorded number beside the observed one; `out` as in `carry_out`.

    MissingCorpusError, an InputError, where a corpus of the experiment is not here.
    """
    plan = plans([name_or_path], recipes)[0]
    if plan.absent is not None:
        raise MissingCorpusError(plan.absent)
    return list(carry_out(plan, out=out, jobs=jobs).numbers)


def verdict(outcomes: Sequence[Outcome]) -> str:
    """One line over all experiments."""
    compared = [outcome for outcome in outcomes if outcome.numbers]
    skipped = len(outcomes) - len(compared)
    note = f", {skipped} experiment{'s' if skipped > 1 else ''} skipped" if skipped else ""
    if not compared:
        return f"nothing was compared{note}"
    numbers, failed = sum(len(outcome.numbers) for outcome in compared), sum(len(outcome.failures) for outcome in compared)
    of = f"of {len(compared)} experiment{'s' if len(compared) > 1 else ''}"
    return f"{'FAIL' if failed else 'PASS'}: {numbers - failed} of {numbers} numbers {of} reproduced{note}"


def as_dict(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """A reproduction as plain values: counts, machine and versions, every number of every experiment."""
    numbers, failed = sum(len(outcome.numbers) for outcome in outcomes), sum(len(outcome.failures) for outcome in outcomes)
    counts = {"numbers": numbers, "passed": numbers - failed, "failed": failed}
    skipped = sum(outcome.plan.absent is not None for outcome in outcomes)
    made = {"machine": machine(), "versions": versions()}
    return {**counts, "skipped": skipped, **made, "experiments": [outcome.to_dict() for outcome in outcomes]}
