"""Are the libraries of the fast path there, and how are they loaded so that they stay quiet and write nothing at home?"""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from io import StringIO
from typing import Any

TELEMETRY = "openvino_telemetry"
"""Writes a folder into the user's home and asks a server; openvino and nncf do without where it cannot be imported."""


def installed() -> bool:
    """Whether compiled models can be run here (`pip install 'stancelab[fast]'`)."""
    return all(find_spec(name) is not None for name in ("openvino", "tokenizers"))


def can_quantise() -> bool:
    """Whether int8 graphs can be made here."""
    return installed() and all(find_spec(name) is not None for name in ("nncf", "torch"))


@cache
def openvino() -> Any:
    """The library that runs graphs, after its first use of numpy: threads that all make it at once lock each other up."""
    with _without_telemetry():
        import openvino
    openvino.Type.f32.to_dtype()
    return openvino


@cache
def nncf() -> Any:
    """The library that quantises graphs."""
    openvino()
    with _without_telemetry(), quiet():
        import nncf
    return nncf


@cache
def core() -> Any:
    """What compiles graphs for this machine's processor."""
    return openvino().Core()


def runtime_version() -> str:
    """What of the libraries decides the numbers that a graph gives."""
    there = [name for name in ("openvino", "tokenizers", "numpy") if find_spec(name)]
    return " ".join(f"{name} {version(name)}" for name in there)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing on stdout, no warnings, bars or remarks: converting and quantising say much that concerns nobody."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextmanager
def _without_telemetry() -> Iterator[None]:
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == TELEMETRY}
    for name in before:
        del sys.modules[name]
    sys.modules[TELEMETRY] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[TELEMETRY]
        sys.modules.update(before)
