"""How is a table written in Markdown, and a marked block of a file replaced?"""

import re
from collections.abc import Sequence
from pathlib import Path

from stancelab.errors import InputError
from stancelab.records import read_text, write_text


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table.

    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [header, ["---"] * len(header), *rows]
    bars = ["|" + "|".join(line) + "|" if line[0] == "---" else "| " + " | ".join(line) + " |" for line in lines]
    return "\n".join(bars)


def replace_block(path: Path, name: str, content: str) -> None:
    """Put content between `<!-- name:begin -->` and `<!-- name:end -->` of a file. InputError if the marks are not there."""
    text = read_text(path)
    pattern = re.compile(rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.DOTALL)
    if not pattern.search(text):
        raise InputError(f"{path}: no block '<!-- {name}:begin -->' ... '<!-- {name}:end -->' to write into")
    write_text(path, pattern.sub(lambda match: f"{match[1]}{content}\n{match[2]}", text))
