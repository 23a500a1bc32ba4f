"""Where do compiled forms of models lie, and is what lies there whole?"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

from stancelab.compiled.libraries import runtime_version
from stancelab.embedding_cache import user_folder
from stancelab.encoders import fingerprint_of
from stancelab.errors import InputError
from stancelab.records import write_json
from stancelab.training_facts import TrainingFacts

FORMAT = 1
"""Another number when forms are made or read in another way: those of before are then made again."""

SUMS = "sha256.json"
LIMIT = 4 * 10**9
"""Bytes that all forms may take; those that were used least recently go."""


@dataclass(frozen=True)
class Kept:
    """Compiled forms on disk: of how many models, and how many bytes they take."""

    models: int
    size: int


def forms_folder() -> Path:
    """Where compiled forms lie, those of each model in a folder of their own."""
    return user_folder() / "compiled"


def kept_forms(folder: Path) -> Kept:
    """What lies in such a folder."""
    models = list(folder.iterdir()) if folder.is_dir() else []
    return Kept(len(models), sum(map(_size_of, models)))


def clear_forms(folder: Path) -> Kept:
    """Remove all compiled forms; returns what there was. InputError if that cannot be."""
    held = kept_forms(folder)
    try:
        for model in folder.iterdir() if held.models else ():
            shutil.rmtree(model)
    except OSError as error:
        raise InputError(f"{folder}: cannot be cleared: {error.strerror}") from None
    return held


def place_of(model: Path, facts: TrainingFacts) -> Path | None:
    """The folder for the compiled forms of the model in a folder; None where none can be kept or relied on.

    Its name is a checksum of all that decides them: the model's files, its encoders' weights, libraries. So it is None for
    encoders that have other weights now than in training, which is refused elsewhere, and for those that are known by name alone.
    """
    weights = {name: fingerprint_of(name) for name in facts.weights}
    if weights != facts.weights or any(name == sha for name, sha in weights.items()):
        return None
    decisive = [FORMAT, sha_of(model), weights, runtime_version()]
    return forms_folder() / hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def sha_of(folder: Path) -> str:
    """sha256 over the files of a model's folder, but for its card."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / "README.md")
    stats = [path.stat() for path in files]
    return _sha_of(folder, tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in zip(files, stats, strict=True)))


@cache
def _sha_of(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    lines = [f"{path.relative_to(folder).as_posix()} {_sha_of_file(path)}\n" for path, _, _ in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sha_of_file(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_form(folder: Path, write: Callable[[Path], None], prove: Callable[[Path], None] | None = None) -> None:
    """Let `write` fill a folder, which then takes the given place as a whole; one that is there already gives way.

    prove: called with the folder that the fresh form lies in for the time being; an exception from it, and there is no form. Of
    several processes that do so at once each leaves a whole folder. OSError: it cannot be written.
    """
    fresh, aside = (folder.parent.with_name(f".{folder.parent.name}.{uuid4().hex}") for _ in range(2))
    try:
        form = fresh / folder.name
        form.mkdir(mode=0o700, parents=True)
        write(form)
        write_json(form / SUMS, {path.name: _sha_of_file(path) for path in sorted(form.iterdir())})
        if prove:
            prove(fresh)
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):
            folder.rename(aside)
        try:
            form.rename(folder)
        except OSError:
            if not folder.exists():  # else another process was faster
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(aside, ignore_errors=True)
    with suppress(FileNotFoundError):  # another process is at it
        _make_room(folder.parent.parent, folder.parent)


def is_whole(folder: Path) -> bool:
    """Whether a form lies in a folder, each of its files as it was written."""
    try:
        sums = json.loads((folder / SUMS).read_bytes())
        whole = bool(sums) and all(_sha_of_file(folder / name) == sha for name, sha in sums.items())
        if whole:
            os.utime(folder.parent)
        return whole
    except (OSError, ValueError, AttributeError):
        return False


def identity_of(folder: Path) -> str:
    """What tells a whole form from all others."""
    return hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _make_room(forms: Path, kept: Path) -> None:
    """Remove the forms of the models that were used least recently, beyond LIMIT; never those of `kept`."""
    models = sorted((path for path in forms.iterdir() if path != kept), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for model in [kept, *models]:
        total += _size_of(model)
        if total > LIMIT and model != kept:
            shutil.rmtree(model, ignore_errors=True)
