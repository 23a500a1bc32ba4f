"""How does what a classifier has learnt become files that run no code when they are read?"""

from pathlib import Path
from typing import Any

from stancelab.errors import InputError, listing
from stancelab.records import write_whole

LEARNT = "learnt.skops"
OWN = "stancelab.models."
"""Classes of this package that a file may name; scikit-learn's and numpy's are trusted by skops itself."""


def dump_learnt(model: Any, folder: Path, *, without: tuple[str, ...] = ()) -> None:
    """Write what fitting has set, every attribute that is no parameter, but for those named, which have files of their own."""
    from skops.io import dump

    kept = {*model.get_params(deep=False), *without}
    learnt = {name: value for name, value in vars(model).items() if name not in kept}
    write_whole(folder / LEARNT, lambda temporary: dump(learnt, temporary))


def load_learnt(model: Any, folder: Path) -> None:
    """Set what `dump_learnt` wrote. InputError for a file that is missing, damaged, or names a class from elsewhere."""
    from skops.io import get_untrusted_types, load

    path = folder / LEARNT
    if not path.is_file():
        raise InputError(f"{path}: no such file; the model is incomplete, train it again")
    try:
        strange = get_untrusted_types(file=path)
        foreign = [name for name in strange if not name.startswith(OWN)]
        if foreign:
            raise InputError(f"{path}: holds objects that are neither scikit-learn's nor this package's: {listing(foreign)}")
        learnt = load(path, trusted=strange)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{path}: not a readable model file ({type(error).__name__}: {error})") from None
    for name, value in learnt.items():
        setattr(model, name, value)


def save(model: Any, folder: Path) -> None:
    """Write what a fitted classifier has learnt, in its own way if it has one (`save`)."""
    model.save(folder) if hasattr(model, "save") else dump_learnt(model, folder)


def load(model: Any, folder: Path) -> Any:
    """The unfitted classifier with what `save` wrote: the same probabilities as before."""
    if hasattr(model, "load"):
        return model.load(folder)
    load_learnt(model, folder)
    return model
