"""Does running an experiment again give the numbers that were recorded?"""

import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from stancelab.catalog import entries
from stancelab.errors import InputError
from stancelab.experiment import experiment_file, load_experiment
from stancelab.leaderboard import leaderboards
from stancelab.records import Record, Text, write_text
from stancelab.runs import Run, run_experiment
from stancelab.toml_files import read_toml

RECORDED = ("macro_f1", "favor_against_f1")
TOLERANCES = {
    "baseline": (0.002, "deterministic; leaves room for the last digits of linear algebra"),
    "audit": (0.002, "deterministic; leaves room for the last digits of linear algebra"),
    "transformer": (0.01, "one row may change sides where sums are rounded otherwise"),
    "fine-tuned": (
        0.08,
        "training amplifies rounding: another processor is another draw of the seed, and four seeds ranged over 0.05",
    ),
}


class Expected(Record):
    """One recorded number: a metric of a recipe in a setting, and how far off it may be, either way, and why."""

    scheme: Text
    protocol: Text
    recipe: Text
    metric: Text
    value: float
    tolerance: float
    reason: Text


class ExpectedFile(Record):
    """expected.toml."""

    expected: list[Expected] = Field(min_length=1)


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
        return abs(self.difference) <= self.expected.tolerance

    @property
    def line(self) -> str:
        """One line of the matrix: where, expected, observed, difference, PASS or FAIL."""
        wanted = self.expected
        place = f"{self.experiment}  {wanted.scheme}  {wanted.protocol}  {wanted.recipe}  {wanted.metric}"
        numbers = (
            f"expected {wanted.value:.4f} ± {wanted.tolerance}  observed {self.observed:.4f}  difference {self.difference:+.4f}"
        )
        return f"{place}  {numbers}  {'PASS' if self.passed else 'FAIL'}"


def expected_numbers(name_or_path: str | Path, recipes: Sequence[str] | None = None) -> list[Expected]:
    """The recorded numbers of an experiment, or of some of its recipes. InputError if there are none."""
    path = experiment_file(name_or_path).parent / "expected.toml"
    if not path.exists():
        raise InputError(f"{path}: no such file; `stancelab reproduce {name_or_path} --record` writes it from a finished run")
    wanted = [entry for entry in read_toml(path, ExpectedFile).expected if recipes is None or entry.recipe in recipes]
    if not wanted:
        raise InputError(f"{path}: no number is recorded for {', '.join(recipes or ())}")
    return wanted


def reproduce(
    name_or_path: str | Path, *, recipes: Sequence[str] | None = None, out: Path | None = None, jobs: int | None = None
) -> list[Reproduction]:
    """Run an experiment again and set every recorded number beside the observed one.

    out: the folder of this run, runs/<name>-reproduction if None. There, a finished run is thrown away and made anew, one that
    was interrupted goes on; a folder that is given is only completed.
    """
    wanted = expected_numbers(name_or_path, recipes)
    folder = out or Path("runs") / f"{experiment_file(name_or_path).parent.name}-reproduction"
    if out is None and (folder / "run.json").exists():
        shutil.rmtree(folder)
    run = run_experiment(name_or_path, recipes=recipes, out=folder, jobs=jobs)
    found = observed_numbers(run)
    reproductions = []
    for entry in wanted:
        key = (entry.scheme, entry.protocol, entry.recipe, entry.metric)
        if key not in found:
            raise InputError(f"expected.toml names {' / '.join(key)}, which the experiment {run.name!r} does not run")
        reproductions.append(Reproduction(run.name, entry, found[key]))
    return reproductions


def observed_numbers(run: Run) -> dict[tuple[str, str, str, str], float]:
    """(scheme, protocol, recipe, metric) -> value, on the rendered text."""
    return {
        (board.setting.scheme, board.setting.protocol.name, entry.recipe.name, metric): score.interval.value
        for board in leaderboards(run)
        if board.setting.text == "rendered"
        for entry in board.entries
        for metric, score in entry.scores.items()
    }


def record_numbers(run: Run, path: Path) -> None:
    """Write expected.toml from a run: the recorded metrics of every recipe in every setting, with tolerances by family."""
    families = {recipe.name: recipe.family for recipe in run.recipes}
    kinds = {recipe.name: recipe.kind for recipe in run.recipes}
    lines = [f"# Written by `stancelab reproduce {run.name} --record`; a change of a number is a change of behaviour."]
    for (scheme, protocol, recipe, metric), value in observed_numbers(run).items():
        if metric not in RECORDED:
            continue
        tolerance, reason = TOLERANCES["fine-tuned" if kinds[recipe] == "finetuned-encoder" else families[recipe]]
        lines += [
            "",
            "[[expected]]",
            *(
                f'{key} = "{text}"'
                for key, text in zip(("scheme", "protocol", "recipe", "metric"), (scheme, protocol, recipe, metric), strict=True)
            ),
            f"value = {value:.4f}",
            f"tolerance = {tolerance}",
            f'reason = "{reason}"',
        ]
    content = "\n".join(lines) + "\n"
    tomllib.loads(content)
    write_text(path, content)


def reproducible_experiments() -> list[str]:
    """The names of experiments that have an expected.toml."""
    return [
        name for name, folder in entries("experiments").items() if (folder / "expected.toml").exists() and load_experiment(folder)
    ]
