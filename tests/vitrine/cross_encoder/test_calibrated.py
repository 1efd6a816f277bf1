import numpy as np
import pytest

from tests.vitrine.encoders.small_encoders import write_transformer
from vitrine.cross_encoder.calibrated import CalibratedCrossEncoder, Calibration, calibrate
from vitrine.cross_encoder.model import PairModel
from vitrine.cross_encoder.scoring import predict
from vitrine.cross_encoder.training_pairs import Pairs
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.errors import DataError

QUERIES = [f"{colour} {kind}" for colour in ("red", "blue", "black") for kind in ("mug", "lamp", "shoe", "long table")]
TEXTS = QUERIES[::-1]


@pytest.fixture(scope="module", params=[1, 3])
def model(request, reference, tmp_path_factory) -> PairModel:
    directory = tmp_path_factory.mktemp("number")
    return PairModel(
        read_checkpoint(
            write_transformer(reference, "bert", directory, kind="ForSequenceClassification", num_labels=request.param)
        ),
        max_tokens=24,
    )


def by_number(model: PairModel, labels: tuple[int, ...]) -> Pairs:
    """Return pairs whose label rises with the model's last output."""
    rank = np.argsort(np.argsort(predict(model, QUERIES, TEXTS)[:, -1]))
    return Pairs(QUERIES, TEXTS, np.array(labels, np.int64)[rank * len(labels) // len(rank)])


@pytest.mark.parametrize("labels", [(0, 1, 2, 3), (0, 3), (1, 2, 3)])
def test_outputs_become_the_labels_that_they_tell(model: PairModel, labels: tuple[int, ...]) -> None:
    pairs = by_number(model, labels)
    calibrated = calibrate(model, pairs)
    probabilities = calibrated.probabilities(QUERIES, TEXTS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert not probabilities[:, sorted({0, 1, 2, 3} - set(labels))].any()
    highest, lowest = pairs.labels == max(labels), pairs.labels == min(labels)
    scores = calibrated.scores(QUERIES, TEXTS)
    assert scores[highest].mean() > scores[lowest].mean()
    assert probabilities[highest, max(labels)].mean() > probabilities[lowest, max(labels)].mean()


def test_pairs_are_cut_to_the_given_length(model: PairModel) -> None:
    assert model.max_tokens == 24
    long = ["mug " * 200]
    np.testing.assert_allclose(predict(model, ["red"], long), predict(model, ["red"], ["mug " * 100]), atol=1e-6)


def test_judgements_of_one_label_are_refused(model: PairModel) -> None:
    with pytest.raises(DataError, match="one label: there is nothing to calibrate"):
        calibrate(model, Pairs(QUERIES, TEXTS, np.full(len(QUERIES), 3)))


def test_scores_are_expected_gains(model: PairModel) -> None:
    calibrated = CalibratedCrossEncoder(
        model, Calibration(np.zeros((4, model.outputs)), np.array([0.0, 0, 0, np.log(3)]))
    )
    np.testing.assert_allclose(calibrated.scores(QUERIES, TEXTS), (0.11 + 3) / 6, atol=1e-6)
