"""The command line: parses, calls one public function, prints; it alone exits."""

import sys
from typing import Annotated

import typer

from stancelab.cli.annotate import annotate
from stancelab.cli.article import article
from stancelab.cli.audit import audit
from stancelab.cli.cache import cache
from stancelab.cli.console import say
from stancelab.cli.data import data
from stancelab.cli.doubts import doubts
from stancelab.cli.experiments import report, reproduce, run
from stancelab.cli.explain import explain
from stancelab.cli.models import predict, push, train
from stancelab.cli.network import network
from stancelab.cli.planning import power
from stancelab.cli.recipes import recipes
from stancelab.cli.scores import compare, score, signatures
from stancelab.errors import InputError

app = typer.Typer(
    name="stancelab",
    help="Stance classification: labelled datasets, classifiers on the same rows, honest statistics.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for group, name in ((data, "data"), (recipes, "recipes"), (cache, "cache")):
    app.add_typer(group, name=name)
for command in (
    run,
    score,
    compare,
    signatures,
    reproduce,
    report,
    audit,
    explain,
    doubts,
    power,
    train,
    predict,
    push,
    annotate,
    article,
    network,
):
    app.command()(command)


def main() -> None:
    """Run the command line; exit code 2 and one message for what the user got wrong."""
    try:
        app()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        from stancelab.signatures import package_version

        say(package_version())
