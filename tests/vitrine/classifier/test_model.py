import numpy as np
import pytest

from vitrine.classifier.feature_names import CATEGORIES, LEXICAL
from vitrine.classifier.model import build_model, similarities
from vitrine.classifier.settings import ClassifierSettings
from vitrine.data import columns


def _inputs(rows: int = 5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    vectors = {name: rng.normal(size=(rows, 8)).astype(np.float32) for name in columns.VECTORS}
    vectors = {name: vector / np.linalg.norm(vector, axis=1, keepdims=True) for name, vector in vectors.items()}
    categories = {name: rng.dirichlet(np.ones(4), rows).astype(np.float32) for name in CATEGORIES}
    lexical = rng.normal(size=(rows, 3)).astype(np.float32)
    return {**vectors, **categories, columns.HAS_IMAGE: np.ones(rows, np.float32), LEXICAL: lexical}


@pytest.mark.parametrize("kind", ["pair", "query_only"])
def test_both_models_answer_four_logits(kind: str) -> None:
    assert build_model(ClassifierSettings(model=kind), 8, 3, 4)(_inputs()).shape == (5, 4)


def test_the_query_only_model_does_not_see_the_product() -> None:
    model, inputs = build_model(ClassifierSettings(model="query_only"), 8, 3, 4), _inputs()
    other = {name: values if name == columns.QUERY_VECTOR else values[::-1].copy() for name, values in inputs.items()}
    np.testing.assert_array_equal(model(inputs), model(other))


@pytest.mark.parametrize("side", [*columns.VECTORS, *CATEGORIES, LEXICAL])
def test_the_pair_model_sees_every_side(side: str) -> None:
    model, inputs = build_model(ClassifierSettings(), 8, 3, 4), _inputs()
    other = {**inputs, side: inputs[side][::-1].copy()}
    assert np.abs(np.asarray(model(inputs)) - np.asarray(model(other))).max() > 1e-3


def test_similarities_are_cosines() -> None:
    inputs = _inputs()
    inputs[columns.TEXT_VECTOR] = inputs[columns.QUERY_VECTOR]
    cosines = np.asarray(similarities(inputs))
    np.testing.assert_allclose(cosines[:, 0], 1.0, rtol=1e-5)
    np.testing.assert_allclose(cosines[:, 1], cosines[:, 2], rtol=1e-5)
    assert cosines[:, 3].tolist() == [1.0] * 5


def test_a_missing_image_gives_finite_logits() -> None:
    inputs = _inputs()
    inputs[columns.IMAGE_VECTOR] = np.zeros_like(inputs[columns.IMAGE_VECTOR])
    assert np.isfinite(np.asarray(build_model(ClassifierSettings(), 8, 3, 4)(inputs))).all()


def test_extreme_lexical_features_are_cut() -> None:
    model, inputs = build_model(ClassifierSettings(), 8, 3, 4), _inputs()
    far, farther = ({**inputs, LEXICAL: np.full([5, 3], value, np.float32)} for value in (5.0, 500.0))
    np.testing.assert_array_equal(model(far), model(farther))
