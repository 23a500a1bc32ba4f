"""Which token ids does a text have, without transformers?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stancelab.records import Record


class Spelling(Record):
    """What a tokenizer's own file does not say. length: the longest reading that it states. names: of what it gives for a row."""

    length: int
    truncation_side: str
    names: list[str]
    pad_id: int
    pad_type_id: int


FIELDS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}


class Tokenizer:
    """Called as a tokenizer of transformers is, and gives what it gives; of its options those that are used in this package."""

    def __init__(self, file: Path, spelling: Spelling) -> None:
        import tokenizers

        self.backend = tokenizers.Tokenizer.from_file(str(file))
        self.backend.no_padding()
        self.spelling = spelling
        self.model_max_length = spelling.length

    def __call__(
        self,
        texts: str | Sequence[str],
        pairs: str | Sequence[str] | None = None,
        *,
        truncation: bool | str = False,
        max_length: int | None = None,
        add_special_tokens: bool = True,
        verbose: bool = True,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Token ids and what goes with them, by name: a list a row, or one list for a single text."""
        if isinstance(texts, str):
            single = self([texts], None if pairs is None else [str(pairs)], add_special_tokens=add_special_tokens)
            return {name: values[0] for name, values in single.items()}
        self._cut(truncation, max_length)
        rows = list(texts) if pairs is None else list(zip(texts, pairs, strict=True))
        found = self.backend.encode_batch_fast(rows, add_special_tokens=add_special_tokens)
        return {name: [getattr(row, FIELDS[name]) for row in found] for name in self.spelling.names}

    def num_special_tokens_to_add(self, *, pair: bool) -> int:
        """How many tokens stand around one text, or around a pair."""
        return int(self.backend.num_special_tokens_to_add(pair))

    def _cut(self, truncation: bool | str, max_length: int | None) -> None:
        if not truncation or max_length is None:
            self.backend.no_truncation()
            return
        strategy = "longest_first" if truncation is True else truncation
        self.backend.enable_truncation(max_length, strategy=strategy, direction=self.spelling.truncation_side)
