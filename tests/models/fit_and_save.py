"""A program that fits and saves a classifier: `fit_and_save.py PARAMETERS_AS_JSON FOLDER [STEPS_BEFORE_IT_IS_KILLED]`."""

import json
import os
import signal
import sys
from pathlib import Path

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


def watched_norms() -> list[float]:
    """The length of the gradient at each step of an optimizer, as it is taken."""
    import torch
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    norms: list[float] = []

    def measure(optimizer: torch.optim.Optimizer, *_: object) -> None:
        parts = [part.grad.norm() for group in optimizer.param_groups for part in group["params"] if part.grad is not None]
        norms.append(float(torch.stack(parts).norm()))

    register_optimizer_step_pre_hook(measure)
    return norms


if __name__ == "__main__":
    import torch

    from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier
    from stancelab.models.training import process_state

    torch.set_num_threads(1)
    if len(sys.argv) > 3:
        kill_after(int(sys.argv[3]))
    norms = watched_norms()
    model = FinetunedEncoderClassifier(**json.loads(sys.argv[1])).fit(X, LABELS)
    model.save(Path(sys.argv[2]))
    if process_state().is_main_process:
        assert process_state().num_processes == int(os.environ.get("WORLD_SIZE", 1))
        (Path(sys.argv[2]) / "norms.json").write_text(json.dumps(norms), encoding="utf-8")
    process_state().destroy_process_group()
