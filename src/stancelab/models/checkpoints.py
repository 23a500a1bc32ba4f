"""Where does a training that was killed go on?"""

import json
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancelab.errors import InputError, listing
from stancelab.models.layers import restore_weights, trained_weights
from stancelab.records import make_folder, write_json
from stancelab.sqlite_file import warn

if TYPE_CHECKING:
    import torch

PLACE, TRAINED, KEPT, STATE = "place.json", "trained.safetensors", "kept.safetensors", "state.bin"
FRESH = ".fresh"


@dataclass
class Progress:
    """How far a training has come.

    order: the state of the generator of batches when the epoch under way began; best, kept, waited: the lowest loss on held-out
    rows (None: no rows), the weights then, and the epochs since; epoch, done, step: whole epochs, batches of the one under way,
    batches in all; finished: only kept weights count any more.
    """

    order: dict[str, Any]
    best: float | None
    kept: dict[str, "torch.Tensor"]
    waited: int = 0
    epoch: int = 0
    done: int = 0
    step: int = 0
    finished: bool = False


@dataclass(frozen=True)
class Moving:
    """What else changes while a network is trained; random states are the current ones.

    prepared: the network as the accelerator has wrapped it, for the steps.
    """

    network: Any
    prepared: Any
    optimizer: Any
    schedule: Any
    accelerator: Any


@dataclass(frozen=True)
class Checkpoints:
    """The folder of one network's checkpoints, of which the last is kept; every: batches between two.

    of_several: whether the network is one of several, so that it is kept when it is trained while others are not. All processes
    of a training read the folder, the main one writes it.
    """

    folder: Path
    every: int
    of_several: bool = False

    def write(self, progress: Progress, moving: Moving) -> None:
        """Write a checkpoint, whole or not at all, then remove the one before."""
        random = _random_states(moving.accelerator)
        if moving.accelerator.is_main_process:
            fresh = self.folder / FRESH
            shutil.rmtree(fresh, ignore_errors=True)
            make_folder(fresh)
            _write_state(fresh, progress, moving, random)
            before = self._whole()
            fresh.replace(self.folder / ("finished" if progress.finished else f"step-{progress.step:09d}"))
            for path in before:
                shutil.rmtree(path)
        moving.accelerator.wait_for_everyone()

    def resume(self, moving: Moving) -> Progress | None:
        """Set everything to the last checkpoint; None where there is none. InputError for one that cannot be read."""
        found = max(self._whole(), key=_place_of, default=None)
        if found is None:
            return None
        try:
            return _read_state(found, moving)
        except Exception as error:
            raise InputError(
                f"{found}: not a readable checkpoint ({type(error).__name__}); remove it to train from the start"
            ) from None

    def _whole(self) -> list[Path]:
        return [path for path in self.folder.glob("*") if path.name == "finished" or path.name.startswith("step-")]


def checkpoints_of(folder: str, stamp: str) -> Path:
    """The folder, below `folder`, for checkpoints of the training with that stamp; one line on stderr if only others lie there.

    A stamp covers data, parameters and versions, so that a checkpoint of another training is never gone on from.
    """
    own = Path(folder) / stamp[:16]
    others = [path.name for path in Path(folder).glob("*") if path.is_dir()]
    if others and not own.is_dir():
        warn(
            f"{folder}: its checkpoints are of other rows, parameters, versions or numbers of processes, and are left alone: "
            f"{listing(others, most=3)}; this training starts anew as {own.name}"
        )
    return own


def _place_of(path: Path) -> tuple[bool, str]:
    return path.name == "finished", path.name


def _write_state(folder: Path, progress: Progress, moving: Moving, random: list[dict[str, Any]]) -> None:
    import torch
    from safetensors.torch import save_file

    save_file(_portable(trained_weights(moving.network)), folder / TRAINED)
    save_file(_portable(progress.kept), folder / KEPT)
    scaler = moving.accelerator.scaler
    state = {
        "optimizer": moving.optimizer.state_dict(),
        "schedule": moving.schedule.state_dict(),
        "scaler": scaler.state_dict() if scaler else None,
        "random": random,
    }
    torch.save(state, folder / STATE)
    write_json(folder / PLACE, {one.name: getattr(progress, one.name) for one in fields(progress) if one.name != "kept"})


def _read_state(folder: Path, moving: Moving) -> Progress:
    import torch
    from safetensors.torch import load_file

    place = json.loads((folder / PLACE).read_text(encoding="utf-8"))
    device = str(moving.network.device)
    state = torch.load(folder / STATE, map_location="cpu", weights_only=True)
    restore_weights(moving.network, load_file(folder / TRAINED, device=device))
    moving.optimizer.load_state_dict(state["optimizer"])
    moving.schedule.load_state_dict(state["schedule"])
    if moving.accelerator.scaler:
        moving.accelerator.scaler.load_state_dict(state["scaler"])
    _set_random_state(state["random"][moving.accelerator.process_index])
    return Progress(kept=load_file(folder / KEPT, device=device), **place)


def _portable(weights: dict[str, "torch.Tensor"]) -> dict[str, "torch.Tensor"]:
    return {name: part.contiguous() for name, part in weights.items()}


def _random_states(accelerator: Any) -> list[dict[str, Any]]:
    """The state of torch's generators in each process."""
    import torch
    from accelerate.utils import gather_object

    own = {"cpu": torch.get_rng_state()}
    if accelerator.device.type == "cuda":
        own["cuda"] = torch.cuda.get_rng_state(accelerator.device)
    elif accelerator.device.type == "mps":
        own["mps"] = torch.mps.get_rng_state()
    found: list[dict[str, Any]] = gather_object([own])
    return found


def _set_random_state(state: dict[str, Any]) -> None:
    import torch

    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"])
    elif "mps" in state:
        torch.mps.set_rng_state(state["mps"])
