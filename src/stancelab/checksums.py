"""Are a dataset folder's files those that were sealed, and how are they sealed?"""

import hashlib
from pathlib import Path

from stancelab.records import read_text, write_text


def checksum_faults(path: Path) -> list[str]:
    """Files whose sha256 is not the one in SHA256SUMS, and files that stand on one side only."""
    sums = path / "SHA256SUMS"
    if not sums.exists():
        imported = (path / "rows.jsonl").exists()
        return [f"{sums}: is missing; " + ("import the corpus again" if imported else f"`stancelab data build {path}` writes it")]
    recorded = recorded_checksums(path)
    present = {file.relative_to(path).as_posix(): file for file in sealed_files(path)}
    faults = [f"{sums}: {name} is recorded and not there" for name in sorted(set(recorded) - set(present))]
    faults += [f"{sums}: {name} is there and not recorded" for name in sorted(set(present) - set(recorded))]
    for name in sorted(set(recorded) & set(present)):
        got = hashlib.sha256(present[name].read_bytes()).hexdigest()
        if got != recorded[name]:
            faults.append(f"{path / name}: sha256 {got[:12]}..., SHA256SUMS has {recorded[name][:12]}...")
    return faults


def recorded_checksums(path: Path) -> dict[str, str]:
    """The sha256 of each file that SHA256SUMS of a folder names; none where there is no such file."""
    sums = path / "SHA256SUMS"
    lines = read_text(sums).strip().split("\n") if sums.exists() else []
    pairs = (line.partition("  ") for line in lines)
    return {name: digest for digest, _, name in pairs}


def sealed_files(path: Path) -> list[Path]:
    """The files of a dataset folder that SHA256SUMS covers: all but itself and hidden ones."""
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return [
        file
        for file in files
        if file.name != "SHA256SUMS" and not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]


def write_checksums(path: Path) -> None:
    """Write SHA256SUMS over the files of a dataset folder."""
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(path).as_posix()}" for file in sealed_files(path)
    ]
    write_text(path / "SHA256SUMS", "\n".join(sums) + "\n")
