"""Where do predictions lie while they are being made, and how do they become one file at the end?"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from stancelab.errors import InputError
from stancelab.progress import bar
from stancelab.records import Record, Sha256, make_folder, read_text, write_json, write_whole
from stancelab.scale.writing import answers_schema, write_answers

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_A_PART = 8192
MANIFEST = "manifest.json"
LOCK = "lock"

DECISIVE = {
    "sha256": "another input (it has changed, or another one was named)",
    "fingerprint": "another model (its files, its recipe or its scheme)",
    "form": "the form {before!r} of the model (now: {now!r})",
    "abstain_below": "--abstain-below {before} (now: {now})",
    "rows_a_part": "parts of {before} rows (now: {now})",
}
"""What may be another when a command is given again, and how that is said."""


class Manifest(Record):
    """manifest.json: what is predicted, and by what. Everything but names and versions decides the answers.

    form: which form of the model answers, None where it has but one. labels: the scheme's, in order. rows: of the whole input.
    """

    input: str
    sha256: Sha256
    rows: int
    model: str
    fingerprint: Sha256
    form: str | None
    labels: list[str]
    abstain_below: float | None
    rows_a_part: int
    versions: dict[str, str]

    @property
    def parts(self) -> int:
        """How many parts the input falls into."""
        return -(-self.rows // self.rows_a_part)

    @property
    def stamp(self) -> str:
        """sha256 over what decides the answers: each part carries it."""
        decisive = self.model_dump(include={"rows", "labels", *DECISIVE})
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    def rows_of(self, number: int) -> int:
        """How many rows a part has."""
        return min(self.rows_a_part, self.rows - number * self.rows_a_part)


def folder_of(out: Path) -> Path:
    """The folder beside the output that holds what is done of it."""
    return out.with_name(f"{out.name}.parts")


@contextmanager
def parts_folder(out: Path) -> Iterator[Path]:
    """The folder of an output's parts, for this process alone. InputError: another process has it, or it is none of ours."""
    folder = folder_of(out)
    if folder.exists() and not (folder / LOCK).exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there already and holds no predictions; remove it, or name another output")
    make_folder(folder)
    with _opened(folder / LOCK) as lock:
        if not _locked(lock, folder / LOCK):
            raise InputError(f"{out}: another process is writing it; wait for its end, or name another output")
        try:
            yield folder
        finally:
            if [path.name for path in folder.glob("*")] == [LOCK]:
                shutil.rmtree(folder)


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("a")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None


def _locked(lock: IO[str], path: Path) -> bool:
    """Lock a file until this process ends, whichever way; processes that it starts do not share the lock."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        return True
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())
    except OSError:
        return False


def begun(folder: Path) -> Manifest | None:
    """The manifest that lies in a folder, if one does. InputError for a damaged one."""
    path = folder / MANIFEST
    if not path.exists():
        return None
    try:
        return Manifest.model_validate_json(read_text(path))
    except ValueError:
        raise InputError(f"{path}: is damaged; remove {folder} to begin anew") from None


def begin(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, or go on where one lies that says the same; see `refuse_changed`."""
    refuse_changed(folder, **manifest.model_dump())
    write_json(folder / MANIFEST, manifest.model_dump())


def refuse_changed(folder: Path, **now: Any) -> None:
    """InputError that names what decides the answers and was another when the parts in this folder were begun.

    now: some of a manifest's keys.
    """
    manifest = begun(folder)
    before = manifest.model_dump() if manifest else now
    changed = [name for name in DECISIVE if name in now and now[name] != before[name]]
    if not changed:
        return
    told = [DECISIVE[name].format(before=before[name], now=now[name]) for name in changed]
    then = before["versions"]
    told += [f"{name} {then.get(name)} then, {new} now" for name, new in now.get("versions", {}).items() if then.get(name) != new]
    raise InputError(
        f"{folder}: was begun with {', '.join(told)}; what it holds would not fit. Remove it to begin anew, "
        "or name another output"
    )


def write_part(folder: Path, number: int, answers: "pa.Table", manifest: Manifest) -> None:
    """Write the answers to one part's rows, whole or not at all; one that a loss of power tears fails its checksums."""
    import pyarrow.parquet as pq

    table = answers.replace_schema_metadata({"stamp": manifest.stamp, "part": str(number)})
    write_whole(_file_of(folder, number), lambda path: pq.write_table(table, path, write_page_checksum=True))


def read_part(folder: Path, number: int, manifest: Manifest) -> "pa.Table | None":
    """The answers of one part; None where it is not there, is damaged, or belongs to something else."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(_file_of(folder, number), page_checksum_verification=True) as file:
            found = file.read(use_threads=False)
    except Exception:  # a damaged file makes pyarrow raise errors of many kinds
        return None
    wanted = {b"stamp": manifest.stamp.encode(), b"part": str(number).encode()}
    whole = found.schema.metadata == wanted and found.num_rows == manifest.rows_of(number)
    return found.replace_schema_metadata() if whole else None


def _file_of(folder: Path, number: int) -> Path:
    return folder / f"part-{number:07d}.parquet"


def missing(folder: Path, manifest: Manifest) -> list[int]:
    """The numbers of the parts that are still to be computed."""
    there = {path.name for path in folder.glob("part-*.parquet")}
    found = []
    with bar("checking parts", manifest.parts) as advance:
        for number in range(manifest.parts):
            if _file_of(folder, number).name not in there or read_part(folder, number, manifest) is None:
                found.append(number)
            advance(1)
    return found


def assemble(folder: Path, manifest: Manifest, out: Path) -> int:
    """Write all parts as one file, which is there whole or not at all; returns how many rows have a label. The folder goes.

    InputError: a part is missing or damaged.
    """
    unanswered = 0

    def tables(advance: Callable[[int], None]) -> Iterator["pa.Table"]:
        nonlocal unanswered
        for number in range(manifest.parts):
            table = read_part(folder, number, manifest)
            if table is None:
                raise InputError(f"{_file_of(folder, number)}: is missing or damaged; the same command computes it again")
            unanswered += table["label"].null_count
            advance(1)
            yield table

    whole = folder / f"assembled{out.suffix}"
    try:
        with bar("assembling", manifest.parts) as advance:
            write_answers(whole, answers_schema(manifest.labels), tables(advance))
        whole.replace(out)
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror}") from None
    _remove(folder)
    return manifest.rows - unanswered


def _remove(folder: Path) -> None:
    """Remove a folder that is no longer needed, in one step for whoever looks, even if this process is killed meanwhile."""
    done = folder.with_name(f".{folder.name}.done")
    shutil.rmtree(done, ignore_errors=True)
    folder.rename(done)
    shutil.rmtree(done)
