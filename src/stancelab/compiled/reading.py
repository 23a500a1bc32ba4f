"""What does a compiled model read for a row: which texts, as which token ids?"""

from collections.abc import Sequence
from typing import Any

from stancelab.encoders import Segments, tokenize
from stancelab.models.inputs import Columns, compose
from stancelab.models.window import compose_to_fit
from stancelab.records import Record


class Reading(Record):
    """views: the templates of one segment or two, for each vector that a row has. limit: tokens at most.

    fitted: whether a text that is too long is shortened to a window around its actor, see `stancelab.models.window`.
    """

    views: list[list[str]]
    limit: int
    fitted: bool = False

    def segments(self, rows: Columns, tokenizer: Any) -> list[list[Segments]]:
        """What is read for each row, view by view."""
        if self.fitted:
            [[template, *question]] = self.views
            return [compose_to_fit(rows, template, "".join(question), tokenizer, self.limit)]
        return [list(zip(*(compose(rows, template) for template in view), strict=True)) for view in self.views]

    def tokens(self, segments: Sequence[Segments], tokenizer: Any) -> list[dict[str, list[int]]]:
        """Token ids of each reading, see `stancelab.encoders.tokenize`."""
        return tokenize(tokenizer, segments, self.limit) if segments else []
