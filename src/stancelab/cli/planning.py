"""stancelab power: what more statements would bring."""

from pathlib import Path
from typing import Annotated

import typer

from stancelab.cli.console import Json, say, say_json
from stancelab.errors import InputError


def power(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    a: Annotated[
        str | None, typer.Option("--a", help="Plan for a gain of this recipe, not of each over the best baseline.")
    ] = None,
    b: Annotated[str | None, typer.Option("--b", help="The recipe that --a is to gain on.")] = None,
    gain: Annotated[float, typer.Option(help="The gain that is to show, in the primary metric.")] = 0.05,
    wanted: Annotated[float, typer.Option("--power", help="With what chance it is to show.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="At which level, two-sided.")] = 0.05,
    json_: Json = False,
) -> None:
    """Say how many more statements a gain takes until it shows, and where the learning curves of a finished run lead."""
    from stancelab.learning_curve import learning_curves
    from stancelab.planning import ASSUMED, powers
    from stancelab.power import Aim
    from stancelab.report.planning_sheets import ahead_sheet, backtest_sheet, curve_sheet, power_sheet
    from stancelab.report.terminal import print_sheet
    from stancelab.runs import load_run

    aim = Aim(gain, alpha, wanted)
    if (a is None) != (b is None):
        raise InputError("--a and --b go together: the recipe that is to gain, and the one it is to gain on")
    run = load_run(run_folder)
    planned = powers(run, aim, pair=(a, b) if a is not None and b is not None else None)
    curves = learning_curves(run)
    if json_:
        facts = {"run": str(run_folder), "metric": run.experiment.primary_metric, "gain": gain, "power": wanted, "alpha": alpha}
        found = {"pairs": [pair.to_dict() for pair in planned], "curves": [curve.to_dict() for curve in curves]}
        say_json({**facts, "assumed": ASSUMED, **found})
        return
    if planned:
        print_sheet(f"A gain of {gain:g} {run.experiment.primary_metric}", power_sheet(planned))
        say(ASSUMED)
    else:
        say("no baseline in the primary setting to gain on; name two recipes with --a and --b")
    if curves:
        print_sheet("Learning curves: share of the training statements (how many)", curve_sheet(curves))
        print_sheet("Where they lead", ahead_sheet(curves))
        if (backtested := backtest_sheet(curves)).rows:
            print_sheet("How well their beginning would have told their end", backtested)
