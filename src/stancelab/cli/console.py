"""What the commands share: their options, what they print, how they end."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from stancelab.errors import InputError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Gold = Annotated[
    str | None, typer.Option("--gold", help="A dataset's name, its folder, or a file with id, text, actor, target, label.")
]
Scheme = Annotated[
    str | None, typer.Option("--scheme", help="Score in this label scheme; gold is mapped by the declared crosswalk.")
]
Out = Annotated[Path | None, typer.Option("-o", "--out", help="The run's folder; runs/NAME if not given.")]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Processes; all cores if not given.")]
Ray = Annotated[
    str | None,
    typer.Option("--ray", metavar="ADDRESS", help="Compute on a Ray cluster: local, auto, HOST:PORT or ray://HOST:PORT."),
]
Gpus = Annotated[
    float | None,
    typer.Option(
        "--gpus-per-worker",
        min=0,
        help="With --ray: GPUs of each worker of a network; 0 or more, a share of one too.",
    ),
]
Chosen = Annotated[list[str] | None, typer.Option("--recipe", help="Compute only this recipe; may be given several times.")]
MaxRequests = Annotated[
    int | None, typer.Option("--max-requests", min=1, help="Send language model servers so many requests, retries included.")
]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", min=1, help="Let language model servers read and write so many tokens in all.")
]
Missing = Annotated[str, typer.Option("--missing", help="A gold row without a prediction: refuse, or count it wrong.")]


def refuse_mixed(ray: str | None, gpus: float | None, jobs: int | None) -> None:
    """InputError for options that go with --ray only, or not with it."""
    if ray is None and gpus is not None:
        raise InputError("--gpus-per-worker goes with --ray")
    if ray is not None and jobs is not None:
        raise InputError("--jobs counts processes of this machine; with --ray all cores of the cluster are used")


@contextmanager
def interruptible(kept: str = "what is done is kept, the same command goes on from there") -> Iterator[None]:
    """Exit 130 with a word on what is kept, where the user interrupts."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"interrupted; {kept}", err=True)
        raise typer.Exit(130) from None


@contextmanager
def metered(requests: int | None, tokens: int | None) -> Iterator[None]:
    """Keep what is asked of servers inside within a budget, and say on stderr what was spent, however it ends."""
    from stancelab.spending import spending

    with spending(requests=requests, tokens=tokens) as spent:
        try:
            yield
        finally:
            if spent.line:
                typer.echo(f"servers: {spent.line}", err=True)


def say(text: str) -> None:
    """Print one line."""
    typer.echo(text)


def say_json(value: Any) -> None:
    """Print one JSON value as one line."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def verdict(faults: Sequence[str], what: str) -> None:
    """Print the faults of `what`; exit 1 if there are any."""
    for fault in faults:
        say(fault)
    if faults:
        typer.echo(f"{what}: {len(faults)} fault{'s' if len(faults) > 1 else ''}", err=True)
        raise typer.Exit(1)
    say(f"{what}: no faults")


def warn(warning: str | None) -> None:
    """Print a warning, if there is one, apart from the output."""
    if warning:
        typer.echo(f"warning: {warning}", err=True)
