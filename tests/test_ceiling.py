import json
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from stancelab.ceiling import TOGETHER, ceiling, majority, others_votes, soft_scores
from stancelab.cells import Setting
from stancelab.comparison import compare, holm
from stancelab.dataset import Dataset, load_dataset
from stancelab.intervals import bootstrap
from stancelab.labels import LabelScheme, scheme_named
from stancelab.leaderboard import Entry, Leaderboard, leaderboards
from stancelab.metrics import METRICS
from stancelab.predictions import align, as_table
from stancelab.protocols import Protocol
from stancelab.recipes import Recipe
from stancelab.runs import load_run, run_experiment
from stancelab.scoring import score_predictions
from stancelab.votes import GIVEN, VOTES

SCHEME = LabelScheme("three", ("favor", "against", "none"), favor="favor", against="against")
LABELS = {"A": "favor", "B": "against", "C": "none", "-": None}
DRAWS = 100
SETTING = Setting("rendered", "three", Protocol(kind="stratified-group-k-fold", folds=2, repeats=1))

quick = settings(max_examples=50, deadline=None)
slow = settings(max_examples=4, deadline=None)
panels = st.integers(2, 5).flatmap(
    lambda count: st.lists(st.lists(st.integers(-1, 2), min_size=count, max_size=count), min_size=2, max_size=12)
)
full_panels = st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=3, max_size=10)


def dataset_of(gold, annotators, *, groups=None, scheme=SCHEME, who=""):
    """Rows with gold and annotators' labels written as letters, `-` where an annotator gave none."""
    columns = {f"{GIVEN}{name}": [LABELS[letter] for letter in given] for name, given in annotators.items()}
    names = [f"r{number}" for number in range(len(gold))]
    rows = pd.DataFrame(
        {
            "id": names,
            "group": list(groups or names),
            "text": names,
            "actor": "she",
            "target": "it",
            "label": [LABELS[letter] for letter in gold],
            **{key: pd.Series(value, dtype=object) for key, value in columns.items()},
        }
    )
    return Dataset("invented", "", scheme, rows, annotators=who)


def entry_of(dataset, predicted, *, name="model", family="baseline", **columns):
    """An entry whose recipe predicted these letters, once a repeat."""
    repeats = [predicted] if isinstance(predicted, str) else predicted
    tables = [
        pd.DataFrame(
            {"id": dataset.rows["id"], "label": [LABELS[letter] for letter in row], "seed": 0, "repeat": number, **columns}
        )
        for number, row in enumerate(repeats)
    ]
    predictions = align(as_table(pd.concat(tables)), dataset)
    recipe = Recipe(name=name, title=name, family=family, kind="dummy", description="d", source="s")
    names = ["accuracy", "macro_f1", *(["soft_cross_entropy", "jensen_shannon"] if columns else [])]
    scores = score_predictions(predictions, names, dataset=dataset, protocol="p", seeds=[0], draws=DRAWS)
    return Entry(recipe, predictions, {score.metric: score for score in scores}, None, 0.0)


def board_of(dataset, *entries, metric="accuracy"):
    return Leaderboard(SETTING, dataset, metric, entries)


def values_of(found, judge):
    return {entry.name: entry.scores[found.metric].interval.value for entry in found.standings[judge]}


def letters(codes):
    return ["".join("-ABC"[code + 1] for code in column) for column in zip(*codes, strict=True)]


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr("stancelab.ceiling.score_predictions", partial(score_predictions, draws=DRAWS))
    monkeypatch.setattr("stancelab.ceiling.compare", partial(compare, draws=DRAWS))
    monkeypatch.setattr("stancelab.agreement.bootstrap", partial(bootstrap, draws=DRAWS))


HAND = {"x": "AAA-", "y": "AAB-", "z": "BA-B"}
"""Row 1: x and y have tied others. Row 3: two annotators, each judged by the other. Row 4: nobody judges z."""


def test_worked_by_hand_with_ties():
    dataset = dataset_of("AABB", HAND)
    found = ceiling(board_of(dataset, entry_of(dataset, "AAAA")))
    assert (found.judged, found.tied, found.alone) == (6, 2, 1)
    assert values_of(found, "others") == pytest.approx({TOGETHER: 3 / 6, "x": 1 / 2, "y": 1 / 2, "z": 1 / 2, "model": 5 / 6})
    assert values_of(found, "gold") == pytest.approx({TOGETHER: 7 / 9, "x": 2 / 3, "y": 1, "z": 2 / 3, "model": 6 / 9})
    assert [entry.kind for entry in found.standings["others"]] == ["annotators", "annotator", "annotator", "annotator", "model"]
    gaps = [entry.versus.difference.value for entry in found.standings["others"][:4]]
    assert gaps == pytest.approx([2 / 6, 1 / 2 - 1 / 2, 1 - 1 / 2, 1 - 1 / 2])
    assert found.left_out == (
        "No majority of others judges 3 of 9 annotations: of 2 the others are tied, of 1 nobody else labelled the row."
    )


@quick
@given(panels)
def test_majorities_of_others_agree_with_a_naive_loop(rows):
    codes = np.array(rows).T
    found = majority(others_votes(codes, 3))
    for annotator, row in np.ndindex(codes.shape):
        others = [code for number, code in enumerate(codes[:, row]) if number != annotator and code >= 0]
        counts = sorted(((others.count(code), code) for code in set(others)), reverse=True)
        clear = counts and (len(counts) == 1 or counts[0][0] > counts[1][0])
        assert found[annotator, row] == (counts[0][1] if clear else -1)


@slow
@given(full_panels)
def test_who_always_agrees_with_the_majority_scores_one(rows):
    voters = np.array(rows).T
    follower = majority((voters[:, :, None] == np.arange(3)).sum(axis=0))
    annotators = dict(zip("xyzf", letters(np.vstack([voters, follower]).T), strict=True))
    dataset = dataset_of("A" * len(rows), annotators)
    found = ceiling(board_of(dataset, entry_of(dataset, "A" * len(rows))))
    if (follower >= 0).any():
        assert values_of(found, "others")["f"] == 1


@slow
@given(full_panels, st.permutations("xyz"))
def test_permuting_annotators_changes_nothing(rows, order):
    groups = [f"g{number // 2}" for number in range(len(rows))]
    one = dataset_of(("ABC" * 4)[: len(rows)], dict(zip("xyz", letters(rows), strict=True)), groups=groups)
    other = replace(one, rows=one.rows[[name for name in one.rows if GIVEN not in name] + [GIVEN + name for name in order]])
    found = [ceiling(board_of(dataset, entry_of(dataset, "A" * len(rows)))) for dataset in (one, other)]
    assert plain(found[0]) == plain(found[1])


def plain(found):
    """Everything that is said of the annotators, by name; signatures and the order of columns aside."""
    return found and {"alpha": found.alpha, "counts": (found.judged, found.tied, found.alone)} | {
        (judge, entry.name): (entry.versus, {name: score.interval for name, score in entry.scores.items()})
        for judge, standings in found.standings.items()
        for entry in standings
    }


def test_scores_are_those_of_scikit_learn_on_all_judged_annotations():
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 3, size=(4, 30))
    codes[1:, :20] = codes[0, :20]
    dataset = dataset_of("ABC" * 10, dict(zip("wxyz", letters(codes.T), strict=True)))
    found = ceiling(board_of(dataset, entry_of(dataset, "A" * 30)))
    judges = majority(others_votes(codes, 3))
    gold, said = judges[judges >= 0], codes[judges >= 0]
    scores = found.standings["others"][0].scores
    assert scores["accuracy"].interval.value == pytest.approx(accuracy_score(gold, said))
    expected = f1_score(gold, said, labels=[0, 1, 2], average="macro", zero_division=0)
    assert scores["macro_f1"].interval.value == pytest.approx(expected)
    assert scores["macro_f1"].rows == len(gold)


def test_annotators_have_every_metric_that_needs_no_probabilities():
    dataset = dataset_of("AABB", HAND)
    scores = ceiling(board_of(dataset, entry_of(dataset, "AAAA"))).standings["others"][0].scores
    plain = {"macro_f1", "favor_against_f1", "balanced_accuracy", "mcc", "accuracy"}
    assert set(METRICS) & set(scores) == plain
    assert {"f1:favor", "recall:none"} < set(scores)


def test_a_model_that_answers_as_an_annotator_does_stands_level_with_it():
    dataset = dataset_of("ABCA", {"x": "ABCA", "y": "ABCB", "z": "ABAA"})
    found = ceiling(board_of(dataset, entry_of(dataset, ["ABCA", "ABCA"])))
    level = next(entry for entry in found.standings["others"] if entry.name == "x")
    assert (level.versus.difference.value, level.versus.p) == (0, 1)
    assert level.versus.replicates == 2


def test_the_comparison_is_that_of_the_same_annotations_judged_by_the_same_majority():
    dataset = dataset_of("ABCABC", {"x": "ABCABC", "y": "ABCBBC", "z": "ABAABA"})
    found = ceiling(board_of(dataset, entry_of(dataset, "ABBBAC")))
    standing = next(entry for entry in found.standings["others"] if entry.name == "x")
    rows = np.array([True, True, False, False, True, False])
    judged = replace(dataset, rows=dataset.rows[rows])
    one, other = (entry_of(judged, "".join(np.array(list(said))[rows])).predictions for said in ("ABBBAC", "ABCABC"))
    direct = compare(one, other, METRICS["accuracy"], names=("model", "x"), seed=0, draws=DRAWS)
    assert (standing.versus.difference, standing.versus.p) == (direct.difference, direct.p)


def test_comparisons_are_corrected_for_each_other():
    dataset = dataset_of("ABC" * 6, {"x": "ABC" * 6, "y": "ABC" * 5 + "CAB", "z": "ABC" * 4 + "BBCAAA"})
    found = ceiling(board_of(dataset, entry_of(dataset, "AACABB" * 3)))
    versus = [entry.versus for entry in found.standings["others"][:4]]
    assert [entry.p_holm for entry in versus] == [entry.p_holm for entry in holm(versus)]
    assert max(entry.p_holm / entry.p for entry in versus) == pytest.approx(4)


def test_where_everybody_labels_everything_models_score_by_gold_what_the_leaderboard_says():
    generator = np.random.default_rng(3)
    codes = generator.integers(0, 3, size=(3, 20))
    dataset = dataset_of("ABCA" * 5, dict(zip("xyz", letters(codes.T), strict=True)))
    entry = entry_of(dataset, ["AABC" * 5, "ABCC" * 5])
    found = ceiling(board_of(dataset, entry))
    assert values_of(found, "gold")["model"] == pytest.approx(entry.scores["accuracy"].interval.value)


def test_an_audit_is_not_the_best_model():
    dataset = dataset_of("ABCA", {"x": "ABCA", "y": "ABCB", "z": "ABAA"})
    entries = entry_of(dataset, "ABCA", name="audit", family="audit"), entry_of(dataset, "AAAA", name="other")
    found = ceiling(board_of(dataset, *entries))
    assert found.best == "other"
    assert [entry.kind for entry in found.standings["others"]][-2:] == ["audit", "model"]
    alone = ceiling(board_of(dataset, entries[0]))
    assert alone.best is None
    assert "no model to set beside them" in alone.verdict


def test_a_metric_of_probabilities_gives_way_to_macro_f1():
    dataset = dataset_of("ABCA", {"x": "ABCA", "y": "ABCB", "z": "ABAA"})
    found = ceiling(board_of(dataset, entry_of(dataset, "AAAA"), metric="log_loss"))
    assert (found.metric, found.title) == ("macro_f1", "macro-F1")


@pytest.mark.parametrize("annotators", [{}, {"x": "ABCA"}, {"x": "AB--", "y": "--CA"}, {"x": "AAAA", "y": "BBBB", "z": "CCCC"}])
def test_without_others_who_agree_there_is_no_ceiling(annotators):
    dataset = dataset_of("ABCA", annotators)
    assert ceiling(board_of(dataset, entry_of(dataset, "AAAA"))) is None


def test_unanimous_annotators_of_one_label():
    dataset = dataset_of("AAAA", {"x": "AAAA", "y": "AAAA"})
    found = ceiling(board_of(dataset, entry_of(dataset, "AAAA")))
    assert found.alpha.alpha.value == 1
    assert set(values_of(found, "others").values()) == {1}
    assert found.left_out == ""


def test_signatures_tell_judges_and_annotations_apart():
    dataset = dataset_of("AABB", HAND)
    changed = dataset_of("AABB", HAND | {"z": "BA-A"})
    found = [ceiling(board_of(rows, entry_of(rows, "AAAA"))) for rows in (dataset, changed)]
    stated = {each.standings[judge][0].scores["accuracy"].signature for each in found for judge in ("others", "gold")}
    assert len(stated) == 4


def test_many_annotators_are_scored_together_only(monkeypatch):
    monkeypatch.setattr("stancelab.ceiling.MOST_ALONE", 2)
    dataset = dataset_of("AABB", HAND)
    found = ceiling(board_of(dataset, entry_of(dataset, "AAAA")))
    assert [entry.name for entry in found.standings["others"]] == [TOGETHER, "model"]


def test_soft_scores_are_ranked_and_stand_on_the_entropy_of_the_votes():
    dataset = dataset_of("AB", {})
    dataset = replace(dataset, rows=dataset.rows.assign(**{f"{VOTES}favor": [2, 0], f"{VOTES}against": [2, 1]}))
    told = {"p_favor": [0.5, 0.25], "p_against": [0.5, 0.75], "p_none": 0.0}
    far = {"p_favor": 0.0, "p_against": 0.0, "p_none": 1.0}
    found = soft_scores(
        board_of(dataset, entry_of(dataset, "AB", name="far", **far), entry_of(dataset, "AB", name="near", **told))
    )
    assert list(found.scores) == ["near", "far"]
    assert found.floor.value == pytest.approx(np.log(2) / 2)
    assert (found.rows, found.split) == (2, 1)
    assert found.scores["near"][0].interval.value == pytest.approx((np.log(2) - np.log(0.75)) / 2)
    assert found.scores["far"][1].interval.value == pytest.approx(1)


def test_without_votes_or_probabilities_there_are_no_soft_scores():
    dataset = dataset_of("AB", {})
    assert soft_scores(board_of(dataset, entry_of(dataset, "AB"))) is None


@pytest.fixture
def short_experiment(bridge_experiment):
    """The bridge experiment with its first scheme and protocol only."""
    file = bridge_experiment / "experiment.toml"
    text = file.read_text(encoding="utf-8").replace(', "favor-against-neutral-unrelated"]', "]")
    file.write_text(text.replace('[[protocols]]\nkind = "leave-one-actor-out"\n', ""), encoding="utf-8")
    return bridge_experiment


def test_a_run_carries_what_its_annotators_gave(short_experiment, bridge, tmp_path):
    header = bridge / "dataset.toml"
    header.write_text(header.read_text(encoding="utf-8") + 'annotators = "Three invented readers."\n', encoding="utf-8")
    run = run_experiment(short_experiment, out=tmp_path / "run", jobs=1)
    fresh = ceiling(leaderboards(run)[0])
    shutil.rmtree(bridge)
    stored = ceiling(leaderboards(load_run(tmp_path / "run"))[0])
    assert stored == fresh
    assert stored.who == "Three invented readers."
    assert [entry.name for entry in stored.standings["others"]][:4] == [TOGETHER, "x", "y", "z"]
    fewest = stored.standings["others"][3].scores["accuracy"]
    assert (fewest.rows, fewest.interval.value) == (16, 1)


def test_a_run_from_before_has_no_ceiling(short_experiment, tmp_path):
    run_experiment(short_experiment, out=tmp_path / "run", jobs=1)
    for path in (tmp_path / "run").rglob("rows.parquet"):
        rows = pd.read_parquet(path)
        rows[[name for name in rows if not name.startswith(GIVEN)]].to_parquet(path)
    facts = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    for entry in facts["datasets"]:
        del entry["annotators"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    board = leaderboards(load_run(tmp_path / "run"))[0]
    assert ceiling(board) is None
    assert soft_scores(board) is not None


def test_recipes_that_annotated_are_no_annotators(bridge):
    lines = (bridge / "annotations.jsonl").read_text(encoding="utf-8").splitlines()
    added = {key: value for key, value in json.loads(lines[0]).items() if key in ("id", "label", "round", "codebook")}
    lines.append(json.dumps(added | {"annotator": "some-recipe", "recipe": "some-recipe@1"}))
    (bridge / "annotations.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert list(load_dataset(bridge).given) == ["x", "y", "z"]


def test_ground_intervention_says_who_its_annotators_are():
    dataset = load_dataset("ground-intervention").with_scheme("favor-against-none")
    assert "No human has labelled this set" in dataset.annotators
    assert dataset.given.shape == (66, 3)
    assert set(dataset.given.to_numpy().ravel()) == set(scheme_named("favor-against-none").labels)
