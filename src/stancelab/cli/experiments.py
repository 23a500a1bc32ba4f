"""stancelab run, reproduce, report: whole experiments."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from stancelab.cli.console import (
    Chosen,
    Gpus,
    Jobs,
    Json,
    MaxRequests,
    MaxTokens,
    Out,
    Ray,
    interruptible,
    metered,
    refuse_mixed,
    say,
    say_json,
)
from stancelab.errors import InputError


def run(
    experiment: Annotated[str, typer.Argument(help="An experiment's name, its folder, or its experiment.toml.")],
    recipe: Chosen = None,
    out: Out = None,
    jobs: Jobs = None,
    article: Annotated[Path | None, typer.Option(help="Your copy of the article: run on its verbatim spans too.")] = None,
    ray: Ray = None,
    gpus_per_worker: Gpus = None,
    max_requests: MaxRequests = None,
    max_tokens: MaxTokens = None,
    json_: Json = False,
) -> None:
    """Run an experiment (only what is missing of it), print its leaderboards, write its report."""
    from stancelab.leaderboard import leaderboards
    from stancelab.report.page import write_report
    from stancelab.report.terminal import print_leaderboards
    from stancelab.runs import run_experiment

    refuse_mixed(ray, gpus_per_worker, jobs)
    map_tasks = None
    if ray is not None:
        from stancelab.scale.cells_on_ray import cells_on_ray

        map_tasks = cells_on_ray(ray, gpus=gpus_per_worker)
    with interruptible(), metered(max_requests, max_tokens):
        finished = run_experiment(experiment, recipes=recipe, out=out, jobs=jobs, article=article, map_tasks=map_tasks)
    boards = leaderboards(finished)
    page = write_report(finished, boards)
    if json_:
        say_json({"run": str(finished.folder), "report": str(page), "boards": [board.to_dict() for board in boards]})
        return
    print_leaderboards(boards)
    say(f"{finished.facts['computed']} of {finished.facts['cells']} cells computed; report: {page}")


def reproduce(
    experiment: Annotated[list[str] | None, typer.Argument(help="Experiments with an expected.toml.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every experiment that has one.")] = False,
    recipe: Chosen = None,
    out: Out = None,
    jobs: Jobs = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be compared.")] = False,
    max_requests: MaxRequests = None,
    max_tokens: MaxTokens = None,
    record: Annotated[bool, typer.Option("--record", help="Write expected.toml from the finished run instead.")] = False,
    json_: Json = False,
) -> None:
    """Run experiments again and compare each number with the recorded one; writes runs/reproduction.html.

    Exit 1 if a number is off. An experiment whose corpus is not here is skipped.
    """
    from stancelab.expected import reproducible_experiments
    from stancelab.report.reproduction_page import write_reproduction
    from stancelab.report.terminal import print_outcome, print_verdict
    from stancelab.reproduction import as_dict, carry_out, plans

    if all_ and experiment:
        raise InputError(f"--all takes every experiment; {experiment[0]!r} is named beside it")
    names = reproducible_experiments() if all_ else (experiment or [])
    if not names:
        raise InputError(
            f"name an experiment, or use --all; with expected.toml: {', '.join(reproducible_experiments()) or 'none'}"
        )
    if out is not None and len(names) > 1:
        raise InputError(f"--out is one run's folder, but {len(names)} experiments are named")
    if record:
        if dry_run or recipe or jobs or max_requests or max_tokens:
            raise InputError("--record writes what a finished run holds; it goes with --out only")
        _record(names, out, json_)
        return
    planned = plans(names, recipe)
    if dry_run:
        lines = [line for plan in planned for line in plan.lines]
        say_json({"experiments": [plan.to_dict() for plan in planned]}) if json_ else say("\n".join(lines))
        return
    outcomes = []
    with interruptible(), metered(max_requests, max_tokens):
        for place, plan in enumerate(planned, 1):
            typer.echo(f"experiment {place} of {len(planned)}: {plan.name}", err=True)
            outcomes.append(carry_out(plan, out=out, jobs=jobs))
            if not json_:
                print_outcome(outcomes[-1])
    page = write_reproduction(outcomes, Path("runs") / "reproduction.html")
    if json_:
        say_json({"page": str(page), **as_dict(outcomes)})
    else:
        print_verdict(outcomes)
        say(f"page: {page}")
    if any(outcome.failures for outcome in outcomes):
        raise typer.Exit(1)


def _record(names: Sequence[str], out: Path | None, json_: bool) -> None:
    from stancelab.expected import expected_file, record_numbers
    from stancelab.experiment import experiment_file
    from stancelab.runs import load_run

    written = []
    for name in names:
        file = experiment_file(name)
        written.append(expected_file(file))
        record_numbers(load_run(out or Path("runs") / file.resolve().parent.name), written[-1])
        if not json_:
            say(str(written[-1]))
    if json_:
        say_json({"recorded": [str(path) for path in written]})


def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Where to write; into the run if not given.")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Also write the experiment's results.md and the tables of the READMEs.")
    ] = False,
) -> None:
    """Write a finished run's report.html, figures/, tables/, results.md and scores.json."""
    from stancelab.leaderboard import leaderboards
    from stancelab.report import publishing
    from stancelab.report.page import write_report
    from stancelab.runs import load_run

    finished = load_run(run_folder)
    boards = leaderboards(finished)
    written = [write_report(finished, boards, out=out), *(publishing.publish(finished, boards) if publish else [])]
    for path in written:
        say(str(path))
