"""Are losses what torch and the papers say, and do parts of a batch add up to it?"""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import CrossEntropyLoss

from stancelab.errors import InputError
from stancelab.models.losses import Loss, class_weights, soft_targets

WEIGHTS = torch.tensor([0.5, 2.0, 1.0])
LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.5], [-1.0, 3.0, 0.0], [0.0, 0.0, 4.0]])
CODES = torch.tensor([0, 1, 0, 2])
ONE_HOT = torch.nn.functional.one_hot(CODES, 3).float()
SOFT = torch.tensor([[0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.0, 1.0, 0.0], [0.2, 0.0, 0.8]])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("targets", [CODES, ONE_HOT], ids=["codes", "distributions"])
def test_cross_entropy_is_torchs(smoothing, targets):
    expected = CrossEntropyLoss(weight=WEIGHTS, label_smoothing=smoothing)(LOGITS, CODES)
    torch.testing.assert_close(Loss(WEIGHTS, smoothing=smoothing)(LOGITS, targets), expected)


def test_soft_targets_without_weights_are_torchs():
    torch.testing.assert_close(Loss(torch.ones(3))(LOGITS, SOFT), CrossEntropyLoss()(LOGITS, SOFT))


def test_focal_loss_by_hand():
    sure = torch.log(torch.tensor([[0.9, 0.1], [0.6, 0.4]]))
    expected = (-(0.1**2) * np.log(0.9) - (0.4**2) * np.log(0.6)) / 2
    assert float(Loss(torch.ones(2), gamma=2.0)(sure, torch.tensor([0, 0]))) == pytest.approx(expected, rel=1e-5)


def test_a_sure_row_has_a_finite_gradient_of_focal_loss():
    logits = torch.tensor([[60.0, -60.0]], requires_grad=True)
    Loss(torch.ones(2), gamma=0.5)(logits, torch.tensor([0])).backward()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize(
    "loss", [Loss(WEIGHTS), Loss(WEIGHTS, gamma=2.0), Loss(WEIGHTS, smoothing=0.1)], ids=["plain", "focal", "smooth"]
)
@pytest.mark.parametrize("targets", [CODES, SOFT], ids=["codes", "distributions"])
def test_parts_of_a_batch_add_up(loss, targets):
    parts = [[0], [1, 2], [3]]
    together = sum(loss(LOGITS[rows], targets[rows]) * loss.mass(targets[rows]) for rows in parts) / loss.mass(targets)
    torch.testing.assert_close(together, loss(LOGITS, targets))


def test_class_weights():
    codes = np.array([0, 0, 0, 2])
    np.testing.assert_allclose(class_weights(codes, 4, "balanced"), [2 / 3, 0, 2, 0])
    np.testing.assert_allclose(class_weights(codes, 4, None), [1, 1, 1, 1])
    with pytest.raises(InputError, match="class_weight 'equal': expected 'balanced' or nothing"):
        class_weights(codes, 4, "equal")


def test_soft_targets_are_shares_of_votes():
    X = pd.DataFrame({"votes_no": [1, 0, 0], "votes_yes": ["2", "0", "3"], "votes_other": [5, 1, 0]})
    found = soft_targets(X, np.array([1, 0, 1]), ["no", "yes"])
    np.testing.assert_allclose(found, [[1 / 3, 2 / 3], [1, 0], [0, 1]])


def test_faulty_votes_are_refused():
    with pytest.raises(
        InputError, match="soft_labels needs the annotators' votes: a column for each label, like votes_no, votes_yes"
    ):
        soft_targets(pd.DataFrame({"text": ["a"]}), np.array([0]), ["no", "yes"])
    for wrong, match in (("many", "expected numbers of votes: .*many"), (-1, "0 or more")):
        with pytest.raises(InputError, match=match):
            soft_targets(pd.DataFrame({"votes_no": [wrong]}), np.array([0]), ["no", "yes"])
