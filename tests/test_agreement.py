import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stancelab import agreement as module
from stancelab.agreement import agreement, agreement_of, alpha_of, coincidences
from stancelab.errors import InputError
from stancelab.labels import POSITIONS, scheme_named
from stancelab.records import Annotation

SCHEME = scheme_named("favor-against-neutral-unrelated")
LEVELS = ["nominal", "ordinal"]
VALUES = 4

PUBLISHED = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]

quick = settings(max_examples=50, deadline=None)


@st.composite
def codings(draw, missing=True):
    annotators, units = draw(st.integers(2, 4)), draw(st.integers(1, 10))
    cell = st.integers(-1 if missing else 0, VALUES - 1)
    row = st.lists(cell, min_size=units, max_size=units)
    return np.array(draw(st.lists(row, min_size=annotators, max_size=annotators)))


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(module, "DRAWS", 200)


def alpha(codes, level, values=VALUES):
    return float(alpha_of(coincidences(codes, values).sum(axis=0), level))


def pairable(codes):
    return codes[:, (codes >= 0).sum(axis=0) >= 2]


def can_disagree(codes):
    kept = pairable(codes)
    return len(np.unique(kept[kept >= 0])) >= 2


def annotated(annotator, **labels):
    position_of = {"favor": "advocates", "against": "declines", "neutral": "no-position", "unrelated": "no-position"}
    return [
        Annotation(
            id=unit,
            annotator=annotator,
            round=1,
            codebook="1.0",
            label=label,
            position=position_of[label],
            confidence=3,
            rationale="because",
        )
        for unit, label in labels.items()
    ]


@pytest.mark.parametrize(("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815)])
def test_krippendorffs_published_example(level, expected):
    codes = np.array([[-1 if value is None else value - 1 for value in row] for row in PUBLISHED])
    assert alpha(codes, level, values=5) == pytest.approx(expected, abs=5e-4)
    clusters = [str(unit) for unit in range(12)]
    found = agreement("label", codes, clusters, values=5, level=level, seed=0)
    assert found.alpha.value == pytest.approx(expected, abs=5e-4)


def test_coincidences_worked_by_hand():
    codes = np.array([[0, 0, 1], [0, 1, -1], [1, -1, -1]])
    expected = [[[1, 1], [1, 0]], [[0, 1], [1, 0]], [[0, 0], [0, 0]]]
    assert coincidences(codes, 2).tolist() == expected


def test_alpha_worked_by_hand():
    codes = np.array([[0, 1, 1], [0, 1, 0]])
    assert alpha(codes, "nominal", values=2) == pytest.approx(1 - (2 / 6) / (2 * 3 * 3 / (6 * 5)))


@pytest.mark.parametrize("level", LEVELS)
@quick
@given(codes=codings())
def test_alpha_agrees_with_the_library(level, codes):
    assume(can_disagree(codes))
    data = np.where(codes < 0, np.nan, codes)
    expected = krippendorff.alpha(data, level_of_measurement=level, value_domain=list(range(VALUES)))
    assert alpha(codes, level) == pytest.approx(expected)


@pytest.mark.parametrize("level", LEVELS)
@quick
@given(codes=codings(), seed=st.integers(0, 99))
def test_order_of_annotators_and_units_is_irrelevant(level, codes, seed):
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(generator.permutation(codes, axis=0), axis=1)
    assert alpha(shuffled, level) == pytest.approx(alpha(codes, level))


@quick
@given(codings(), st.permutations(range(VALUES)))
def test_names_of_labels_are_irrelevant(codes, order):
    renamed = np.where(codes < 0, -1, np.array(order)[codes])
    assert alpha(renamed, "nominal") == pytest.approx(alpha(codes, "nominal"))


@quick
@given(codings())
def test_direction_of_an_order_is_irrelevant(codes):
    assert alpha(np.where(codes < 0, -1, VALUES - 1 - codes), "ordinal") == pytest.approx(alpha(codes, "ordinal"))


@pytest.mark.parametrize("level", LEVELS)
@quick
@given(codes=codings())
def test_units_without_a_pair_count_for_nothing(level, codes):
    assert alpha(codes, level) == pytest.approx(alpha(pairable(codes), level))


@pytest.mark.parametrize("level", LEVELS)
@quick
@given(codes=codings())
def test_alpha_is_at_most_one(level, codes):
    assert -1 - 1e-9 <= alpha(codes, level) <= 1


@pytest.mark.parametrize("level", LEVELS)
@quick
@given(row=st.lists(st.integers(0, VALUES - 1), min_size=1, max_size=10))
def test_equal_codings_agree_fully(level, row):
    assert alpha(np.array([row] * 3), level) == 1


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_of_many_draws_is_each_draws_alpha(level):
    generator = np.random.default_rng(0)
    stacked = np.stack([coincidences(generator.integers(-1, 4, size=(3, 12)), VALUES).sum(axis=0) for _ in range(6)])
    np.testing.assert_allclose(alpha_of(stacked, level), [alpha_of(one, level) for one in stacked])


def test_far_apart_values_disagree_more_on_an_ordinal_scale():
    near, far = np.array([[0, 1, 2, 3], [0, 1, 2, 2]]), np.array([[0, 1, 2, 3], [0, 1, 2, 0]])
    assert alpha(near, "ordinal") > alpha(far, "ordinal")


def test_agreement_states_what_it_rests_on():
    codes = np.random.default_rng(1).integers(0, 3, size=(2, 30))
    clusters = [f"g{unit % 10}" for unit in range(30)]
    found = agreement("label", codes, clusters, values=3, level="nominal", seed=0)
    assert (found.field, found.level, found.units, found.clusters, found.annotators) == ("label", "nominal", 30, 10, 2)
    assert found.alpha.low <= found.alpha.value <= found.alpha.high
    assert found == agreement("label", codes, clusters, values=3, level="nominal", seed=0)


def test_full_agreement_has_an_interval_without_width():
    codes = np.array([[0, 1, 2, 0], [0, 1, 2, 0]])
    found = agreement("label", codes, list("abcd"), values=3, level="nominal", seed=0)
    assert (found.alpha.value, found.alpha.low, found.alpha.high) == pytest.approx((1, 1, 1))


def test_one_value_only_cannot_disagree():
    codes = np.array([[1, 1, 1], [1, 1, -1]])
    found = agreement("label", codes, list("abc"), values=3, level="nominal", seed=0)
    assert (found.alpha.value, found.alpha.low, found.alpha.high) == (1, 1, 1)


def test_one_value_in_every_pair_cannot_disagree():
    codes = np.array([[0, 0, 1], [0, 0, -1]])
    found = agreement("label", codes, list("abc"), values=2, level="nominal", seed=0)
    assert found.alpha.value == 1


@pytest.mark.parametrize(
    "codes", [[[0, 1, 0]], [[0, -1], [-1, 1]], [[-1, -1], [-1, -1]]], ids=["one annotator", "no pair", "nothing"]
)
def test_agreement_without_a_pair_is_refused(codes):
    clusters = [str(unit) for unit in range(len(codes[0]))]
    with pytest.raises(InputError, match="two"):
        agreement("label", np.array(codes), clusters, values=2, level="nominal", seed=0)


def test_agreement_of_annotations_covers_label_position_and_each_label():
    annotations = annotated("ann", a="favor", b="against", c="neutral", d="unrelated")
    annotations += annotated("bob", a="favor", b="against", c="unrelated")
    found = agreement_of(annotations, {"a": "g", "b": "g", "c": "h", "d": "h"}, SCHEME, seed=0)
    by_field = {entry.field: entry for entry in found}
    assert list(by_field) == ["label", "position", *(f"label: {label}" for label in SCHEME.labels)]
    assert {entry.level for name, entry in by_field.items() if name != "position"} == {"nominal"}
    assert by_field["position"].level == "ordinal"
    assert by_field["position"].alpha.value == pytest.approx(1)
    assert by_field["label: favor"].alpha.value == pytest.approx(1)
    assert by_field["label: neutral"].alpha.value == pytest.approx(0)
    assert by_field["label: unrelated"].alpha.value == pytest.approx(0)
    assert {(entry.units, entry.clusters, entry.annotators) for entry in found} == {(4, 2, 2)}


def test_agreement_of_annotations_agrees_with_the_library():
    generator = np.random.default_rng(0)
    ids = [f"u{number}" for number in range(20)]
    given_labels = {name: generator.choice(SCHEME.labels, size=20) for name in ("ann", "bob", "cem")}
    annotations = [
        entry
        for name, labels in given_labels.items()
        for entry in annotated(name, **{unit: str(label) for unit, label in zip(ids, labels, strict=True)})
    ]
    found = {
        entry.field: entry.alpha.value for entry in agreement_of(annotations, dict(zip(ids, ids, strict=True)), SCHEME, seed=0)
    }
    codes = [[SCHEME.labels.index(label) for label in labels] for labels in given_labels.values()]
    positions = [[POSITIONS.index(entry.position) for entry in annotations if entry.annotator == name] for name in given_labels]
    domain = list(range(len(POSITIONS)))
    expected = krippendorff.alpha(positions, level_of_measurement="ordinal", value_domain=domain)
    assert found["label"] == pytest.approx(krippendorff.alpha(codes, level_of_measurement="nominal"))
    assert found["position"] == pytest.approx(expected)


def test_order_of_annotations_is_irrelevant():
    annotations = annotated("ann", a="favor", b="against", c="neutral") + annotated("bob", c="neutral", b="favor", a="favor")
    groups = {"a": "g", "b": "h", "c": "i"}
    assert agreement_of(annotations[::-1], groups, SCHEME, seed=0) == agreement_of(annotations, groups, SCHEME, seed=0)
