"""The organisers' baselines of SemEval-2016 Task 6A, imported and run again end to end; skips without the corpus."""

import pytest

from stancelab.expected import expected_numbers
from stancelab.imports import import_dataset
from stancelab.reproduction import carry_out, plans

BASELINES = ["majority-per-target", "svm-unigrams-per-target", "svm-ngrams-per-target"]


@pytest.mark.slow
def test_the_baselines_are_reproduced(benchmarks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    import_dataset("semeval2016", benchmarks / "semeval2016", tmp_path / "datasets" / "semeval2016")
    outcome = carry_out(plans(["semeval2016"], recipes=BASELINES)[0], jobs=2)
    assert outcome.failures == []
    ngrams = [entry for entry in outcome.numbers if entry.expected.recipe == "svm-ngrams-per-target"]
    [pooled] = [entry for entry in ngrams if entry.expected.metric == "favor_against_f1"]
    assert pooled.expected.published == 0.6898
    assert abs(pooled.observed - pooled.expected.published) <= 0.01


def test_majority_per_target_scores_what_was_published(without_corpora):
    wanted = {(entry.recipe, entry.metric): entry for entry in expected_numbers("semeval2016")}
    majority = wanted["majority-per-target", "favor_against_f1"]
    assert majority.value == majority.published == 0.6522
