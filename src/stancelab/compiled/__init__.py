"""How does a trained model predict without the libraries that it was trained with, and faster?"""

from stancelab.compiled.choosing import choose, kept_form

__all__ = ["choose", "kept_form"]
