import numpy as np
import pytest

from vitrine.classifier.folds import open_folds
from vitrine.classifier.settings import ClassifierSettings
from vitrine.classifier.training import class_weights, fit, predict

QUICK = ClassifierSettings(epochs=12, batch_size=16, learning_rate=2e-2, scalar_dropout=0, vector_dropout=0.9)


def _silent(*_arguments: object) -> None:
    """Ignore the report."""


def _accuracy(model, fold) -> float:
    logits, label = predict(model, fold)
    return float((logits.argmax(1) == label).mean())


def test_the_pair_model_learns_what_the_lexical_features_show(write_pairs) -> None:
    fitting, validation = open_folds(*write_pairs(queries=40), validation_share=0.3)
    assert _accuracy(fit(QUICK, fitting, validation, _silent), validation) > 0.6


def test_the_query_only_model_cannot(write_pairs) -> None:
    fitting, validation = open_folds(*write_pairs(queries=40), validation_share=0.3)
    model = fit(QUICK.model_copy(update={"model": "query_only"}), fitting, validation, _silent)
    assert _accuracy(model, validation) < 0.45


@pytest.mark.parametrize("changes", [{"loss": "focal"}, {"class_weights": "balanced"}, {"cache_megabytes": 0}])
def test_every_loss_weighting_and_source_trains(write_pairs, changes: dict) -> None:
    fitting, validation = open_folds(*write_pairs(queries=40), validation_share=0.3)
    assert _accuracy(fit(QUICK.model_copy(update=changes), fitting, validation, _silent), validation) > 0.6


def test_the_seed_decides_the_weights(write_pairs) -> None:
    fitting, validation = open_folds(*write_pairs(), validation_share=0.3)
    short = QUICK.model_copy(update={"epochs": 2})
    first, second, other = (
        predict(fit(short.model_copy(update={"seed": seed}), fitting, validation, _silent), fitting).logits
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_training_stops_early_and_keeps_the_best_epoch(write_pairs) -> None:
    fitting, validation = open_folds(*write_pairs(), validation_share=0.3)
    losses: list[float] = []
    # A step far too large: the loss soon grows, so the last epoch is not the best one.
    wild = QUICK.model_copy(update={"learning_rate": 1.0, "patience": 3, "class_weights": "none", "epochs": 30})
    model = fit(wild, fitting, validation, lambda _epoch, logs: losses.append(logs["val_loss"]))
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + wild.patience
    kept = model.evaluate(*_arrays(validation), verbose=0)[0]
    assert kept == pytest.approx(losses[best], rel=1e-4)


def _arrays(fold):
    from vitrine.classifier.folds import read_chunks, with_vectors

    ((inputs, label),) = with_vectors(fold, read_chunks(fold))
    return inputs, np.eye(4, dtype=np.float32)[label]


def test_without_a_validation_fold_the_training_loss_decides(write_pairs) -> None:
    fitting, empty = open_folds(*write_pairs())
    logged: list[set[str]] = []
    fit(QUICK.model_copy(update={"epochs": 2}), fitting, empty, lambda _epoch, logs: logged.append(set(logs)))
    assert logged == [{"loss", "accuracy"}] * 2
    assert predict(fit(QUICK.model_copy(update={"epochs": 1}), fitting, empty, _silent), empty).logits.shape == (0, 4)


def test_class_weights_average_to_one() -> None:
    label = np.array([3] * 8 + [0] * 2)
    for scheme in ("none", "sqrt", "balanced"):
        weights = class_weights(label, scheme)
        assert weights[label].mean() == pytest.approx(1)
    assert class_weights(label, "balanced")[0] / class_weights(label, "balanced")[3] == pytest.approx(4)
    assert class_weights(label, "sqrt")[0] / class_weights(label, "sqrt")[3] == pytest.approx(2)
