import numpy as np
import pytest

from tests.vitrine.audit.small_shop import Shop, data
from vitrine.audit.settings import AuditSettings
from vitrine.audit.space.measure import neighbourhoods, separation
from vitrine.audit.space.plots import similarity_plot
from vitrine.audit.space.suite import audit
from vitrine.audit.space.vectors import Space

PNG = b"\x89PNG"


def unit(rows):
    rows = np.asarray(rows, np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def space():
    """Twenty products around each of two axes, queries beside them, and gibberish on a third axis."""
    rng = np.random.default_rng(0)
    axes = np.eye(8)

    def around(axis, count):
        return unit(axes[axis] + 0.1 * rng.normal(size=(count, 8)))

    ids = [f"p{number}" for number in range(40)]
    return Space(
        ids,
        [f"title {name}" for name in ids],
        ["mug"] * 20 + ["scarf"] * 20,
        np.concatenate([around(0, 20), around(1, 20)]),
        ["mug", "scarf"],
        np.concatenate([around(0, 1), around(1, 1)]),
        ["mug", "scarf"],
        around(2, 10),
    )


def test_queries_near_products_are_told_from_gibberish(space):
    assert separation(space, 0).value == 1


def test_a_product_far_from_all_others_is_alone():
    vectors = unit(np.concatenate([np.tile([1.0, 0, 0], (8, 1)), [[0, 1.0, 0]]]))
    found = neighbourhoods(vectors, 0)
    assert found.alone[0] == (8, pytest.approx(0))


def test_products_with_the_same_vector_are_almost_the_same():
    vectors = unit([[1, 0, 0], [1, 0, 0], *np.random.default_rng(0).normal(size=(8, 3))])
    found = neighbourhoods(vectors, 0)
    assert found.same[0] == (0, 1, pytest.approx(1))
    assert found.with_same.value == pytest.approx(0.2)


def test_too_few_products_have_no_neighbourhood():
    assert neighbourhoods(unit(np.eye(3)), 0) is None


def test_similar_categories_are_drawn(space):
    assert similarity_plot(space).png[:4] == PNG


def test_an_address_shows_no_vectors():
    assert "shop" in audit(Shop(), data(), AuditSettings()).skipped
