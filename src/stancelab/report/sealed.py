"""How does a page hold all that it needs, so that a browser asks for nothing else and runs nothing else?"""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def templates(*folders: str) -> "Environment":
    """The templates in these folders of the package, the first that has the name: text is escaped, an unknown name an error."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    found = ChoiceLoader([PackageLoader("stancelab", folder) for folder in folders])
    made = Environment(loader=found, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["sentence"] = lambda text: text[:1].upper() + text[1:]
    return made


@cache
def joined(*paths: str) -> str:
    """Files of the package as one text: a page's style, or its script."""
    return "".join(files("stancelab").joinpath(path).read_text(encoding="utf-8") for path in paths)


def checksum_source(text: str) -> str:
    """How a Content-Security-Policy allows this style or script, and no other (CSP Level 3, section 2.3.1).

    >>> checksum_source("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
