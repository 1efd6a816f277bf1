from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from vitrine.saved_model.keras_module import KerasModule
from vitrine.saved_model.session import SavedModelSession

ROWS = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


def network(seed: int) -> keras.Model:
    random = keras.initializers.GlorotUniform(seed)
    dense = keras.layers.Dense(2, name="dense", kernel_initializer=random)
    model = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(name="norm"), dense])
    model.compile("adam", "mse")
    model.fit(ROWS, ROWS[:, :2], epochs=1, verbose=0)
    return model


class Pair(tf.Module):
    """Two models whose variables have the same names."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = KerasModule(network(1)), KerasModule(network(2))

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="rows")])
    def both(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"first": self.first.model(rows), "second": self.second.model(rows)}


@pytest.fixture(scope="module")
def pair() -> Pair:
    return Pair()


@pytest.fixture(scope="module")
def saved(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pair")
    tf.saved_model.save(pair, str(directory), signatures=pair.both)
    return directory


def test_a_session_and_the_loader_of_functions_both_answer_as_the_models_do(pair: Pair, saved: Path) -> None:
    expected = {"first": pair.first.model(ROWS).numpy(), "second": pair.second.model(ROWS).numpy()}
    session = SavedModelSession(saved).signature("serving_default").run({"rows": ROWS})
    loaded = tf.saved_model.load(str(saved)).signatures["serving_default"](rows=ROWS)
    for name, values in expected.items():
        np.testing.assert_allclose(session[name], values, rtol=1e-6)
        np.testing.assert_allclose(loaded[name], values, rtol=1e-6)
    assert not np.allclose(expected["first"], expected["second"])


def test_what_only_training_needs_is_not_saved(pair: Pair, saved: Path) -> None:
    shapes = [shape for name, shape in tf.train.list_variables(str(saved / "variables" / "variables"))]
    assert sorted(shape for shape in shapes if shape) == sorted(
        list(weight.shape) for module in (pair.first, pair.second) for weight in module.model.weights
    )
