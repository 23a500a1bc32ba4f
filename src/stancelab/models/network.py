"""What does an encoder with a head compute for a batch of rows?"""

from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from stancelab.encoders import mean_pool
from stancelab.errors import InputError

HEAD = "head.safetensors"


class Network(torch.nn.Module):
    """Token ids to logits: a linear head over the mean of the encoder's states, or the head that the encoder brings itself.

    encoder: a transformers model; labels: their number, None for an encoder with a head of its own. precision: of the
    encoder's sums; weights and head stay as they are.
    """

    def __init__(self, encoder: Any, labels: int | None, precision: str) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = None if labels is None else torch.nn.Linear(encoder.config.hidden_size, labels)
        self.precision = precision
        if labels is not None:
            for name, weights in encoder.named_parameters():
                weights.requires_grad &= ".pooler." not in f".{name}"

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.parameters()).device

    def forward(self, **batch: torch.Tensor) -> torch.Tensor:
        """Logits, shape (n, k), in float32."""
        if self.head is None:
            with self._sums():
                logits: torch.Tensor = self.encoder(**batch).logits
            return logits.float()
        vectors = self.pooled(batch)
        with torch.autocast(self.device.type, enabled=False):
            scores: torch.Tensor = self.head(vectors)
        return scores

    def pooled(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """The mean of each row's states, shape (n, d), in float32."""
        with self._sums():
            states = self.encoder(**batch).last_hidden_state
        return mean_pool(states.float(), batch["attention_mask"])

    def save(self, folder: Path, tokenizer: Any) -> None:
        """Write what transformers loads, and the linear head beside it."""
        self.encoder.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        if self.head is not None:
            save_file(self.head.state_dict(), folder / HEAD)

    def load_head(self, folder: Path) -> Self:
        """Set the linear head, if there is one, to the one that was saved. InputError for a file that is missing or another's."""
        if self.head is not None:
            try:
                self.head.load_state_dict(load_file(folder / HEAD))
            except (OSError, RuntimeError, SafetensorError) as error:
                raise InputError(f"{folder / HEAD}: not a readable head ({error}); train the model again") from None
        return self

    def _sums(self) -> torch.autocast:
        dtype = getattr(torch, "bfloat16" if self.precision == "float32" else self.precision)
        return torch.autocast(self.device.type, dtype=dtype, enabled=self.precision != "float32")
