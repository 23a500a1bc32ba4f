from datetime import date
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.networks.debate import Choices, choices_of, debate
from stancelab.networks.draws import draw_stances
from stancelab.networks.graphs import KINDS
from stancelab.networks.statements import Statements, statements_of
from stancelab.networks.uncertainty import estimate, spread
from stancelab.networks.windows import Window, windows
from stancelab.tables import Table

LABELS = ("favor", "against", "neutral")
ALL = Choices(KINDS)


def statements(*rows: dict[str, Any]) -> Statements:
    columns = dict.fromkeys(name for row in rows for name in row)
    return statements_of(Table(Path("t.jsonl"), tuple(columns), rows, tuple(f"t:{n}" for n in range(len(rows)))))


def row(actor: str, label: str = "favor", *, chances: tuple[float, float] | None = None, **more: Any) -> dict[str, Any]:
    given = {} if chances is None else dict(zip(("p_favor", "p_against", "p_neutral"), (*chances, 1 - sum(chances)), strict=True))
    return {"doc_id": "d", "actor": actor, "target": "t", "label": label, **given, **more}


def graph(known: Statements, kind: str = "congruence", **options: Any) -> "nx.Graph[str]":
    found = debate(known, ALL, seed=0, **options)
    return next(network.graph for network in found.whole.networks if network.kind == kind)


CHANCES = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 4)).map(lambda n: (n[0] / sum(n), n[1] / sum(n)))
PROBABLE = st.builds(
    row,
    st.sampled_from(["Ann", "Bo", "Cy"]),
    st.sampled_from(LABELS),
    chances=st.none() | CHANCES,
    target=st.sampled_from(["s", "t"]),
    doc_id=st.sampled_from(["d", "e"]),
    date=st.sampled_from(["2024-01-01", "2024-01-09", None]),
)


@given(st.lists(PROBABLE, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows, luck):
    mixed = luck.sample(rows, len(rows))
    one, two = (debate(statements(*some), ALL, seed=3, draws=20) for some in (rows, mixed))
    for left, right in zip(one.whole.networks, two.whole.networks, strict=True):
        assert dict(left.graph.nodes) == dict(right.graph.nodes)
        assert list(left.graph.edges(data=True)) == list(right.graph.edges(data=True))
    assert repr(one.whole.polarisation) == repr(two.whole.polarisation)


@given(st.lists(PROBABLE, min_size=1, max_size=12))
def test_every_share_and_bound_is_in_its_place(rows):
    for network in debate(statements(*rows), ALL, seed=0, draws=40).whole.networks:
        for *_, tie in network.graph.edges(data=True):
            assert tie["low"] <= tie["high"]
            assert tie["positive"] + tie["negative"] <= tie["share"] + 1e-12
            assert tie["weight"] > 0


@given(st.lists(PROBABLE, min_size=1, max_size=12))
def test_rows_without_probabilities_have_intervals_without_width(rows):
    certain = [{name: value for name, value in entry.items() if not name.startswith("p_")} for entry in rows]
    found = debate(statements(*certain), ALL, seed=0).whole
    for network in found.networks:
        for *_, tie in network.graph.edges(data=True):
            assert tie["value"] == tie["mean"] == tie["low"] == tie["high"]
            assert tie["share"] == 1
    assert found.polarisation is None or found.polarisation.modularity.low == found.polarisation.modularity.high


def test_probabilities_of_one_are_as_good_as_none():
    sure = statements(
        row("Ann", chances=(1.0, 0.0)), row("Bo", "against", chances=(0.0, 1.0)), row("Cy", "neutral", chances=(0.0, 0.0))
    )
    plain = statements(row("Ann"), row("Bo", "against"), row("Cy", "neutral"))
    for kind in KINDS:
        assert list(graph(sure, kind).edges(data=True)) == list(graph(plain, kind).edges(data=True))


def test_means_of_the_draws_are_the_expected_values():
    """Rows of different actors are independent, so that the mean of a product of counts is the product of their means."""
    rng = np.random.default_rng(5)
    chances = rng.dirichlet([1, 1, 1], 20)[:, :2]
    known = statements(
        *(row(f"actor {n % 4}", chances=(float(f), float(a)), target=f"t{n % 3}") for n, (f, a) in enumerate(chances))
    )
    favor, against = np.zeros((4, 3)), np.zeros((4, 3))
    for n, (f, a) in enumerate(chances):
        favor[n % 4, n % 3] += f
        against[n % 4, n % 3] += a
    same, apart = favor @ favor.T + against @ against.T, favor @ against.T + against @ favor.T
    expected = {"congruence": same, "conflict": apart, "subtract": same - apart, "ignore": same + apart}
    graphs = {network.kind: network.graph for network in debate(known, ALL, seed=0, draws=20_000).whole.networks}
    for kind, matrix in expected.items():
        for i in range(4):
            for j in range(i):
                mean = graphs[kind][f"actor:actor {i}"][f"actor:actor {j}"]["mean"]
                assert mean == pytest.approx(matrix[i, j], abs=0.05)
    mean = graphs["affiliation"]["actor:actor 0"]["target:t0"]["mean"]
    assert mean == pytest.approx((favor - against)[0, 0], abs=0.03)


def test_draws_come_as_often_as_their_probabilities():
    known = statements(row("Ann", chances=(0.5, 0.2)), row("Bo", "against"))
    drawn = draw_stances(known, draws=20_000, seed=1)
    assert [(drawn[0] == side).mean() for side in (1, -1, 0)] == pytest.approx([0.5, 0.2, 0.3], abs=0.01)
    assert set(drawn[1]) == {-1}
    assert (drawn == draw_stances(known, draws=20_000, seed=1)).all()
    assert (drawn != draw_stances(known, draws=20_000, seed=2)).any()


def test_another_row_without_probabilities_changes_no_other_draw():
    rows = [row("Bo", chances=(0.5, 0.2)), row("Cy", chances=(0.3, 0.3))]
    one, two = (draw_stances(statements(*some), draws=50, seed=1) for some in (rows, [row("Ann"), *rows]))
    assert (one == two[1:]).all()


def test_a_tie_tells_how_often_it_is_there_and_which_way():
    tie = graph(statements(row("Ann"), row("Bo", chances=(0.6, 0.3))), "subtract", draws=10_000)["actor:Ann"]["actor:Bo"]
    assert tie["value"] == tie["weight"] == 1
    assert [tie[name] for name in ("share", "positive", "negative", "mean")] == pytest.approx([0.9, 0.6, 0.3, 0.3], abs=0.02)
    assert (tie["low"], tie["high"]) == (-1, 1)


def test_ties_of_the_draws_alone_stand_there_unless_they_are_seldom():
    known = statements(row("Ann"), row("Bo", "neutral", chances=(0.2, 0.0)), row("Cy", "neutral", chances=(0.01, 0.0)))
    found = next(network for network in debate(known, ALL, seed=0).whole.networks if network.kind == "congruence")
    assert list(found.graph.edges) == [("actor:Ann", "actor:Bo")]
    assert found.graph["actor:Ann"]["actor:Bo"]["value"] == 0
    assert found.graph["actor:Ann"]["actor:Bo"]["weight"] == found.graph["actor:Ann"]["actor:Bo"]["mean"] > 0
    assert found.seldom == 2
    assert "actor:Cy" in found.graph


@given(st.lists(PROBABLE, min_size=2, max_size=12))
def test_ties_are_the_same_however_many_are_computed_at_once(rows):
    known = statements(*rows)
    whole = [list(network.graph.edges(data=True)) for network in debate(known, ALL, seed=0, draws=10).whole.networks]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stancelab.networks.graphs.NUMBERS_AT_ONCE", 1)
        patch.setattr("stancelab.networks.polarisation.CELLS_AT_ONCE", 1)
        patch.setattr("stancelab.networks.draws.ROWS_AT_ONCE", 2)
        assert [list(network.graph.edges(data=True)) for network in debate(known, ALL, seed=0, draws=10).whole.networks] == whole


def test_nodes_tell_what_was_said():
    nodes = graph(
        statements(row("Ann"), row("Ann"), row("Ann", "against"), row("Ann", "neutral"), row("Bo", "neutral")), "affiliation"
    ).nodes
    held = nodes["actor:Ann"]
    assert (held["favor"], held["against"], held["other"], held["position"]) == (2, 1, 1, 1 / 3)
    assert (nodes["target:t"]["favor"], nodes["target:t"]["other"]) == (2, 2)
    assert not {"position", "camp"} & set(nodes["actor:Bo"])


def test_mixed_statements_are_a_tie_that_leans_nowhere():
    tie = graph(statements(row("Ann"), row("Ann", "against")), "affiliation")["actor:Ann"]["target:t"]
    assert (tie["value"], tie["weight"], tie["combination"]) == (0, 2, "both")


@pytest.mark.parametrize("label", ["favor", "neutral"])
def test_one_actor_makes_networks_without_pairs(label: str):
    found = debate(statements(row("Ann", label)), ALL, seed=0).whole
    assert [network.graph.number_of_edges() for network in found.networks] == [int(label == "favor"), 0, 0, 0, 0]
    assert found.polarisation.dispersion == (None,)
    assert found.polarisation.modularity.value == 0


def test_rows_that_stand_twice_count_twice():
    known = statements(row("Ann"), row("Ann"), row("Bo"))
    assert graph(known)["actor:Ann"]["actor:Bo"]["value"] == 2


def test_windows_follow_each_other_or_overlap():
    days = [date(2024, 1, 10), None, date(2024, 1, 1)]
    assert [str(window) for window in windows(days, length=5)] == ["2024-01-01--2024-01-05", "2024-01-06--2024-01-10"]
    assert [window.first.day for window in windows(days, length=6, step=2)] == [1, 3, 5]
    assert Window(date(2024, 1, 1), date(2024, 1, 9)).holds(days).tolist() == [False, False, True]


@given(st.lists(st.dates(date(2024, 1, 1), date(2024, 3, 1)), min_size=1), st.integers(1, 40), st.integers(1, 40))
def test_every_day_falls_into_a_window(days, length, step):
    if step > length:
        with pytest.raises(InputError, match="so that no day is passed over"):
            windows(days, length=length, step=step)
        return
    found = windows(days, length=length, step=step)
    assert np.any([window.holds(days) for window in found], axis=0).all()
    if step == length:
        assert np.sum([window.holds(days) for window in found], axis=0).max() == 1


def test_more_windows_than_anybody_reads_are_refused():
    with pytest.raises(InputError, match="more than 500 windows from 2020-01-01 to 2024-01-01"):
        windows([date(2020, 1, 1), date(2024, 1, 1)], length=1)


def test_each_window_is_the_debate_of_its_rows():
    rows = [row("Ann", date="2024-01-01"), row("Bo", date="2024-01-02"), row("Bo", "against", date="2024-01-09"), row("Ann")]
    rows += [row("Cy", date="2024-01-30")]
    found = debate(statements(*rows), ALL, seed=0, window=7)
    assert [len(period.statements.rows) for period in found.windows] == [2, 1, 0, 0, 1]
    alone = debate(statements(*rows[:2]), ALL, seed=0).whole
    for one, other in zip(found.windows[0].networks, alone.networks, strict=True):
        assert list(one.graph.edges(data=True)) == list(other.graph.edges(data=True))
        assert dict(one.graph.nodes) == dict(other.graph.nodes)
    assert found.windows[2].polarisation is None
    assert found.undated == 1


def test_a_window_s_draws_are_the_whole_s():
    rows = [row("Ann", chances=(0.5, 0.5), date="2024-01-01"), row("Bo", date="2024-01-01")]
    rows += [row("Aaron", chances=(0.5, 0.5), target="u", date="2024-02-01")]
    found = debate(statements(*rows), ALL, seed=0, window=7)
    whole, first = (next(n.graph for n in period.networks if n.kind == "subtract") for period in (found.whole, found.windows[0]))
    assert whole["actor:Ann"]["actor:Bo"] == first["actor:Ann"]["actor:Bo"]


def test_windows_without_any_date_are_refused():
    with pytest.raises(InputError, match="no row has a date"):
        debate(statements(row("Ann")), seed=0, window=7)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"kinds": ["congruense"]}, "unknown kind of network 'congruense'; did you mean 'congruence'"),
        ({"among": "actor"}, "unknown nodes to tie 'actor'; did you mean 'actors'"),
        ({"normalisation": "mean"}, "unknown normalisation 'mean'"),
        ({"duplicates": "none"}, "unknown way to count duplicates 'none'"),
        ({"kinds": ["affiliation"], "normalisation": "jaccard"}, "'jaccard' is made for congruence"),
        ({"kinds": ["conflict"], "normalisation": "activity"}, "'activity' is made for affiliation"),
    ],
)
def test_choices_that_do_not_exist_are_refused(choice: dict[str, Any], message: str):
    with pytest.raises(InputError, match=message):
        choices_of(**{"kinds": None, "among": "actors", "normalisation": "no", "duplicates": "all", **choice})


def test_bounds_leave_no_more_than_a_fortieth_outside():
    drawn = np.random.default_rng(0).integers(0, 400, (997, 30)).astype(float)
    kept = drawn.copy()
    found = spread(drawn)
    assert (drawn == kept).all()
    assert ((drawn < found.low).mean(axis=0) <= 0.025).all()
    assert ((drawn > found.high).mean(axis=0) <= 0.025).all()
    assert ((drawn <= found.low).mean(axis=0) >= 0.025).all()
    assert ((drawn >= found.high).mean(axis=0) >= 0.025).all()
    assert all(low in column for low, column in zip(found.low, drawn.T, strict=True))
    assert spread(np.array([[7.0]])).low.tolist() == [7]


def test_draws_without_a_value_do_not_count():
    found = estimate(1.0, np.array([np.nan, 1.0, 3.0]))
    assert (found.mean, found.low, found.high) == (2, 1, 3)
    assert estimate(np.nan, np.array([1.0])) is None
    assert estimate(1.0, np.array([np.nan])) is None
