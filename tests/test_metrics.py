import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    matthews_corrcoef,
    precision_score,
    recall_score,
)

from stancelab.errors import InputError
from stancelab.labels import LabelScheme
from stancelab.metrics import (
    METRICS,
    PER_LABEL,
    VOTE_ENTROPY,
    all_metrics,
    favor_against_f1,
    label_metric,
    macro_f1,
    metric_named,
)
from stancelab.predictions import Predictions

SCHEME = LabelScheme("three", ("favor", "against", "none"), favor="favor", against="against")
SIDELESS = LabelScheme("colours", ("red", "green", "blue"))
NOTHING = 3

OF_LABELS = ["macro_f1", "favor_against_f1", "balanced_accuracy", "mcc", "accuracy"]
OF_VOTES = ["soft_cross_entropy", "jensen_shannon"]
OF_PROBABILITIES = ["log_loss", "brier", *OF_VOTES, "ece"]
SYMMETRIC = [name for name in METRICS if not name.startswith("favor_against_f1")]
MOST = -math.log(np.finfo(float).eps)
BOUNDS = {"mcc": (-1, 1), "log_loss": (0, MOST), "soft_cross_entropy": (0, MOST), "brier": (0, 2)}

quick = settings(max_examples=40, deadline=None)
answers = st.lists(st.tuples(st.integers(0, 2), st.integers(0, NOTHING)), min_size=1, max_size=30)
complete = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30)
seeds = st.integers(0, 10_000)


def keys_of(predicted):
    return tuple((0, repeat) for repeat in range(len(np.atleast_2d(predicted))))


def made(gold, predicted, probabilities=None, scheme=SCHEME, votes=None):
    names = tuple(f"r{number}" for number in range(len(gold)))
    if probabilities is not None:
        probabilities = np.asarray(probabilities, dtype=float)
        probabilities = probabilities if probabilities.ndim == 3 else probabilities[None]
    targets = tuple(f"t{number % 2}" for number in range(len(gold)))
    keys = keys_of(predicted)
    return Predictions(scheme, names, names, np.array(gold), np.atleast_2d(predicted), probabilities, keys, targets, votes)


def drawn(seed, rows=None):
    generator = np.random.default_rng(seed)
    rows = rows or int(generator.integers(1, 40))
    gold = generator.integers(0, 3, size=rows)
    probabilities = generator.dirichlet([0.5] * 3, size=rows)
    predicted = generator.integers(0, 3, size=rows)
    votes = generator.multinomial(4, generator.dirichlet([0.5] * 3, size=rows)) / 4
    return made(gold, predicted, probabilities, votes=votes)


HAND = made([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("macro_f1", (4 / 5 + 1 / 2 + 2 / 3) / 3),
        ("favor_against_f1", (4 / 5 + 1 / 2) / 2),
        ("balanced_accuracy", (2 / 3 + 1 / 2 + 1) / 3),
        ("accuracy", 4 / 6),
        ("mcc", (4 * 6 - 12) / math.sqrt((36 - 14) * (36 - 12))),
        ("precision:favor", 1),
        ("recall:favor", 2 / 3),
        ("f1:favor", 4 / 5),
        ("precision:none", 1 / 2),
        ("recall:none", 1),
    ],
)
def test_label_metrics_worked_by_hand(name, expected):
    assert metric_named(name, SCHEME)(HAND) == pytest.approx(expected)


def test_losses_worked_by_hand():
    predictions = made([0, 2], [0, 1], [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])
    assert METRICS["log_loss"](predictions) == pytest.approx(1.5 * math.log(2))
    assert METRICS["brier"](predictions) == pytest.approx((0.375 + 0.875) / 2)


def test_ece_worked_by_hand():
    predictions = made([0, 1, 2], [0, 0, 2], [[0.95, 0.05, 0], [0.95, 0, 0.05], [0.05, 0.3, 0.65]])
    assert METRICS["ece"](predictions) == pytest.approx((abs(1.9 - 1) + abs(0.65 - 1)) / 3)


def test_ece_keeps_full_confidence_in_the_last_bin():
    predictions = made([0, 1], [0, 0], [[1, 0, 0], [1, 0, 0]])
    assert METRICS["ece"](predictions) == pytest.approx(0.5)


def test_ece_judges_the_most_probable_label_not_the_predicted_one():
    assert METRICS["ece"](made([0], [2], [[1, 0, 0]])) == 0


def test_log_loss_of_an_impossible_truth_is_clipped():
    assert METRICS["log_loss"](made([0], [1], [[0, 1, 0]])) == pytest.approx(-math.log(np.finfo(float).eps))


@quick
@given(answers)
def test_label_metrics_agree_with_scikit_learn(pairs):
    gold, predicted = zip(*pairs, strict=True)
    predictions = made(gold, predicted)
    constant = len({*gold, *predicted}) == 1
    options = {"average": "macro", "zero_division": 0}
    oracles = {
        "macro_f1": f1_score(gold, predicted, labels=[0, 1, 2], **options),
        "favor_against_f1": f1_score(gold, predicted, labels=[0, 1], **options),
        "balanced_accuracy": recall_score(gold, predicted, labels=[0, 1, 2], **options),
        "accuracy": accuracy_score(gold, predicted),
        "mcc": 0 if constant else matthews_corrcoef(gold, predicted),
    }
    for name, expected in oracles.items():
        assert METRICS[name](predictions) == pytest.approx(expected, abs=1e-12), name


@quick
@given(complete)
def test_balanced_accuracy_agrees_with_scikit_learn_where_every_label_occurs(pairs):
    gold, predicted = zip(*[*pairs, (0, 1), (1, 2), (2, 0)], strict=True)
    assert METRICS["balanced_accuracy"](made(gold, predicted)) == pytest.approx(balanced_accuracy_score(gold, predicted))


@quick
@given(answers, st.sampled_from(range(3)))
def test_metrics_of_one_label_agree_with_scikit_learn(pairs, code):
    gold, predicted = zip(*pairs, strict=True)
    oracles = {"precision": precision_score, "recall": recall_score, "f1": f1_score}
    for kind, oracle in oracles.items():
        expected = oracle(gold, predicted, labels=[code], average="macro", zero_division=0)
        assert label_metric(kind, SCHEME.labels[code], SCHEME)(made(gold, predicted)) == pytest.approx(expected), kind


@quick
@given(seeds)
def test_losses_agree_with_scikit_learn(seed):
    predictions = drawn(seed)
    gold, probabilities = predictions.gold, predictions.probabilities[0]
    brier = brier_score_loss(gold, probabilities, labels=[0, 1, 2], scale_by_half=False)
    assert METRICS["log_loss"](predictions) == pytest.approx(log_loss(gold, probabilities, labels=[0, 1, 2]))
    assert METRICS["brier"](predictions) == pytest.approx(brier)


def test_soft_losses_worked_by_hand():
    shares = np.array([[0.5, 0.5, 0], [1, 0, 0], [0, 0, 0]])
    predictions = made([0, 0, 2], [0, 0, 2], [[0.5, 0.25, 0.25], [0.5, 0.5, 0], [1, 0, 0]], votes=shares)
    assert METRICS["soft_cross_entropy"](predictions) == pytest.approx((1.5 + 1) / 2 * math.log(2))
    first = (0.25 * math.log2(0.25 / 0.375) + 0.25 * math.log2(0.25 / 0.125) + 0.5 * math.log2(0.5 / 0.375)) / 2
    second = (math.log2(1 / 0.75) + 0.5 * math.log2(0.5 / 0.75) + 0.5 * math.log2(0.5 / 0.25)) / 2
    assert METRICS["jensen_shannon"](predictions) == pytest.approx((first + second) / 2)
    assert VOTE_ENTROPY(predictions) == pytest.approx(math.log(2) / 2)


@quick
@given(seeds)
def test_soft_losses_agree_with_scipy_and_scikit_learn(seed):
    predictions = drawn(seed)
    told, shares = predictions.probabilities[0], predictions.votes
    rows = np.arange(len(told)).repeat(3)
    codes = np.tile(np.arange(3), len(told))
    expected = log_loss(codes, told[rows], labels=[0, 1, 2], sample_weight=shares.ravel())
    assert METRICS["soft_cross_entropy"](predictions) == pytest.approx(expected)
    assert METRICS["jensen_shannon"](predictions) == pytest.approx((jensenshannon(told, shares, base=2, axis=1) ** 2).mean())
    assert VOTE_ENTROPY(predictions) == pytest.approx(entropy(shares, axis=1).mean())


@quick
@given(seeds)
def test_nothing_gets_below_the_votes_themselves(seed):
    predictions = drawn(seed)
    itself = replace(predictions, probabilities=predictions.votes[None])
    floor = VOTE_ENTROPY(predictions)
    assert METRICS["soft_cross_entropy"](itself) == pytest.approx(floor)
    assert METRICS["jensen_shannon"](itself) == pytest.approx(0)
    assert METRICS["soft_cross_entropy"](predictions) >= floor - 1e-12


@quick
@given(seeds)
def test_unanimous_votes_for_gold_make_the_soft_cross_entropy_the_log_loss(seed):
    predictions = drawn(seed)
    unanimous = replace(predictions, votes=np.eye(3)[predictions.gold])
    assert METRICS["soft_cross_entropy"](unanimous) == pytest.approx(METRICS["log_loss"](predictions))
    assert VOTE_ENTROPY(unanimous) == 0


@quick
@given(seeds)
def test_rows_without_votes_do_not_count(seed):
    predictions = drawn(seed, rows=12)
    voted = np.arange(12) % 3 > 0
    some = replace(predictions, votes=predictions.votes * voted[:, None])
    for name in OF_VOTES:
        assert METRICS[name](some) == pytest.approx(METRICS[name](predictions.where(voted)))


@pytest.mark.parametrize("name", OF_VOTES)
def test_soft_losses_need_votes(name):
    rows = drawn(3)
    for votes in (None, np.zeros_like(rows.votes)):
        with pytest.raises(InputError, match="needs the annotators' votes"):
            METRICS[name](replace(rows, votes=votes))
    nobodys = METRICS[name].value(np.zeros((2, 1, 4)), SCHEME)
    assert np.isnan(nobodys).all()


@quick
@given(seeds)
def test_ece_agrees_with_a_naive_loop(seed):
    predictions = drawn(seed)
    members = [[] for _ in range(10)]
    for truth, row in zip(predictions.gold, predictions.probabilities[0], strict=True):
        members[min(int(row.max() * 10), 9)].append((row.max(), row.argmax() == truth))
    expected = 0.0
    for rows in filter(None, members):
        confidence = sum(share for share, _ in rows) / len(rows)
        accuracy = sum(hit for _, hit in rows) / len(rows)
        expected += len(rows) / len(predictions.gold) * abs(confidence - accuracy)
    assert METRICS["ece"](predictions) == pytest.approx(expected)


@pytest.mark.parametrize("name", METRICS)
@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_row_order_is_irrelevant(name, seed):
    predictions = drawn(seed)
    order = np.random.default_rng(seed + 1).permutation(len(predictions.gold))
    shuffled = made(predictions.gold[order], predictions.predicted[:, order], predictions.probabilities[:, order])
    shuffled = replace(shuffled, targets=tuple(predictions.targets[row] for row in order), votes=predictions.votes[order])
    assert METRICS[name](shuffled) == pytest.approx(METRICS[name](predictions))


@pytest.mark.parametrize("name", SYMMETRIC)
@settings(max_examples=20, deadline=None)
@given(seed=seeds, order=st.permutations(range(3)))
def test_order_and_names_of_labels_are_irrelevant(name, seed, order):
    predictions = drawn(seed)
    new_code = np.argsort(order)
    codes, votes = (new_code[predictions.gold], new_code[predictions.predicted]), predictions.votes[:, order]
    renamed = made(*codes, predictions.probabilities[:, :, order], scheme=SIDELESS, votes=votes)
    assert METRICS[name](renamed) == pytest.approx(METRICS[name](predictions))


@quick
@given(answers)
def test_favor_and_against_change_places_freely(pairs):
    gold, predicted = (np.array(codes) for codes in zip(*pairs, strict=True))
    swap = np.array([1, 0, 2, NOTHING])
    assert METRICS["favor_against_f1"](made(swap[gold], swap[predicted])) == METRICS["favor_against_f1"](made(gold, predicted))


@pytest.mark.parametrize("name", METRICS)
@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_values_stay_within_bounds(name, seed):
    low, high = BOUNDS.get(name, (0, 1))
    assert low - 1e-12 <= METRICS[name](drawn(seed)) <= high + 1e-12


@pytest.mark.parametrize("name", METRICS)
def test_perfect_predictions_score_best(name):
    gold = [0, 0, 1, 1, 2, 2]
    value = METRICS[name](made(gold, gold, np.eye(3)[gold], votes=np.eye(3)[gold]))
    assert value == pytest.approx(1 if METRICS[name].better == "higher" else 0)


@pytest.mark.parametrize("name", OF_LABELS)
def test_predicting_nothing_scores_zero(name):
    assert METRICS[name](made([0, 1, 2], [NOTHING] * 3)) == 0


@quick
@given(complete, st.data())
def test_leaving_a_row_out_never_raises_accuracy_or_recall(pairs, data):
    gold, predicted = (np.array(codes) for codes in zip(*pairs, strict=True))
    fewer = predicted.copy()
    fewer[data.draw(st.integers(0, len(gold) - 1))] = NOTHING
    for name in ("accuracy", "balanced_accuracy"):
        assert METRICS[name](made(gold, fewer)) <= METRICS[name](made(gold, predicted))


@pytest.mark.parametrize("name", METRICS)
def test_value_is_the_mean_over_replicates(name):
    one, other = drawn(1, rows=20), drawn(2, rows=20)
    both = replace(
        one,
        predicted=np.concatenate([one.predicted, other.predicted]),
        probabilities=np.concatenate([one.probabilities, other.probabilities]),
    )
    second = replace(other, gold=one.gold, votes=one.votes)
    assert METRICS[name](both) == pytest.approx((METRICS[name](one) + METRICS[name](second)) / 2)


@pytest.mark.parametrize("name", METRICS)
def test_totals_of_many_draws_give_each_draws_value(name):
    metric = METRICS[name]
    totals = [metric.statistic(drawn(seed)).sum(axis=1) for seed in range(5)]
    together = metric.value(np.stack(totals), SCHEME)
    np.testing.assert_allclose(together, [metric.value(one, SCHEME) for one in totals])


@pytest.mark.parametrize(("name", "metric"), METRICS.items())
def test_metrics_are_listed_under_their_own_name(name, metric):
    assert metric.name == name
    assert metric_named(name, SCHEME) is metric
    assert metric.signature.startswith(name)


def test_signature_states_the_choices():
    assert METRICS["mcc"].signature == "mcc"
    assert METRICS["ece"].signature == "ece(bins=10,equal-width)"
    assert metric_named("f1:favor", SCHEME).signature == "f1:favor(absent=0)"


@pytest.mark.parametrize("name", OF_PROBABILITIES)
def test_losses_need_probabilities(name):
    with pytest.raises(InputError, match="needs a probability for every label"):
        METRICS[name](HAND)


def test_favor_against_f1_needs_a_scheme_with_sides():
    with pytest.raises(InputError, match=r"favor_against_f1: scheme 'colours' does not say which labels are favor and against"):
        METRICS["favor_against_f1"](replace(HAND, scheme=SIDELESS))


@pytest.mark.parametrize(("name", "nearest"), [("macro-f1", "macro_f1"), ("acuracy", "accuracy"), ("f1", "f1:LABEL|mcc|ece")])
def test_unknown_metric_names_the_nearest(name, nearest):
    with pytest.raises(InputError, match=rf"unknown metric '{name}'.*({nearest})"):
        metric_named(name, SCHEME)


@pytest.mark.parametrize("name", ["", "f1:", "f2:favor", "accuracy:favor"])
def test_other_strange_names_are_no_metric(name):
    with pytest.raises(InputError, match=rf"unknown metric '{name}'"):
        metric_named(name, SCHEME)


def test_metric_of_an_unknown_label_names_the_nearest():
    with pytest.raises(InputError, match=r"unknown label in scheme 'three': 'agianst'; did you mean 'against'\?"):
        metric_named("recall:agianst", SCHEME)


PER_TARGET = ["favor_against_f1_per_target", "macro_f1_per_target"]
EVERY_NAME = [*METRICS, *(f"{kind}:{label}" for label in SCHEME.labels for kind in PER_LABEL)]


def test_all_metrics_are_those_that_apply():
    rows = drawn(3)
    per_label = [f"{kind}:{label}" for label in SCHEME.labels for kind in PER_LABEL]
    without = [name for name in METRICS if name not in OF_PROBABILITIES]
    assert all_metrics(rows) == [*METRICS, *per_label]
    assert all_metrics(replace(rows, probabilities=None)) == [*without, *per_label]
    for votes in (None, np.zeros_like(rows.votes)):
        assert set(METRICS) - set(all_metrics(replace(rows, votes=votes))) == set(OF_VOTES)
    assert all_metrics(replace(rows, targets=("one",) * len(rows.ids))) == [
        name for name in all_metrics(rows) if name not in PER_TARGET
    ]
    sideless = replace(rows, scheme=SIDELESS)
    assert not {"favor_against_f1", "favor_against_f1_per_target"} & set(all_metrics(sideless))
    assert "macro_f1_per_target" in all_metrics(sideless)


@pytest.mark.parametrize("name", EVERY_NAME)
def test_every_listed_metric_can_be_computed(name):
    assert math.isfinite(metric_named(name, SCHEME)(drawn(3)))


def test_pooled_and_mean_over_targets_worked_by_hand():
    rows = made([0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 0, 0])
    rows = replace(rows, targets=("a", "a", "a", "a", "b", "b"))
    of_a = (2 * 2 / 5 + 2 * 1 / 3) / 2
    assert METRICS["favor_against_f1_per_target"](rows) == pytest.approx((of_a + 0) / 2)
    assert METRICS["favor_against_f1"](rows) == pytest.approx((2 * 2 / 7 + 2 * 1 / 5) / 2)


@quick
@given(complete, seeds)
def test_mean_over_targets_is_the_mean_of_the_targets_own_values(pairs, seed):
    gold, predicted = zip(*pairs, strict=True)
    rows = replace(made(gold, predicted), targets=tuple(np.random.default_rng(seed).choice(["a", "b", "c"], len(gold))))
    for name in ("favor_against_f1", "macro_f1"):
        own = [METRICS[name](rows.where(np.array(rows.targets) == target)) for target in sorted(set(rows.targets))]
        assert METRICS[f"{name}_per_target"](rows) == pytest.approx(np.mean(own))


def test_pooled_and_per_target_have_names_and_signatures_of_their_own():
    signatures = {METRICS[name].signature for name in (*PER_TARGET, "favor_against_f1", "macro_f1")}
    assert signatures == {
        "favor_against_f1(absent=0,pooled)",
        "favor_against_f1_per_target(absent=0,mean-over-targets)",
        "macro_f1(absent=0,pooled)",
        "macro_f1_per_target(absent=0,mean-over-targets)",
    }


@pytest.mark.parametrize("targets", [(), tuple(f"t{number}" for number in range(21))])
def test_a_mean_over_no_target_or_very_many_is_refused(targets):
    rows = made([0] * 21, [0] * 21)
    with pytest.raises(InputError, match=rf"a mean over targets needs 1 to 20 targets; the rows have {len(targets)}"):
        METRICS["macro_f1_per_target"](replace(rows, targets=targets))


def test_functions_on_label_names_worked_by_hand():
    gold, predicted = (
        ["favor", "favor", "favor", "against", "against", "none"],
        ["favor", "favor", "against", "against", "none", "none"],
    )
    assert macro_f1(gold, predicted, labels=SCHEME.labels) == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)
    assert favor_against_f1(gold, predicted) == pytest.approx(0.65)
    assert favor_against_f1(["pro", "con"], ["pro", "pro"], favor="pro", against="con") == pytest.approx(1 / 3)


def test_macro_f1_counts_an_absent_label_as_zero():
    assert macro_f1(["favor"], ["favor"], labels=["favor", "against"]) == 0.5


def test_macro_f1_refuses_a_label_that_is_not_listed():
    with pytest.raises(InputError, match=r"'favour'; did you mean 'favor'\?"):
        macro_f1(["favor"], ["favour"], labels=["favor", "none"])


@pytest.mark.parametrize(("gold", "predicted"), [(1, 3), (3, 1), (2, 3)])
def test_lists_of_unequal_length_are_refused(gold, predicted):
    with pytest.raises(InputError, match=rf"{gold}.*{predicted}"):
        favor_against_f1(["favor"] * gold, ["favor"] * predicted)
