"""stancelab audit: how the recipes of a finished run take changed items and perturbed rows."""

from pathlib import Path
from typing import Annotated

import typer

from stancelab.cli.console import Chosen, Jobs, Json, MaxRequests, MaxTokens, interruptible, metered, say, say_json


def audit(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    recipe: Chosen = None,
    jobs: Jobs = None,
    max_requests: MaxRequests = None,
    max_tokens: MaxTokens = None,
    json_: Json = False,
) -> None:
    """Ask a finished run's recipes contrast items and perturbed rows (only what is missing); print pass rates, write RUN/audit/.

    Recipes that ask a server are left out unless they are named.
    """
    from stancelab.auditing import audit_run
    from stancelab.report.terminal import print_audit

    with interruptible(), metered(max_requests, max_tokens):
        found = audit_run(run_folder, recipes=recipe, jobs=jobs)
    if json_:
        say_json(found.model_dump(mode="json"))
        return
    print_audit(found)
    say(f"{len(found.recipes)} recipes; every number: {run_folder / 'audit' / 'audit.json'}")
