import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vitrine.audit.labels.errors import pair_errors
from vitrine.metrics.classification import classification


def probabilities(classes, confidence=1.0):
    esci = np.full((len(classes), 4), (1 - confidence) / 3, np.float32)
    esci[np.arange(len(classes)), classes] = confidence
    return esci


@given(arrays(np.int64, 30, elements=st.integers(0, 3)), arrays(np.int64, 30, elements=st.integers(0, 3)))
def test_figures_are_those_of_the_report(true, predicted):
    found = pair_errors(np.array([f"q{row % 7}" for row in range(30)], object), true, probabilities(predicted))
    expected = classification(true, predicted)
    assert found.accuracy.value == pytest.approx(expected.accuracy)
    assert found.macro_f1.value == pytest.approx(expected.macro_f1)


def test_confident_errors_are_the_calibration_error():
    found = pair_errors(np.array(["q"] * 10, object), np.array([3] * 5 + [0] * 5), probabilities([3] * 10, 0.9))
    assert found.calibration_error.value == pytest.approx(0.4, abs=1e-6)


def test_queries_are_resampled_with_all_their_pairs():
    true = np.tile([0, 3], 50)
    predicted = np.zeros(100, np.int64)
    single = pair_errors(np.array([f"q{row}" for row in range(100)], object), true, probabilities(predicted))
    pairs = pair_errors(np.array([f"q{row // 2}" for row in range(100)], object), true, probabilities(predicted))
    assert pairs.accuracy.high - pairs.accuracy.low == pytest.approx(0, abs=1e-6)
    assert single.accuracy.high - single.accuracy.low > 0.1
