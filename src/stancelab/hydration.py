"""What does the article itself say at each anchor, given the user's own copy of it?"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stancelab.dataset import Dataset
from stancelab.errors import InputError, listing
from stancelab.records import Article, read_records, read_text

if TYPE_CHECKING:
    import pandas as pd

_LOOSE = re.compile("[\\s\"'`´‘’‚‛“”„‟«»‹›\\-\u00ad‐‑‒–—―−]+")

DOUBLE_MARKS = '“”„«»"'


def sha256_of(text: str) -> str:
    """Hex digest of the text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def loosen(text: str) -> str:
    """The text without white space, quote marks and dashes: what copies of one article have in common.

    >>> loosen("“Nothing – at all” ") == loosen('"Nothing - at all"')
    True
    """
    return _LOOSE.sub("", text)


def hydrate(dataset: Dataset, article: Path, *, articles: Sequence[Article], lenient: bool = False) -> Dataset:
    """The dataset with `text` replaced by the verbatim span of each row; the rendering moves to column `rendering`.

    article: the user's copy of the source, UTF-8. Strict: its sha256 must be the recorded one, so that every anchor holds as it
    stands. Lenient: a copy that differs in white space, quote marks or dashes only; each span is found again by its loose
    checksum, nearest to its recorded place. InputError names the spans that do not match.
    """
    from dataclasses import replace

    source = read_text(article)
    rows = dataset.rows
    if lenient:
        spans = _relocate(source, rows, article)
    else:
        _same_article(source, rows, article, articles)
        spans = list(zip(rows["start"], rows["end"], strict=True))
    verbatim = [source[start:end] for start, end in spans]
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    hydrated = rows.assign(rendering=rows["text"], text=verbatim, start=starts, end=ends)
    return replace(dataset, rows=hydrated)


def mismatched(source: str, rows: "pd.DataFrame") -> list[str]:
    """The groups whose span of `source` has another checksum than recorded."""
    wrong = [
        str(group)
        for group, start, end, sha in zip(rows["group"], rows["start"], rows["end"], rows["span_sha256"], strict=True)
        if sha256_of(source[start:end]) != sha
    ]
    return list(dict.fromkeys(wrong))


def _same_article(source: str, rows: "pd.DataFrame", article: Path, articles: Sequence[Article]) -> None:
    got = sha256_of(source)
    wrong = mismatched(source, rows)
    if wrong or got not in {entry.sha256 for entry in articles}:
        spans = f"spans that do not match: {listing(wrong, most=10)}" if wrong else "every span matches"
        expected = ", ".join(entry.sha256 for entry in articles)
        raise InputError(
            f"{article}: not the article that was annotated: sha256 {got}, expected {expected}; {spans}. "
            "A copy that differs in white space, quote marks or dashes only is taken with --lenient"
        )


def _relocate(source: str, rows: "pd.DataFrame", article: Path) -> list[tuple[int, int]]:
    kept = [place for place, character in enumerate(source) if not _LOOSE.match(character)]
    loose = "".join(source[place] for place in kept)
    found: dict[str, tuple[int, int]] = {}
    lost = []
    groups = rows.drop_duplicates("group")
    for group, start, length, sha in zip(
        groups["group"], groups["start"], groups["loose_length"], groups["loose_sha256"], strict=True
    ):
        places = [at for at in range(len(loose) - length + 1) if sha256_of(loose[at : at + length]) == sha]
        if places:
            at = min(places, key=lambda place: abs(kept[place] - start))
            found[group] = _with_outer_marks(source, kept[at], kept[at + length - 1] + 1)
        else:
            lost.append(str(group))
    if lost:
        raise InputError(
            f"{article}: {len(lost)} of {len(groups)} spans are not in this copy, white space, quote marks and dashes aside: "
            f"{listing(lost, most=10)}"
        )
    return [found[group] for group in rows["group"]]


def _with_outer_marks(source: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span by an opening quote mark right before it and a closing one right after it."""
    before, after = source[max(0, start - 2) : start], source[end : end + 2]
    opens = before[-1:] in DOUBLE_MARKS and (len(before) < 2 or not before[0].isalnum())
    closes = after[:1] in DOUBLE_MARKS and (len(after) < 2 or not after[1].isalnum())
    return start - (opens and before != ""), end + (closes and after != "")


def articles_of(folder: Path) -> list[Article]:
    """The articles that a dataset folder's anchors point into. InputError for a dataset that is a single file."""
    if not folder.is_dir():
        raise InputError(f"{folder}: only a dataset folder has anchors into an article")
    return read_records(folder / "articles.jsonl", Article)
