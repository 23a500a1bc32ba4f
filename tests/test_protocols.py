import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stancelab.errors import InputError
from stancelab.protocols import OPTIONS, Protocol, protocol_named, protocol_of, same_division

quick = settings(max_examples=30, deadline=None)
LEAVE_ONE_ACTOR_OUT = Protocol(kind="leave-one-actor-out")
LEAVE_ONE_TARGET_OUT = Protocol(kind="leave-one-target-out")


def k_fold(folds, repeats=1, shots=None):
    return Protocol(kind="stratified-group-k-fold", folds=folds, repeats=repeats, shots=shots)


def official(train, test, **options):
    return Protocol(kind="official", train=train, test=test, **options)


def by_time(share):
    return Protocol(kind="by-time", share=share)


def cross_corpus(*train_on, most=None):
    return Protocol(kind="cross-corpus", train_on=list(train_on), most=most)


def test_protocols_name_themselves():
    assert k_fold(5, repeats=10).name == "stratified-group-k-fold-5x10"
    assert LEAVE_ONE_ACTOR_OUT.name == "leave-one-actor-out"


def test_the_number_of_repeats_is_named_with_default_folds_too():
    once, often = (Protocol(kind="stratified-group-k-fold", repeats=repeats) for repeats in (1, 10))
    assert once.name != often.name


def test_an_unknown_kind_of_protocol_is_refused():
    with pytest.raises(ValidationError, match="leave-one-actor-out"):
        Protocol(kind="k-fold", folds=5)


GIVEN = {"folds": 3, "repeats": 2, "train": ["dev"], "test": ["dev"], "share": 0.5, "train_on": ["a"], "most": 9, "shots": 8}


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("option", GIVEN)
def test_options_belong_to_their_kind(kind, option):
    needed = {"train_on": ["b"]} if kind == "cross-corpus" else {}
    shots = {"shots": 8} if (kind, option) == ("official", "repeats") else {}
    given = {"kind": kind, **needed, **shots, option: GIVEN[option]}
    if option in OPTIONS[kind]:
        assert getattr(Protocol(**given), option) == GIVEN[option]
    else:
        with pytest.raises(InputError, match=f"^{kind} has no '{option}'; its options: {', '.join(OPTIONS[kind]) or 'none'}$"):
            protocol_of(**given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "by-tiem"}, "unknown kind 'by-tiem'; did you mean 'by-time'"),
        ({"kind": "official", "train": ["dev", "a"], "test": ["a"]}, "^split 'a' would be trained on and tested$"),
        ({"kind": "official", "test": ["dev", "dev"]}, "^a name stands twice in test: dev, dev$"),
        ({"kind": "official", "test": []}, "key 'test': List should have at least 1 item"),
        ({"kind": "cross-corpus"}, "^cross-corpus needs train_on, the corpora to train on$"),
        ({"kind": "cross-corpus", "train_on": ["a", "b", "a"]}, "^a name stands twice in train_on: a, b, a$"),
        ({"kind": "cross-corpus", "train_on": ["a"], "most": 1}, "key 'most': .*greater than or equal to 2, got 1"),
        (
            {"kind": "official", "repeats": 5},
            "^official repeats a draw of shots, and there is none: name shots, or leave repeats",
        ),
        ({"kind": "official", "shots": 0}, "key 'shots': .*greater than or equal to 1, got 0"),
        ({"kind": "by-time", "share": 1.0}, "key 'share': .*less than 1, got 1.0"),
        ({"kind": "by-time", "shar": 0.5}, "unknown key 'shar'; did you mean 'share'"),
    ],
)
def test_options_that_cannot_be(options, message):
    with pytest.raises(InputError, match=message):
        protocol_of(**options)


@st.composite
def protocols(draw):
    names = st.lists(st.sampled_from(["dev", "test", "train", "trial"]), min_size=1, max_size=2, unique=True)
    most = st.none() | st.integers(2, 2000)
    values = {
        "folds": st.integers(2, 20),
        "repeats": st.integers(1, 20),
        "train": names,
        "test": names,
        "share": st.integers(1, 9999).map(lambda number: number / 10000),
        "train_on": names,
        "most": most,
        "shots": st.none() | st.integers(1, 64),
    }
    kind = draw(st.sampled_from(sorted(OPTIONS)))
    options = {name: draw(values[name]) for name in OPTIONS[kind]}
    assume(kind != "official" or set(options["train"]).isdisjoint(options["test"]))
    assume(kind != "official" or options["shots"] or options["repeats"] == 1)
    return Protocol(kind=kind, **options)


@st.composite
def thinned_or_whole(draw):
    protocol, share = draw(protocols()), draw(st.none() | st.sampled_from([0.2, 0.25, 0.8]))
    return protocol.thinned(share, repeats=protocol.repeats) if share else protocol


@settings(max_examples=200, deadline=None)
@given(thinned_or_whole(), thinned_or_whole())
def test_two_protocols_differ_in_name_and_title(one, other):
    assume(one != other)
    assert one.name != other.name
    assert one.title != other.title


@settings(max_examples=200, deadline=None)
@given(protocols())
def test_a_protocol_is_found_again_by_its_name(protocol):
    assert protocol_named(protocol.name) == protocol


@pytest.mark.parametrize(
    "name",
    [
        "leave-one-actor",
        "stratified-group-k-fold-5",
        "stratified-group-k-fold-05x1",
        "by-time-0.80",
        "official-test-from-train",
        "official-a+b-from-train+b",
        "trained-on-",
        "leave-one-corpus-out-1-rows",
    ],
)
def test_a_name_of_no_protocol_is_refused(name):
    with pytest.raises(InputError, match=r"unknown protocol|trained on and tested|Input should be greater"):
        protocol_named(name)


def test_protocols_that_differ_in_repeats_divide_alike():
    assert same_division("official-test-8-shots-x3", "official-test-8-shots")
    assert not same_division("official-test-8-shots-x3", "official-test-4-shots")
    assert same_division("5-fold", "5-fold")
    assert not same_division("5-fold", "leave-one-actor-out")


@quick
@given(protocols())
def test_a_protocol_survives_being_written(protocol):
    assert Protocol.model_validate(json.loads(json.dumps(protocol.model_dump()))) == protocol
    assert Protocol.model_validate(protocol.model_dump(exclude_defaults=True)) == protocol


@pytest.mark.parametrize(
    ("protocol", "name", "title"),
    [
        (official(["train"], ["test"]), "official-test", "official split test, trained on train"),
        (
            official(["train", "trial"], ["test"]),
            "official-test-from-train+trial",
            "official split test, trained on train + trial",
        ),
        (
            official(["train"], ["test"], shots=8, repeats=5),
            "official-test-8-shots-x5",
            "official split test, trained on train, at most 8 training rows of each label, drawn 5 times",
        ),
        (
            k_fold(5, 10, shots=8),
            "stratified-group-k-fold-5x10-8-shots",
            "stratified group k-fold, 5 folds x 10 repeats, at most 8 training rows of each label",
        ),
        (by_time(0.125), "by-time-0.125", "by time, the earliest 12.5% of the statements train"),
        (LEAVE_ONE_TARGET_OUT, "leave-one-target-out", "leave one target out"),
        (
            Protocol(kind="leave-one-corpus-out", most=500),
            "leave-one-corpus-out-500-rows",
            "leave one corpus out, at most 500 training rows of each",
        ),
        (
            cross_corpus("semeval2016", "vast", most=500),
            "trained-on-semeval2016+vast-500-rows",
            "cross-corpus, trained on semeval2016 + vast, at most 500 training rows of each",
        ),
    ],
)
def test_names_and_titles_read_well(protocol, name, title):
    assert (protocol.name, protocol.title) == (name, title)


def test_a_share_of_the_training_statements_is_a_learning_curves_alone():
    with pytest.raises(InputError, match=r"^by-time has no 'training_share'; its options: share"):
        protocol_of(kind="by-time", training_share=0.5)
    assert k_fold(5, 10).thinned(0.4, repeats=3).name == "stratified-group-k-fold-5x3-0.4-of-training"


@pytest.mark.parametrize(
    ("options", "alike"),
    [
        ({"kind": "leave-one-actor-out"}, True),
        ({"kind": "official"}, True),
        ({"kind": "official", "shots": 8}, False),
        ({"kind": "stratified-group-k-fold"}, False),
        ({"kind": "leave-one-corpus-out", "most": 9}, False),
    ],
)
def test_which_kinds_divide_alike_in_every_repeat(options, alike):
    assert Protocol(**options).divides_alike is alike
