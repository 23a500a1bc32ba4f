"""How do a page and the files beside it replace those of an earlier report, all or none?"""

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stancelab.errors import InputError
from stancelab.records import make_folder

LINKED = re.compile(r'href="((?:figures|tables)/[^"/]+)"')


def write_files(folder: Path, content: Mapping[str, bytes], *, page: str) -> None:
    """Write files by their paths below a folder; nothing changes there before all of them are written elsewhere.

    page: the one that links to the others; what its earlier form linked to and this one does not is removed.
    """
    make_folder(folder)
    earlier = LINKED.findall((folder / page).read_text(encoding="utf-8")) if (folder / page).exists() else []
    try:
        temporary = Path(tempfile.mkdtemp(dir=folder, prefix=f".{page}."))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from None
    try:
        for name, value in content.items():
            (temporary / name).parent.mkdir(exist_ok=True)
            (temporary / name).write_bytes(value)
        for name in content:
            (folder / name).parent.mkdir(exist_ok=True)
            (temporary / name).replace(folder / name)
        for name in set(earlier) - set(content):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
