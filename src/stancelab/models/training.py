"""How is a network trained: in which batches, at which rate, until when, on how many processes?"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stancelab.encoders import BATCH, by_length
from stancelab.errors import InputError, unknown
from stancelab.memory import give_back
from stancelab.models.checkpoints import Checkpoints, Moving, Progress
from stancelab.models.layers import parameter_groups, restore_weights, trained_weights
from stancelab.models.losses import Loss
from stancelab.progress import bar

if TYPE_CHECKING:
    import torch

Tokens = list[dict[str, list[int]]]

GIVE_BACK_EVERY = 50
"""Batches after which freed memory is returned."""

POOL = 32
"""Batches whose rows are sorted by length together; with 8, an eighth of what is computed for newsmtsc would be padding."""

SCHEDULES = (
    "linear",
    "cosine",
    "cosine_with_restarts",
    "polynomial",
    "constant",
    "constant_with_warmup",
    "inverse_sqrt",
)
"""As transformers.get_scheduler names them; "linear" is this module's own, whose first step is not lost at a rate of 0."""


PRECISIONS = {"auto": "", "float32": "no", "bfloat16": "bf16", "float16": "fp16"}
"""Precision of an encoder's sums -> what accelerate calls it."""


@dataclass(frozen=True)
class Plan:
    """How a network is trained. parts: into how many pieces a batch is split that are computed one after the other."""

    epochs: int
    patience: int
    batch_size: int
    parts: int
    learning_rate: float
    layer_decay: float
    weight_decay: float
    schedule: str
    warmup: float
    seed: int


@dataclass(frozen=True)
class Examples:
    """Rows to learn from: token ids, targets (codes or distributions), which rows train and which are held out.

    loss: what is lost on rows that train. padded: makes the tensors of a batch of rows.
    """

    tokens: Tokens
    targets: "torch.Tensor"
    train: list[int]
    held_out: list[int]
    loss: Loss
    padded: Callable[[Tokens], dict[str, Any]]

    def batch(self, rows: Sequence[int], device: "torch.device") -> dict[str, Any]:
        """The tensors of some rows."""
        return on_device(self.padded([self.tokens[row] for row in rows]), device)


def precision_on(device: "torch.device", wanted: str) -> str:
    """The precision of the sums on a device: as wanted; "auto" is bfloat16 on a GPU that knows it, float16 on one that does not.

    InputError for float16 without a GPU.
    """
    import torch

    if wanted == "float16" and device.type == "cpu":
        raise InputError("precision 'float16' needs a GPU; a processor knows float32 and bfloat16")
    if wanted != "auto":
        return wanted
    if device.type != "cuda":
        return "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"


def process_state() -> Any:
    """What accelerate knows of this process: its device, its place among the processes of a launch, whether it is the main one.

    Where there is no GPU, or ACCELERATE_USE_CPU is set, processes that torchrun starts meet on processors. accelerate's own
    PartialState() would take each of them for the only one, and whoever asks first decides for all of a process.
    """
    import torch
    from accelerate import PartialState
    from accelerate.utils import parse_flag_from_env

    return PartialState(cpu=parse_flag_from_env("ACCELERATE_USE_CPU") or not torch.accelerator.is_available())


def accelerator_of(precision: str) -> Any:
    """What knows the device, the number of processes and how they meet; another precision than before is no obstacle.

    accelerate keeps one state a process, whoever asked for it first, and refuses a second with another precision.
    """
    from accelerate import Accelerator, DistributedDataParallelKwargs
    from accelerate.state import AcceleratorState, GradientState

    AcceleratorState._reset_state()
    GradientState._reset_state()
    return Accelerator(
        mixed_precision=PRECISIONS[precision_on(process_state().device, precision)],
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )


@contextmanager
def seeded(accelerator: Any, seed: int) -> Iterator[None]:
    """Torch's generators start from the seed, and are afterwards where they were before."""
    import torch

    devices = [accelerator.device] if accelerator.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def train(network: Any, examples: Examples, plan: Plan, *, accelerator: Any, checkpoints: Checkpoints | None) -> None:
    """Train a network and leave it with the weights of the best epoch, or of the last where no rows are held out.

    Every process is given the same; each computes its share of every batch, so that their number changes rounding alone.
    """
    import torch

    groups = parameter_groups(network, plan.learning_rate, plan.layer_decay)
    optimizer = torch.optim.AdamW(groups, lr=plan.learning_rate, weight_decay=plan.weight_decay)
    schedule = schedule_of(plan, optimizer, plan.epochs * math.ceil(len(examples.train) / plan.batch_size))
    prepared, optimizer = accelerator.prepare(network, optimizer)
    moving = Moving(network, prepared, optimizer, schedule, accelerator)
    if accelerator.process_index:
        torch.manual_seed(plan.seed + accelerator.process_index)
    progress = checkpoints.resume(moving) if checkpoints else None
    if progress is None:
        order = np.random.default_rng(plan.seed).bit_generator.state
        progress = Progress(dict(order), _held_out_loss(moving, examples), trained_weights(network))
    if not progress.finished:
        with bar("training", plan.epochs * math.ceil(len(examples.train) / plan.batch_size)) as advance:
            advance(progress.step)
            while progress.epoch < plan.epochs:
                _train_epoch(moving, examples, plan, progress, checkpoints, advance)
                _judge_epoch(moving, examples, progress)
                if progress.waited >= plan.patience:
                    break
        progress.finished = True
        if checkpoints and checkpoints.of_several:
            checkpoints.write(progress, moving)
    accelerator.unwrap_model(prepared, keep_fp32_wrapper=False)
    restore_weights(network, progress.kept)
    network.eval()


def _train_epoch(
    moving: Moving,
    examples: Examples,
    plan: Plan,
    progress: Progress,
    checkpoints: Checkpoints | None,
    advance: Callable[[int], None],
) -> None:
    """The batches of an epoch that are not done yet."""
    generator = np.random.default_rng()
    generator.bit_generator.state = progress.order
    moving.prepared.train()
    for number, batch in enumerate(_batches(examples.tokens, examples.train, plan.batch_size, generator), 1):
        if number <= progress.done:
            continue
        _step(moving, examples, batch, plan.parts)
        progress.done, progress.step = number, progress.step + 1
        advance(1)
        if checkpoints and progress.step % checkpoints.every == 0:
            checkpoints.write(progress, moving)
        if number % GIVE_BACK_EVERY == 0:
            give_back()
    progress.order = dict(generator.bit_generator.state)


def _judge_epoch(moving: Moving, examples: Examples, progress: Progress) -> None:
    """Keep the weights if no earlier ones lose less on the rows held out, or if none are held out."""
    now = _held_out_loss(moving, examples)
    if now is None or progress.best is None or now < progress.best:
        progress.best, progress.waited, progress.kept = now, 0, trained_weights(moving.network)
    else:
        progress.waited += 1
    progress.epoch, progress.done = progress.epoch + 1, 0


def _step(moving: Moving, examples: Examples, batch: list[int], parts: int) -> None:
    """One step on a batch: this process's share of it, piece by piece, each loss weighted by its part of the whole batch's."""
    accelerator, loss_of = moving.accelerator, examples.loss
    moving.optimizer.zero_grad()
    whole = loss_of.mass(examples.targets[batch]) / accelerator.num_processes
    share = batch[accelerator.process_index :: accelerator.num_processes]
    pieces = [share[place::parts] for place in range(min(parts, len(share)))] or [batch[:1]]
    for number, rows in enumerate(pieces, 1):
        with nullcontext() if number == len(pieces) else accelerator.no_sync(moving.prepared):
            loss = loss_of(moving.prepared(**examples.batch(rows, accelerator.device)), examples.targets[rows])
            accelerator.backward(loss * (loss_of.mass(examples.targets[rows]) / whole if share else 0.0))
    accelerator.clip_grad_norm_([part for part in moving.network.parameters() if part.requires_grad], 1.0)
    moving.optimizer.step()
    moving.schedule.step()


def _held_out_loss(moving: Moving, examples: Examples) -> float | None:
    """The mean cross-entropy on the rows held out; None if there are none."""
    import torch

    rows, network, accelerator = examples.held_out, moving.network, moving.accelerator
    if not rows:
        return None
    own = rows[accelerator.process_index :: accelerator.num_processes]
    loss = torch.zeros((), device=accelerator.device)
    if own:
        logits = computed(network, [examples.tokens[row] for row in own], examples.padded, network)
        loss = torch.nn.functional.cross_entropy(logits, examples.targets[own]) * (len(own) / len(rows))
    return float(accelerator.reduce(loss, reduction="sum"))


def computed(network: Any, tokens: Tokens, padded: Callable[[Tokens], dict[str, Any]], what: Any) -> "torch.Tensor":
    """What the network, or a part of it, gives each row, in the order of the rows; what: called with a batch's tensors."""
    import torch

    network.eval()
    order = by_length(tokens)
    parts = []
    with torch.no_grad():
        for start in range(0, len(order), BATCH):
            batch = padded([tokens[row] for row in order[start : start + BATCH]])
            parts.append(what(**on_device(batch, network.device)))
    return torch.cat(parts)[torch.as_tensor(np.argsort(order))]


def on_device(batch: dict[str, "torch.Tensor"], device: "torch.device") -> dict[str, "torch.Tensor"]:
    """The tensors of a batch where the network is."""
    return {name: values.to(device) for name, values in batch.items()}


def schedule_of(plan: Plan, optimizer: Any, steps: int) -> Any:
    """How the learning rate goes over the steps. InputError for an unknown name."""
    import torch
    from transformers import get_scheduler

    if plan.schedule not in SCHEDULES:
        raise unknown("schedule", plan.schedule, SCHEDULES)
    if plan.schedule == "linear":
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps, plan.warmup))
    return get_scheduler(plan.schedule, optimizer, num_warmup_steps=round(steps * plan.warmup), num_training_steps=steps)


def _rate(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up to 1, then linear decay to 0."""
    rising = max(1, round(steps * warmup))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / max(1, steps - rising))


def _batches(tokens: Tokens, rows: Sequence[int], size: int, generator: np.random.Generator) -> Iterator[list[int]]:
    """Batches of rows of like length, in random order."""
    order = generator.permutation(np.asarray(rows))
    batches = []
    for start in range(0, len(order), size * POOL):
        pool = sorted(order[start : start + size * POOL], key=lambda row: len(tokens[row]["input_ids"]))
        batches += [[int(row) for row in pool[at : at + size]] for at in range(0, len(pool), size)]
    for number in generator.permutation(len(batches)):
        yield batches[number]
