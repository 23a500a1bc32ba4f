"""Where is the dataset, recipe or experiment of this name?"""

from pathlib import Path
from typing import Literal

from stancelab.errors import InputError, suggestion

Shelf = Literal["datasets", "models", "experiments"]

_ENTRY = {"datasets": "*/dataset.toml", "models": "*.toml", "experiments": "*/experiment.toml"}
_NOUN = {"datasets": "dataset", "models": "recipe", "experiments": "experiment"}


def homes() -> list[Path]:
    """Folders that may hold datasets/, models/ and experiments/: here, the source checkout, what the package ships."""
    package = Path(__file__).resolve().parent
    return [Path.cwd(), package.parent.parent, package / "shipped"]


def entries(shelf: Shelf) -> dict[str, Path]:
    """Every known name on a shelf with its folder (datasets, experiments) or file (models); the nearest home wins."""
    found: dict[str, Path] = {}
    for home in homes():
        for path in sorted((home / shelf).glob(_ENTRY[shelf])):
            name, place = (path.stem, path) if shelf == "models" else (path.parent.name, path.parent)
            if name.startswith("."):
                continue
            found.setdefault(name, place)
    return found


def locate(shelf: Shelf, name: str | Path, *, where: str | None = None) -> Path:
    """The path of a named entry, or `name` itself where it is an existing path. InputError names the nearest."""
    known = entries(shelf)
    if str(name) in known:
        return known[str(name)]
    if _exists(Path(name)):
        return Path(name)
    place = f"{where}: " if where else ""
    raise InputError(f"{place}no {_NOUN[shelf]} {str(name)!r}: neither a path nor a known name{suggestion(str(name), known)}")


def beside(file: Path, shelf: Shelf, name: str, *, where: str | None = None) -> Path:
    """As `locate`, for a name that stands in a file: a path is first looked for in that file's folder."""
    own = file.parent / name
    return own if _exists(own) else locate(shelf, name, where=where)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
