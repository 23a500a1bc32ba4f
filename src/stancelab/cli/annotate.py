"""stancelab annotate: a classifier as one more annotator."""

from typing import Annotated

import typer

from stancelab.cli.console import Json, MaxRequests, MaxTokens, interruptible, metered, say, say_json, warn


def annotate(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or file; one that needs no training.")],
    dataset: Annotated[str, typer.Argument(help="The name or folder of a dataset with units and annotations.")],
    annotator: Annotated[str | None, typer.Option(help="What to call it there; the recipe's name if not given.")] = None,
    round_: Annotated[int | None, typer.Option("--round", min=1, help="The annotation round; the last one if not given.")] = None,
    max_requests: MaxRequests = None,
    max_tokens: MaxTokens = None,
    json_: Json = False,
) -> None:
    """Append a recipe's labels to a dataset's annotations, for comparison: gold and the annotators' alpha stay as they are."""
    from dataclasses import asdict

    from stancelab.annotating import annotate as annotate_
    from stancelab.catalog import locate
    from stancelab.errors import listing
    from stancelab.recipes import load_recipe

    with interruptible(), metered(max_requests, max_tokens):
        done = annotate_(load_recipe(recipe), locate("datasets", dataset), annotator=annotator, number=round_)
    if done.unanswered:
        warn(f"no answer for {len(done.unanswered)} units, which are left out: {listing(done.unanswered)}")
    if json_:
        say_json({**asdict(done), "file": str(done.file)})
        return
    say(f"{done.file}: {done.given} annotations by {done.annotator} in round {done.round}")
    say(f"`stancelab data build {dataset}` seals them, `stancelab data agree {dataset}` compares them")
