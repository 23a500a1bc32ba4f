"""The command line: parses, calls one public function, prints; it alone exits."""

import sys
from typing import Annotated

import typer

from stancelab.cli.commands import group_of
from stancelab.errors import InputError

COMMANDS = {
    "run": ("experiments", "Run an experiment (only what is missing of it), print its leaderboards, write its report."),
    "score": ("scores", "Score any program's predictions: a table with id, label and, where known, p_<label>."),
    "compare": ("scores", "Compare two systems on the same rows: paired bootstrap interval and randomisation p, Holm-corrected."),
    "signatures": ("scores", "Put two signatures side by side; exit 1 if scores that bear them are not comparable."),
    "reproduce": (
        "experiments",
        "Run experiments again and compare each number with the recorded one; writes runs/reproduction.html.",
    ),
    "report": ("experiments", "Write a finished run's report.html, figures/, tables/, results.md and scores.json."),
    "audit": (
        "audit",
        "Ask a finished run's recipes contrast items and perturbed rows (only what is missing); "
        "print pass rates, write RUN/audit/.",
    ),
    "explain": (
        "explain",
        "Write attributions.json into a finished run: what each word of a row brings to the prediction, by Shapley values.",
    ),
    "doubts": (
        "doubts",
        "Send gold labels that a run's out-of-fold probabilities contradict back to annotators: blind units, and a key apart.",
    ),
    "power": (
        "planning",
        "Say how many more statements a gain takes until it shows, and where the learning curves of a finished run lead.",
    ),
    "train": ("models", "Train a recipe on a whole dataset, score it on held-out rows, write a model folder with its card."),
    "predict": (
        "models",
        "Predict the label of each row, with a probability for every label; what was interrupted goes on where it was.",
    ),
    "push": ("models", "Upload a trained model to the hub, with the token that `hf auth login` has stored."),
    "annotate": (
        "annotate",
        "Append a recipe's labels to a dataset's annotations, for comparison: gold and the annotators' alpha stay as they are.",
    ),
    "article": (
        "article",
        "Find who said what in articles, and where they stand on a target: tables, and pages to read them on.",
    ),
    "network": (
        "network",
        "Make networks of actors and targets from statements: ties as in Discourse Network Analyzer, each with an interval.",
    ),
    "data": ("data", "Labelled datasets: list, import, adopt, show, validate, check, agreement, hydrate, split, build."),
    "recipes": ("recipes", "Recipes: classifiers with their parameters."),
    "cache": (
        "cache",
        "Vectors, compiled models and answers of servers, kept on disk so that none is had twice: show, clear, answers.",
    ),
}
"""Every command, in the order of the help: its module, which is imported when it is called, and its docstring's first line."""

app = typer.Typer(
    name="stancelab",
    cls=group_of(COMMANDS),
    help="Stance classification: labelled datasets, classifiers on the same rows, honest statistics.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


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
        from importlib.metadata import version as installed

        typer.echo(installed("stancelab"))
