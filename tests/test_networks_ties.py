from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.networks.counts import DUPLICATES, count
from stancelab.networks.statements import Statements, statements_of
from stancelab.networks.ties import PAIR_KINDS, affiliation_ties, pair_ties
from stancelab.tables import Table

LABELS = ("favor", "against", "neutral")
ROW = st.fixed_dictionaries(
    {
        "doc_id": st.sampled_from(["d1", "d2", "d3"]),
        "actor": st.sampled_from(["Ann", "Bo", "Cy", "Di"]),
        "target": st.sampled_from(["s", "t", "u"]),
        "label": st.sampled_from([*LABELS, "favor", "against"]),
    }
)
ROWS = st.lists(ROW, min_size=1, max_size=25)


def statements(rows: list[dict[str, str]]) -> Statements:
    columns = ("doc_id", "actor", "target", "label")
    return statements_of(Table(Path("t.jsonl"), columns, tuple(rows), tuple(map(str, range(len(rows))))))


def said(*entries: str) -> list[dict[str, str]]:
    """Rows from words like "d1 Ann tax favor"."""
    return [dict(zip(("doc_id", "actor", "target", "label"), entry.split(), strict=True)) for entry in entries]


WORKED = said(
    "d1 Ann s favor",
    "d1 Ann s favor",
    "d2 Ann s against",
    "d2 Ann t against",
    "d1 Bo s favor",
    "d3 Bo s against",
    "d3 Bo s against",
    "d3 Bo s against",
    "d3 Bo u favor",
    "d3 Cy s neutral",
)


def tie(rows: list[dict[str, str]], kind: str, normalisation: str = "no", duplicates: str = "all") -> float:
    """Between Ann and Bo."""
    known = statements(rows)
    counts = count(known, known.stance[:, None], duplicates=duplicates, sides=kind != "ignore")  # type: ignore[arg-type]
    ann, bo = known.actors.index("Ann"), known.actors.index("Bo")
    return float(pair_ties(kind, counts, counts, normalisation)[0, ann, bo])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "normalisation", "expected"),
    [
        # Ann: s 2 for, 1 against; t 1 against. Bo: s 1 for, 3 against; u 1 for.
        ("congruence", "no", 2 * 1 + 1 * 3),
        ("conflict", "no", 2 * 3 + 1 * 1),
        ("subtract", "no", 5 - 7),
        ("ignore", "no", 3 * 4),
        ("congruence", "average", 5 / ((4 + 5) / 2)),
        ("conflict", "average", 7 / 4.5),
        ("subtract", "average", -2 / 4.5),
        ("ignore", "average", 12 / 4.5),
        # Only Ann: t against, 1. Only Bo: u for, 1. Both: s for 2 * 1, s against 1 * 3.
        ("congruence", "jaccard", 5 / (1 + 1 + 5)),
        ("subtract", "jaccard", -2 / 7),
        ("congruence", "cosine", 5 / (4 * 5)),
        ("conflict", "cosine", 7 / 20),
    ],
)
def test_the_manual_s_formulas_worked_by_hand(kind: str, normalisation: str, expected: float):
    assert tie(WORKED, kind, normalisation) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "duplicates", "expected"),
    [
        # Once a document: Ann s 1 for, 1 against; t 1 against. Bo: s 1 for, 1 against; u 1 for.
        ("congruence", "document", 2),
        ("conflict", "document", 2),
        # The side ignored: Ann speaks of s in d1 and d2, Bo in d1 and d3.
        ("ignore", "document", 4),
        ("ignore", "window", 1),
        ("congruence", "window", 2),
    ],
)
def test_identical_statements_count_once_where_asked(kind: str, duplicates: str, expected: float):
    assert tie(WORKED, kind, duplicates=duplicates) == expected


def test_affiliations_worked_by_hand():
    known = statements(WORKED)
    counts = count(known, known.stance[:, None])
    net, together = affiliation_ties(counts)
    assert net[0].tolist() == [[1, -1, 0], [-2, 0, 1], [0, 0, 0]]
    assert together[0].tolist() == [[3, 1, 0], [4, 0, 1], [0, 0, 0]]
    assert affiliation_ties(counts, "activity")[0][0].tolist() == [[1 / 4, -1 / 4, 0], [-2 / 5, 0, 1 / 5], [0, 0, 0]]
    assert affiliation_ties(counts, "prominence")[1][0].tolist() == [[3 / 7, 1, 0], [4 / 7, 0, 1], [0, 0, 0]]


def naive_counts(rows: list[dict[str, str]], duplicates: str, sides: bool) -> dict[tuple[str, str, str], int]:
    """Statements by actor, target and side, one row after the other."""
    counts: dict[tuple[str, str, str], int] = {}
    seen = set()
    for number, row in enumerate(rows):
        if row["label"] not in ("favor", "against"):
            continue
        cell = (row["actor"], row["target"], row["label"] if sides else "said")
        unit = (*cell, {"all": str(number), "document": row["doc_id"], "window": ""}[duplicates])
        if unit not in seen:
            seen.add(unit)
            counts[cell] = counts.get(cell, 0) + 1
    return counts


def naive_tie(x: dict[tuple[str, str, str], int], i: str, j: str, kind: str, normalisation: str) -> float:
    """The manual's sums, written as loops."""
    names, sides = ("s", "t", "u"), ("favor", "against", "said")
    value = 0.0
    for name, k, l in product(names, sides, sides):  # noqa: E741
        both = x.get((i, name, k), 0) * x.get((j, name, l), 0)
        same, apart = k == l, k != l
        value += both * {"congruence": same, "conflict": apart, "subtract": same - apart, "ignore": 1}[kind]
    said = [sum(number for (actor, _, _), number in x.items() if actor == one) for one in (i, j)]
    norm = {"no": 1.0, "average": sum(said) / 2, "cosine": said[0] * said[1]}.get(normalisation)
    if normalisation == "jaccard":
        norm = 0.0
        for name, k in product(names, sides):
            own, other = x.get((i, name, k), 0), x.get((j, name, k), 0)
            norm += own * (other == 0) + other * (own == 0) + own * other
    return value / norm if norm else 0.0


@given(ROWS, st.sampled_from(PAIR_KINDS), st.sampled_from(["no", "average", "jaccard", "cosine"]), st.sampled_from(DUPLICATES))
def test_matrix_products_are_the_loops(rows, kind, normalisation, duplicates):
    known = statements(rows)
    counts = count(known, known.stance[:, None], duplicates=duplicates, sides=kind != "ignore")
    found = pair_ties(kind, counts, counts, normalisation)[0]
    x = naive_counts(rows, duplicates, kind != "ignore")
    for (a, i), (b, j) in product(enumerate(known.actors), repeat=2):
        assert found[a, b] == pytest.approx(naive_tie(x, i, j, kind, normalisation))


@given(ROWS)
def test_congruence_and_conflict_share_out_what_is_said_of_the_same(rows):
    known = statements(rows)
    counts = count(known, known.stance[:, None])
    congruence, conflict, subtract, ignore = (pair_ties(kind, counts, counts)[0] for kind in PAIR_KINDS)
    assert (congruence + conflict == ignore).all()
    assert (congruence - conflict == subtract).all()
    assert all((ties == ties.T).all() for ties in (congruence, conflict, subtract, ignore))


@given(ROWS)
def test_changing_all_sides_changes_no_pair(rows):
    other = {"favor": "against", "against": "favor", "neutral": "neutral"}
    one, two = statements(rows), statements([{**row, "label": other[row["label"]]} for row in rows])
    for kind in PAIR_KINDS:
        found = [pair_ties(kind, x, x, "average") for x in (count(known, known.stance[:, None]) for known in (one, two))]
        assert (found[0] == found[1]).all()


@given(ROWS)
def test_targets_tied_by_actors_are_actors_tied_by_targets_with_the_names_changed_over(rows):
    turned = [{**row, "actor": row["target"], "target": row["actor"]} for row in rows]
    one, two = (count(known, known.stance[:, None]) for known in (statements(rows), statements(turned)))
    across = one.transpose(0, 2, 1, 3)
    assert np.array_equal(pair_ties("subtract", across, across, "jaccard"), pair_ties("subtract", two, two, "jaccard"))
