"""How does a process that computes for long stay small?"""

import ctypes
import gc
from contextlib import suppress


def give_back() -> None:
    """Return to the system what the C library holds of freed memory, where it can do that (glibc); elsewhere nothing happens.

    Tensors of many sizes leave its heap full of holes: training an encoder for some minutes leaves a gigabyte of them.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def forget() -> None:
    """As `give_back`, after freeing what refers to itself, as some trained networks do; it takes a tenth of a second or more."""
    gc.collect()
    give_back()
