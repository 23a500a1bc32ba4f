"""How much of what is said in articles is found, and is it given to the right actors?

Every score is a function of counts, summed over paragraphs. The paragraph is the cluster that is resampled: what is found and
missed within one hangs together (a quotation taken for two, a pronoun misread, are several errors at once), and articles
themselves are too few to resample. So an interval speaks of other paragraphs of articles like these, not of other newspapers. A
pair counts in the paragraph where its gold statement begins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from stancelab.anchors import paragraph_at
from stancelab.article.marked import Comparison, Marked, Party
from stancelab.article.matching import overlaps, pairs
from stancelab.article.same_actor import likeness
from stancelab.intervals import Interval, bootstrap, cluster_sums
from stancelab.records import Mode

Array = NDArray[np.float64]
EXACT, HALF = 1.0, 0.5
"""The least overlap of two spans that are one statement: code points in both over those in either, edges trimmed."""
MODES: tuple[Mode, ...] = get_args(Mode)

RIGHT_GOLD, GOLD, RIGHT_FOUND, FOUND = range(4)


@dataclass(frozen=True)
class Score:
    """One line of results. recall, precision, f1: None where nothing can be right or wrong; a share has recall alone.

    clusters: paragraphs that hold something to count.
    """

    name: str
    gold: int
    found: int | None
    recall: Interval | None
    precision: Interval | None = None
    f1: Interval | None = None
    clusters: int = 0


Tally = tuple[str, float, float, float, float]
"""A paragraph, and how many there are: of gold, those that are right; gold; of what was found, those that are right; found."""
Pair = tuple[Marked | None, Marked | None]


def matched(article: Comparison, *, least: float) -> list[Pair]:
    """Gold and found statements, pair by pair; None beside what has no other. least: overlap, from 0 to 1."""
    together = pairs(overlaps(article.spans(article.gold), article.spans(article.found)), least=least)
    of_gold, of_found = dict(together), {column for _, column in together}
    both: list[Pair] = [(one, article.found[of_gold[row]] if row in of_gold else None) for row, one in enumerate(article.gold)]
    return both + [(None, one) for column, one in enumerate(article.found) if column not in of_found]


def paired_parties(gold: Sequence[Party], found: Sequence[Party]) -> list[tuple[Party, Party]]:
    """The actors that gold and an extraction both have, one to one, by the rule of `same_actor`."""
    alike = np.array([[likeness(one.name, other.name, person=one.person) for other in found] for one in gold])
    together = pairs(alike.reshape(len(gold), len(found)), least=0.0)
    return [(gold[row], found[column]) for row, column in together]


def has_right_speakers(gold: Marked, found: Marked) -> bool:
    """Whether exactly the speakers are found."""
    own, theirs = ([party for party in one.parties if party.role == "speaker"] for one in (gold, found))
    return len(own) == len(theirs) == len(paired_parties(own, theirs))


def has_right_actors(gold: Marked, found: Marked) -> bool:
    """Whether exactly the actors are found, whatever their roles."""
    return len(gold.parties) == len(found.parties) == len(paired_parties(gold.parties, found.parties))


def span_scores(articles: Sequence[Comparison]) -> list[Score]:
    """Whether statements are found where they are: exactly; at half overlap; and by mode.

    Of a mode: recall over the gold statements that have it, precision over the found ones that are said to.
    """
    exact = [_span_tally(article, pair) for article, pair in _all_pairs(articles, EXACT)]
    halves = _all_pairs(articles, HALF)
    scores = [_score("spans, exact", exact), _score("spans, overlap 0.5", [_span_tally(*each) for each in halves])]
    for mode in MODES:
        of_mode = [_span_tally(article, pair, mode) for article, pair in halves]
        scores.append(_score(f"spans, overlap 0.5: {mode}", of_mode))
    both = [(article, gold, found) for article, (gold, found) in halves if gold and found]
    return [*scores, _share("mode, where the span is found", both, lambda gold, found: gold.mode == found.mode)]


def actor_scores(articles: Sequence[Comparison]) -> list[Score]:
    """Whether gold statements have the right actors. articles: with gold's spans on both sides, in the same order.

    Speakers are scored where gold says who speaks.
    """
    both = [(one, gold, found) for one in articles for gold, found in zip(one.gold, one.found, strict=True)]
    scores = [_share("all actors", both, has_right_actors)]
    if all(party.role for _, gold, _ in both for party in gold.parties):
        scores.append(_share("speakers", both, has_right_speakers))
        for mode in MODES:
            of_mode = [each for each in both if each[1].mode == mode]
            scores.append(_share(f"speakers: {mode}", of_mode, has_right_speakers))
    return [*scores, _score("(statement, actor) rows", [_row_tally(*each, lambda gold, found: True) for each in both])]


def end_to_end_scores(articles: Sequence[Comparison]) -> list[Score]:
    """Whether found (statement, actor) and (statement, actor, label) rows are right: the span at half overlap, and the rest."""
    found = [(article, *pair) for article, pair in _all_pairs(articles, HALF)]
    scores = [_score("(statement, actor)", [_row_tally(*each, lambda gold, found: True) for each in found])]
    if any(party.label for _, _, one in found if one for party in one.parties):
        labelled = [_row_tally(*each, lambda gold, found: gold.label == found.label) for each in found]
        scores.append(_score("(statement, actor, label)", labelled))
    return scores


def _all_pairs(articles: Sequence[Comparison], least: float) -> list[tuple[Comparison, Pair]]:
    return [(article, pair) for article in articles for pair in matched(article, least=least)]


def _paragraph(article: Comparison, gold: Marked | None, found: Marked | None) -> str:
    one = gold or found
    return f"{article.doc_id}:{paragraph_at(article.content, one.start) if one else 0}"


def _span_tally(article: Comparison, pair: Pair, mode: Mode | None = None) -> Tally:
    gold, found = (one is not None and mode in (None, one.mode) for one in pair)
    right = None not in pair
    return _paragraph(article, *pair), right and gold, gold, right and found, found


def _row_tally(article: Comparison, gold: Marked | None, found: Marked | None, is_right: Callable[[Party, Party], bool]) -> Tally:
    own, theirs = gold.parties if gold else (), found.parties if found else ()
    right = sum(is_right(one, other) for one, other in paired_parties(own, theirs))
    return _paragraph(article, gold, found), right, len(own), right, len(theirs)


def _share(name: str, both: Sequence[tuple[Comparison, Marked, Marked]], is_right: Callable[[Marked, Marked], bool]) -> Score:
    """Of gold statements, the share that is right."""
    tallies = [(_paragraph(article, gold, found), is_right(gold, found), 1, 0, 0) for article, gold, found in both]
    return replace(_score(name, tallies), found=None, precision=None, f1=None)


def _score(name: str, tallies: Sequence[Tally]) -> Score:
    counting = [tally for tally in tallies if any(tally[1:])]
    if not counting:
        return Score(name, 0, 0, None)
    sums = cluster_sums(np.array([tally[1:] for tally in counting], dtype=float), [tally[0] for tally in counting])
    drawn, total = bootstrap(sums), sums.sum(axis=0)
    recall, precision, f1 = (
        drawn.interval(value) if not np.isnan(value(total)) else None for value in (_recall, _precision, _f1)
    )
    return Score(name, int(total[GOLD]), int(total[FOUND]), recall, precision, f1, len(sums))


def _ratio(above: Array, below: Array) -> Array:
    return np.asarray(np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0))


def _recall(totals: Array) -> Array:
    return _ratio(totals[..., RIGHT_GOLD], totals[..., GOLD])


def _precision(totals: Array) -> Array:
    return _ratio(totals[..., RIGHT_FOUND], totals[..., FOUND])


def _f1(totals: Array) -> Array:
    """What is right on both sides, over what there is on both: 2 pairs over gold and found, where each right one is of a pair."""
    return _ratio(totals[..., RIGHT_GOLD] + totals[..., RIGHT_FOUND], totals[..., GOLD] + totals[..., FOUND])
