"""Which installed versions may change a prediction?"""

from functools import cache
from importlib.metadata import version

DECISIVE_LIBRARIES = ("numpy", "scikit-learn", "torch", "transformers", "tokenizers")


@cache
def library_versions() -> dict[str, str]:
    """The installed versions of everything whose change may change a prediction."""
    return {name: version(name) for name in ("stancelab", *DECISIVE_LIBRARIES)}
