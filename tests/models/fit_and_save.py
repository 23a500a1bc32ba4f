"""A program that fits and saves a classifier: `fit_and_save.py PARAMETERS_AS_JSON FOLDER`.

With parameters alone it fits with them, so that all is imported; then it fits and saves in a fork of itself for each line
[parameters, folder, steps before it is killed or null] on stdin, and answers with the exit code.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

TEXTS = [
    f"{verb} the {noun}{' soup' * place}"
    for verb in ("we support", "they reject")
    for noun in ("plan", "troops")
    for place in range(6)
]
X = pd.DataFrame({"text": TEXTS, "actor": ["macron", "we", "they"] * 8, "target": "troops to ukraine"})
LABELS = ["favor"] * 9 + ["against"] * 15


def kill_after(steps: int) -> None:
    """Let this process die after so many steps of an optimizer, as if the machine had failed."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    done = []

    def count(*_: object) -> None:
        done.append(1)
        if len(done) == steps:
            os.kill(os.getpid(), signal.SIGKILL)

    register_optimizer_step_post_hook(count)


@contextmanager
def watched_norms() -> Iterator[list[float]]:
    """The length of the gradient at each step of an optimizer, as it is taken."""
    import torch
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    norms: list[float] = []

    def measure(optimizer: torch.optim.Optimizer, *_: object) -> None:
        parts = [part.grad.norm() for group in optimizer.param_groups for part in group["params"] if part.grad is not None]
        norms.append(float(torch.stack(parts).norm()))

    watching = register_optimizer_step_pre_hook(measure)
    yield norms
    watching.remove()


def fit_and_save(parameters: dict[str, Any], folder: Path) -> None:
    """Fit, save, and write the lengths of the gradients beside what is saved."""
    from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier
    from stancelab.models.training import process_state

    with watched_norms() as norms:
        FinetunedEncoderClassifier(**parameters).fit(X, LABELS).save(folder)
    if process_state().is_main_process:
        assert process_state().num_processes == int(os.environ.get("WORLD_SIZE", 1))
        (folder / "norms.json").write_text(json.dumps(norms), encoding="utf-8")
    process_state().destroy_process_group()


def fork_for_each_line(parameters: dict[str, Any]) -> None:
    """What is imported once is there for every fit; whatever happens to a fork, this process lives on."""
    from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier

    FinetunedEncoderClassifier(**parameters).fit(X, LABELS)
    for line in sys.stdin:
        given, folder, steps = json.loads(line)
        child = os.fork()
        if child == 0:
            if steps is not None:
                kill_after(steps)
            fit_and_save(given, Path(folder))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    if len(sys.argv) > 2:
        fit_and_save(json.loads(sys.argv[1]), Path(sys.argv[2]))
    else:
        fork_for_each_line(json.loads(sys.argv[1]))
