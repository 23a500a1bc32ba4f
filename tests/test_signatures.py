from dataclasses import fields, replace
from importlib.metadata import version

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stancelab.dataset import Dataset
from stancelab.errors import InputError
from stancelab.labels import scheme_named
from stancelab.metrics import METRICS
from stancelab.signatures import NOTES, TEXTS, Signature, differences, package_version, parse, signature

WHOLE = (
    "tax@0f3a9b21|favor-against|rendered:official-test:target=x|seeds:0,1|prompt:ab12|mcc|interval:bca,clusters,90|stancelab:1"
)
SIGNED = parse(WHOLE)

quick = settings(max_examples=50, deadline=None)
words = st.text(min_size=1, max_size=12)
separators = st.text("%|:()@,=\n x", min_size=1, max_size=6)
names = words | separators
signatures = st.builds(
    Signature,
    dataset=names,
    sha=st.text("0123456789abcdef", min_size=8, max_size=8),
    scheme=names,
    text=st.none() | st.sampled_from(TEXTS),
    protocol=names,
    part=st.none() | names,
    seeds=st.lists(st.integers(0, 99), max_size=3).map(tuple),
    prompt=st.none() | names,
    metric=names,
    choices=st.just("") | names,
    interval=st.integers(1, 20_000).map("bca,clusters,{}".format),
    version=names,
)


def dataset_of(labels):
    rows = {
        "id": [f"r{number}" for number in range(len(labels))],
        "group": "g",
        "text": "words",
        "actor": "who",
        "target": "what",
        "label": labels,
    }
    return Dataset("tiny", "1", scheme_named("favor-against-none"), pd.DataFrame(rows))


@quick
@given(signatures)
def test_a_signature_parses_back(signed):
    assume(signed.text is not None or signed.protocol not in TEXTS)
    assert parse(str(signed)) == signed
    assert "\n" not in str(signed)


@quick
@given(signatures, signatures)
def test_two_signatures_that_differ_read_differently(one, other):
    assert (str(one) == str(other)) == (one == other)


def test_a_signature_names_all_that_decides_a_value():
    dataset = dataset_of(["favor", "none"])
    found = str(signature(dataset, protocol="rendered:by-time-0.8", seeds=[0, 1], metric=METRICS["macro_f1"]))
    rows, metric = f"tiny@{dataset.sha[:8]}|favor-against-none", "macro_f1(absent=0,pooled)|interval:bca,clusters,10000"
    assert found == f"{rows}|rendered:by-time-0.8|seeds:0,1|{metric}|stancelab:{version('stancelab')}"
    asked = str(signature(dataset, protocol="5-fold", seeds=[], metric=METRICS["mcc"], prompt="abcd1234", draws=50))
    assert "|5-fold|seeds:none|prompt:abcd1234|mcc|interval:bca,clusters,50|" in asked
    assert package_version() == version("stancelab")


@pytest.mark.parametrize("column", ["id", "group", "text", "actor", "target", "label"])
def test_a_signature_changes_with_the_rows(column):
    one, other = dataset_of(["favor", "none"]), dataset_of(["favor", "none"])
    other.rows.loc[0, column] = "against"
    signed = [signature(dataset, protocol="as-given", seeds=[], metric=METRICS["mcc"]) for dataset in (one, other)]
    assert [entry.part for entry in differences(*signed)] == ["sha"]


def test_a_part_of_predictions_as_given_is_a_part():
    signed = signature(dataset_of(["favor"]), protocol="as-given:target=a:b|c", seeds=[], metric=METRICS["mcc"])
    assert (signed.text, signed.protocol, signed.part) == (None, "as-given", "target=a:b|c")
    assert "|as-given:target=a%3Ab%7Cc|" in str(signed)
    assert signed.division == "as-given:target=a:b|c"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("|interval:bca,clusters,90", "", "7 parts|expected interval:"),
        ("|interval:bca,clusters,90|stancelab:1", "", r"6 parts, expected DATASET@SHA\|SCHEME\|TEXT:PROTOCOL"),
        ("tax@0f3a9b21", "tax@0f3a", "'tax@0f3a': expected DATASET@SHA with the first 8 digits"),
        ("seeds:", "seed:", r"'seed:0,1': expected seeds:..., got 'seed'; did you mean 'seeds'\?"),
        ("seeds:0,1", "seeds:0,one", "'0,one': expected seeds:0,1 or seeds:none"),
        ("seeds:0,1", "seeds:", "nothing stands behind seeds:"),
        ("prompt:", "promt:", r"'promt:ab12': expected prompt:..., got 'promt'; did you mean 'prompt'\?"),
        ("mcc", "mcc(", r"'mcc\(': expected METRIC or METRIC\(CHOICES\)"),
        ("bca,clusters,90", "bca,clusters", "'bca,clusters': expected interval:METHOD,UNIT,DRAWS"),
        ("bca,clusters,90", "bca,clusters,0", "'bca,clusters,0': expected interval:METHOD,UNIT,DRAWS"),
        ("stancelab:1", "other:1", "'other:1': expected stancelab:"),
        ("rendered:official-test:target=x", "", "'': expected TEXT:PROTOCOL or as-given"),
        ("favor-against|", "|", "'': expected a label scheme"),
    ],
)
def test_a_malformed_signature_is_refused_at_its_place(old, new, message):
    with pytest.raises(InputError, match=message):
        parse(WHOLE.replace(old, new))


OTHER = {"sha": "11111111", "seeds": (7,), "interval": "bca,clusters,9", "text": "verbatim", "protocol": "by-time-0.8"}


@pytest.mark.parametrize("field", [field.name for field in fields(Signature)])
def test_what_decides_a_value_makes_scores_incomparable_and_the_rest_does_not(field):
    [found] = differences(SIGNED, replace(SIGNED, **{field: OTHER.get(field, "another")}))
    assert found.part == field
    assert found.comparable == (field in {"dataset", "seeds", "prompt", "interval", "version"})
    assert found.comparable == (field in NOTES)


def test_nothing_differs_in_one_signature():
    assert differences(SIGNED, parse(WHOLE)) == []


def test_differences_say_what_stands_on_either_side():
    found = differences(SIGNED, replace(SIGNED, seeds=(), prompt=None))
    assert [str(entry).partition(" (")[0] for entry in found] == ["seeds: 0,1 / none", "prompt: ab12 / none"]


@pytest.mark.parametrize(
    ("other", "comparable"),
    [
        ("stratified-group-k-fold-5x1", True),
        ("stratified-group-k-fold-4x10", False),
        ("stratified-group-k-fold-5x10-8-shots", False),
        ("leave-one-actor-out", False),
        ("5-fold", False),
    ],
)
def test_more_repeats_of_one_division_are_comparable(other, comparable):
    signed = replace(SIGNED, protocol="stratified-group-k-fold-5x10")
    [found] = differences(signed, replace(signed, protocol=other))
    assert found.comparable == comparable
