"""stancelab explain: which words brought a run's recipes to their predictions?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stancelab.cli.console import Json, interruptible, say, say_json

if TYPE_CHECKING:
    from stancelab.explaining import ExplainedRow, Explanation

NAMED = 3
"""Players that a printed line names."""


def explain(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    recipe: Annotated[
        list[str] | None,
        typer.Option(
            "--recipe", help="Explain this recipe; several times for several. If not given, those that learn from text."
        ),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many rows, of as many statements.")] = 12,
    json_: Json = False,
) -> None:
    """Write attributions.json into a finished run: what each word of a row brings to the prediction, by Shapley values."""
    from stancelab.explaining import FILE, explain_run
    from stancelab.runs import load_run

    with interruptible():
        found = explain_run(load_run(run_folder), recipes=recipe, rows=rows)
    if json_:
        say_json({"file": str(run_folder / FILE), **found.model_dump(mode="json")})
        return
    for row in found.rows:
        say(f"{row.id}: {''.join(player.text for player in row.players if player.field == 'text')}")
        for explanation in row.explanations:
            say(f"  {_line(row, explanation)}")
    say(str(run_folder / FILE))


def _line(row: "ExplainedRow", explanation: "Explanation") -> str:
    strongest = sorted(zip(explanation.values, row.players, strict=True), key=lambda pair: -abs(pair[0]))[:NAMED]
    named = ", ".join(f"{player.shown} {value:+.2f}" for value, player in strongest)
    right = "right" if explanation.predicted == row.gold else f"gold {row.gold}"
    return f"{explanation.recipe:26} {explanation.predicted} {explanation.probability:.2f} ({right}), {named}"
