"""What does a reproduction look like as one self-contained page?"""

from collections.abc import Sequence
from pathlib import Path

from stancelab.expected import Expected
from stancelab.records import write_text
from stancelab.report.sealed import templates
from stancelab.reproduction import Outcome, as_dict, verdict


def write_reproduction(outcomes: Sequence[Outcome], path: Path) -> Path:
    """Write the page of a reproduction, whole or not at all."""
    write_text(path, reproduction_page(outcomes))
    return path


def reproduction_page(outcomes: Sequence[Outcome]) -> str:
    """The page as HTML: no script, no font, no picture from elsewhere."""
    environment = templates("report")
    environment.filters["signed"] = lambda value: f"{value:+z.4f}"
    return environment.get_template("reproduction.html").render(
        outcomes=outcomes,
        counts=as_dict(outcomes),
        verdict=verdict(outcomes),
        failures=[number for outcome in outcomes for number in outcome.failures],
        tolerances=_tolerances,
        recipes=outcomes[0].plan.recipes if outcomes else None,
    )


def _tolerances(numbers: Sequence[Expected]) -> dict[tuple[float, str], list[str]]:
    """(tolerance, reason) -> the recipes it holds for, each once."""
    found: dict[tuple[float, str], dict[str, None]] = {}
    for number in numbers:
        found.setdefault((number.tolerance, number.reason), {})[number.recipe] = None
    return {key: list(recipes) for key, recipes in found.items()}
