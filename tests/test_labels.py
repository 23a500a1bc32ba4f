"""Are the declared schemes and crosswalks what they say, and are labels read strictly?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.labels import (
    POSITION_LABELS,
    POSITIONS,
    LabelScheme,
    crosswalk_between,
    crosswalks,
    scheme_named,
    schemes,
    smallest_scheme,
)

OWN = "favor-against-neutral-unrelated"

every_scheme = pytest.mark.parametrize("scheme", schemes().values(), ids=list(schemes()))
every_crosswalk = pytest.mark.parametrize("walk", crosswalks().values(), ids=["--".join(pair) for pair in crosswalks()])


def test_the_declared_schemes():
    assert {name: scheme.labels for name, scheme in schemes().items()} == {
        "agree-disagree-discuss-unrelated": ("agree", "disagree", "discuss", "unrelated"),
        "agree-disagree-neutral": ("agree", "disagree", "neutral"),
        "agreement": ("true", "false"),
        "favor-against": ("favor", "against"),
        "favor-against-neutral-unrelated": ("favor", "against", "neutral", "unrelated"),
        "favor-against-none": ("favor", "against", "none"),
        "positive-negative-neutral": ("positive", "negative", "neutral"),
        "pro-con-neutral": ("pro", "con", "neutral"),
        "support-deny-query-comment": ("support", "deny", "query", "comment"),
        "support-undermine": ("support", "undermine"),
    }


@every_scheme
def test_a_scheme_names_each_label_once(scheme):
    assert len(set(scheme.labels)) == len(scheme.labels) >= 2


@every_scheme
def test_a_schemes_sides_are_two_of_its_labels(scheme):
    assert {scheme.favor, scheme.against} <= set(scheme.labels)
    assert scheme.favor != scheme.against


@every_scheme
def test_a_scheme_says_where_it_comes_from(scheme):
    assert scheme.note.strip()


@every_scheme
def test_codes_are_positions_in_the_scheme(scheme):
    assert scheme.codes(scheme.labels) == list(range(len(scheme.labels)))


@given(st.lists(st.sampled_from(["favor", "against", "none"])))
def test_codes_round_trip(labels):
    scheme = schemes()["favor-against-none"]
    assert [scheme.labels[code] for code in scheme.codes(labels)] == labels


def test_codes_refuse_a_misspelt_label():
    with pytest.raises(InputError, match=r"scheme 'favor-against-none'.*'agianst'; did you mean 'against'"):
        schemes()["favor-against-none"].codes(["favor", "agianst"])


def test_a_label_in_another_case_is_another_label():
    with pytest.raises(InputError, match="'Favor'; did you mean 'favor'"):
        schemes()["favor-against-none"].codes(["Favor"])


@every_crosswalk
def test_a_crosswalk_joins_two_declared_schemes(walk):
    assert {walk.source, walk.target} <= set(schemes())
    assert walk.source != walk.target


@every_crosswalk
def test_a_crosswalk_maps_only_between_labels_of_its_schemes(walk):
    assert set(walk.map) <= set(schemes()[walk.source].labels)
    assert set(walk.map.values()) <= set(schemes()[walk.target].labels)


@every_crosswalk
def test_every_source_label_is_mapped_or_declared_dropped(walk):
    unmapped = set(schemes()[walk.source].labels) - set(walk.map)
    assert not unmapped or "dropped" in walk.note
    assert [label for label in unmapped if label not in walk.note] == []


@every_crosswalk
def test_every_target_label_is_reached_or_named_in_the_note(walk):
    unreached = set(schemes()[walk.target].labels) - set(walk.map.values())
    assert [label for label in unreached if label not in walk.note] == []


@every_crosswalk
def test_a_crosswalk_keeps_the_sides(walk):
    source, target = schemes()[walk.source], schemes()[walk.target]
    assert (walk(source.favor), walk(source.against)) == (target.favor, target.against)


@every_crosswalk
def test_a_crosswalk_that_merges_or_drops_says_lossy(walk):
    keeps_all = len(set(walk.map.values())) == len(schemes()[walk.source].labels)
    assert keeps_all or walk.note.startswith("Lossy")


def test_unrelated_has_no_value_in_the_agreement_scheme():
    assert crosswalk_between(OWN, "agreement")("unrelated") is None


def test_neutral_and_unrelated_become_none():
    walk = crosswalk_between(OWN, "favor-against-none")
    assert [walk(label) for label in schemes()[OWN].labels] == ["favor", "against", "none", "none"]


@every_scheme
def test_a_scheme_maps_to_itself_without_loss(scheme):
    walk = crosswalk_between(scheme.name, scheme.name)
    assert [walk(label) for label in scheme.labels] == list(scheme.labels)


def test_no_crosswalk_runs_backwards():
    with pytest.raises(InputError, match=f"no crosswalk from scheme 'favor-against-none' to '{OWN}'.*: none"):
        crosswalk_between("favor-against-none", OWN)


def test_a_missing_crosswalk_names_the_declared_ones():
    with pytest.raises(InputError, match=f"declared from '{OWN}': .*pro-con-neutral"):
        crosswalk_between(OWN, "pro-con")


def test_an_unknown_scheme_names_place_and_nearest():
    with pytest.raises(
        InputError, match=r"^a.toml:2: unknown label scheme 'favour-against-none'; did you mean 'favor-against-none'"
    ):
        scheme_named("favour-against-none", where="a.toml:2")


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        (["favor", "against"], "favor-against"),
        (["none"], "favor-against-none"),
        (["neutral"], "agree-disagree-neutral"),
        (["con", "neutral"], "pro-con-neutral"),
        (["support"], "support-undermine"),
        (["support", "deny"], "support-deny-query-comment"),
        (["favor", "unrelated"], OWN),
        (["true"], "agreement"),
    ],
)
def test_smallest_scheme_among_the_declared(labels, name):
    assert smallest_scheme(labels).name == name


def test_labels_of_no_declared_scheme_make_one_in_sorted_order():
    assert smallest_scheme(["left", "centre", "left"]) == LabelScheme("as-found", ("centre", "left"))


@given(st.permutations(["favor", "against", "neutral", "unrelated"]))
def test_smallest_scheme_minds_no_order(labels):
    assert smallest_scheme(labels) == schemes()[OWN]


def test_every_position_goes_with_labels_of_the_projects_scheme():
    assert set(POSITION_LABELS) == set(POSITIONS)
    labels = [label for position in POSITIONS for label in POSITION_LABELS[position]]
    assert set(labels) == set(schemes()[OWN].labels)
