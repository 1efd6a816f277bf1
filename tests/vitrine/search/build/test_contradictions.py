import numpy as np
import pytest

from vitrine.search.build.contradictions import IMAGINED_EXACT, LARGEST, penalty

NONE = np.empty(0)


def test_without_labels_the_imagined_pairs_decide() -> None:
    loss = penalty(NONE, NONE.astype(bool))
    assert 1 / (1 + np.exp(loss - np.log(4))) == pytest.approx(IMAGINED_EXACT, abs=1e-3)


def test_many_labels_decide_alone() -> None:
    exact = np.arange(10_000) % 4 == 0
    assert penalty(np.full(10_000, 0.5), exact) == pytest.approx(np.log(3), abs=0.02)


def test_pairs_that_are_exact_after_all_lose_nothing() -> None:
    assert penalty(np.full(1000, 0.5), np.ones(1000, bool)) == 0


def test_the_loss_is_bounded() -> None:
    assert penalty(np.ones(100_000), np.zeros(100_000, bool)) <= LARGEST
