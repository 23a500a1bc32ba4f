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


if __name__ == "__main__":
    import torch

    from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier
    from stancelab.models.training import processes

    torch.set_num_threads(1)
    if len(sys.argv) > 3:
        kill_after(int(sys.argv[3]))
    model = FinetunedEncoderClassifier(**json.loads(sys.argv[1])).fit(X, LABELS)
    model.save(Path(sys.argv[2]))
    if processes().is_main_process:
        (Path(sys.argv[2]) / "processes").write_text(f"{processes().num_processes} {processes().backend}")
    processes().destroy_process_group()
