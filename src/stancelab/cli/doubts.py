"""stancelab doubts: gold labels to be looked at again."""

from pathlib import Path
from typing import Annotated

import typer

from stancelab.cli.console import Json, say, say_json


def doubts(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="A folder, or the file for the annotators' units.")],
    recipe: Annotated[
        list[str] | None,
        typer.Option("--recipe", help="Use this recipe's probabilities; several times to average; the best three if not given."),
    ] = None,
    most: Annotated[int | None, typer.Option(min=1, help="Only so many, the most doubtful.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the order of the units.")] = 0,
    json_: Json = False,
) -> None:
    """Send gold labels that a run's out-of-fold probabilities contradict back to annotators: blind units, and a key apart."""
    from dataclasses import asdict

    from stancelab.runs import load_run
    from stancelab.second_look import queue_of, write_queue

    queue = queue_of(load_run(run_folder), recipes=recipe, most=most, seed=seed)
    units, key = write_queue(queue, out) if queue.doubts else (None, None)
    if json_:
        facts = {"run": str(run_folder), "setting": queue.setting.folder.as_posix(), "recipes": queue.recipes, "rows": queue.rows}
        files = {"units": None if units is None else str(units), "key": None if key is None else str(key)}
        say_json({**facts, **files, "doubts": [asdict(entry) for entry in queue.doubts]})
        return
    say(
        f"{len(queue.doubts)} of {queue.rows} labels are in doubt, by the out-of-fold probabilities of {', '.join(queue.recipes)}"
    )
    if units is None:
        say("nothing is written")
        return
    say(f"for annotators, without any label: {units}")
    say(f"for the adjudicator, with gold and what is suggested: {key}")
