import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from stancelab.dataset import Dataset
from stancelab.labels import scheme_named
from stancelab.metrics import METRICS
from stancelab.perturbations import ABLATIONS, PERTURBATIONS
from stancelab.questions import CHANGED, ORIGINAL
from stancelab.robustness import EVERY, contrast_rates, corrected, perturbation_rates

SCHEME = scheme_named("favor-against-none")
ITEMS = pd.DataFrame(
    [
        ("a", "a", "base", "favor"),
        ("b", "b", "base", "against"),
        ("c", "c", "base", "none"),
        ("a1", "a", "negation-flip", "against"),
        ("b1", "b", "negation-flip", "favor"),
        ("c1", "c", "negation-flip", "favor"),
        ("a2", "a", "tense", "favor"),
        ("d1", "d", "tense", "favor"),
    ],
    columns=["id", "group", "category", "label"],
)


def answers_of(labels, variant=CHANGED, ids=None):
    return pd.DataFrame({"id": list(ids if ids is not None else ITEMS["id"]), "variant": variant, "label": labels})


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    for name, defaults in (("bootstrap", {"draws": 500, "seed": 0}), ("compare", {"draws": 500})):
        monkeypatch.setattr(f"stancelab.robustness.{name}.__kwdefaults__", defaults)


def rates_of(labels):
    return {rate.category: rate for rate in contrast_rates("r", answers_of(labels), ITEMS)}


def test_contrast_rates_worked_by_hand():
    #                 a       b          c       a1         b1         c1       a2       d1 (its base was left out)
    found = rates_of(["favor", "against", "favor", "against", "against", "favor", "favor", "favor"])
    assert list(found) == ["base", "negation-flip", "tense", EVERY]
    assert {name: (rate.items, rate.clusters) for name, rate in found.items()} == {
        "base": (3, 3),
        "negation-flip": (3, 3),
        "tense": (2, 2),
        EVERY: (5, 4),
    }
    assert found["base"].right.value == pytest.approx(2 / 3)
    assert (found["base"].passed, found["base"].versus_base) == (None, None)
    assert found["negation-flip"].right.value == pytest.approx(2 / 3)
    assert found["negation-flip"].passed.value == pytest.approx(1 / 3)
    assert found["negation-flip"].versus_base.difference.value == pytest.approx(0)
    assert (found["tense"].right.value, found["tense"].passed.value) == (1, 1)
    assert found[EVERY].right.value == pytest.approx(4 / 5)
    assert found[EVERY].passed.value == pytest.approx(2 / 4)


def test_no_answer_is_not_passed():
    found = rates_of([None, float("nan"), "none", None, None, None, None, "favor"])
    assert found["base"].right.value == pytest.approx(1 / 3)
    assert found["negation-flip"].right.value == 0
    assert found["tense"].right.value == pytest.approx(1 / 2)
    assert found["tense"].passed.value == 0


def test_a_pair_is_passed_no_more_often_than_its_item_or_its_base():
    generator = np.random.default_rng(0)
    for _ in range(20):
        found = rates_of(generator.choice([*SCHEME.labels, None], len(ITEMS)))["negation-flip"]
        of_bases = found.right.value - found.versus_base.difference.value
        assert found.passed.value <= min(found.right.value, of_bases) + 1e-9
        assert found.passed.value >= found.right.value + of_bases - 1 - 1e-9
        assert 0 <= found.passed.low <= found.passed.value <= found.passed.high <= 1


def test_intervals_are_over_base_items():
    bases = [f"b{number}" for number in range(8)]
    items = pd.DataFrame(
        {"id": [*bases, *(f"x{n}" for n in range(32))], "group": bases * 5, "category": "tense", "label": "favor"}
    )
    items.loc[:7, "category"] = "base"
    together = ["favor" if name in ("b0", "b1", "b2", "b3") else "none" for name in items["group"]]
    apart = ["favor" if number % 2 else "none" for number in range(40)]
    wide, narrow = (
        next(rate for rate in contrast_rates("r", answers_of(given, ids=items["id"]), items) if rate.category == "tense").right
        for given in (together, [*together[:8], *[apart[n // 8] for n in range(32)]])
    )
    assert wide.value == narrow.value == 0.5
    assert wide.high - wide.low > 0.5
    assert narrow.high - narrow.low == 0


GOLD = Dataset(
    "rows",
    "",
    SCHEME,
    pd.DataFrame(
        {
            "id": list("pqrs"),
            "group": ["g", "g", "h", "i"],
            "text": "t",
            "actor": "a",
            "target": "x",
            "label": ["favor", "favor", "against", "none"],
        }
    ),
)


def perturbed(variants):
    parts = [answers_of(labels, name, ids) for name, (ids, labels) in variants.items()]
    return {rate.perturbation: rate for rate in perturbation_rates("r", pd.concat(parts), GOLD, METRICS["accuracy"])}


def test_perturbation_rates_worked_by_hand():
    found = perturbed(
        {
            ORIGINAL: ("pqrs", ["favor", "against", "against", None]),
            "typos": ("pqrs", ["favor", "favor", "none", None]),
            "no-quotes": ("q", ["against"]),
            "target-only": ("pqrs", ["none", "none", "none", "none"]),
        }
    )
    assert list(found) == [ORIGINAL, *PERTURBATIONS]
    original, typos, quotes, ablated, unasked = (found[n] for n in (ORIGINAL, "typos", "no-quotes", "target-only", "lower-case"))
    assert (original.score.value, original.kept, original.versus_original) == (0.5, None, None)
    assert (typos.changed, typos.unchanged, typos.clusters, typos.kept.value, typos.score.value) == (4, 0, 3, 0.25, 0.5)
    assert (quotes.changed, quotes.unchanged, quotes.clusters, quotes.kept.value, quotes.score.value) == (1, 3, 1, 1, 0.5)
    assert (ablated.kept, ablated.score.value, ablated.versus_original.difference.value) == (None, 0.25, -0.25)
    assert (unasked.changed, unasked.kept, unasked.versus_original.difference.value) == (0, None, 0)
    assert {rate.kept for name, rate in found.items() if name in ABLATIONS} == {None}


def test_a_metric_of_probabilities_is_absent_without_them():
    answers = answers_of(["favor"] * 4, ORIGINAL, "pqrs")
    found = perturbation_rates("r", answers, GOLD, METRICS["log_loss"])
    assert {(rate.score, rate.versus_original) for rate in found} == {(None, None)}
    sure = answers.assign(p_favor=0.5, p_against=0.25, p_none=0.25)
    assert perturbation_rates("r", sure, GOLD, METRICS["log_loss"])[0].score.value == pytest.approx(1.0397, abs=1e-4)


def test_all_comparisons_are_one_family():
    first = contrast_rates("r", answers_of(["favor", "against", "none", *["none"] * 5]), ITEMS)
    second = contrast_rates("s", answers_of(["none"] * 8), ITEMS)
    found = corrected([*first, *second], "versus_base")
    made = [rate.versus_base for rate in (*first, *second) if rate.versus_base]
    expected = multipletests([one.p for one in made], method="holm")[1]
    assert [rate.versus_base.p_holm for rate in found if rate.versus_base] == pytest.approx(list(expected))
    assert [rate.model_copy(update={"versus_base": None}) for rate in found] == [
        rate.model_copy(update={"versus_base": None}) for rate in (*first, *second)
    ]
