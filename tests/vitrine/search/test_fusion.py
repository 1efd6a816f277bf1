import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.search.fusion import UNFINDABLE, FusedVectors, calibrate, calibrated
from vitrine.search.products import Products
from vitrine.search.settings import Calibration, Fusion


def unit(rng, count, dimension=8, shift=0.0):
    vectors = rng.normal(size=(count, dimension)) + shift
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def products(rng, has_text, has_image):
    import pyarrow as pa

    count = len(has_text)
    table = pa.table({"product_id": [f"p{i}" for i in range(count)]})
    return Products.of(table, unit(rng, count), unit(rng, count), has_text, has_image)


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1), st.floats(-1, 1), st.floats(0.01, 1), st.floats(-1, 1), st.floats(0.01, 1), st.integers(0, 99))
def test_the_folded_vector_gives_the_weighted_sum_of_standardised_similarities(w, mean_t, std_t, mean_i, std_i, seed):
    rng = np.random.default_rng(seed)
    items = products(rng, [True, True, False, False], [True, False, True, False])
    fusion = Fusion(text=Calibration(mean=mean_t, std=std_t), image=Calibration(mean=mean_i, std=std_i), text_weight=w)
    query = unit(rng, 1)[0]
    by_text = (items.text_vectors @ query - mean_t) / std_t
    by_image = (items.image_vectors @ query - mean_i) / std_i
    expected = [w * by_text[0] + (1 - w) * by_image[0], by_text[1], by_image[2], UNFINDABLE]
    fused = FusedVectors(fusion, items)
    assert fused[:] @ query + fused.bias == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_fused_vectors_are_read_by_slice_or_by_row_numbers():
    rng = np.random.default_rng(0)
    fused = FusedVectors(Fusion(), products(rng, [True, True, False], [True, False, True]))
    assert len(fused) == 3
    assert np.array_equal(fused[np.array([2, 0])], fused[:][[2, 0]])
    assert np.array_equal(fused[1:], fused[:][1:])


def test_without_images_the_fused_vectors_are_the_scaled_texts():
    items = products(np.random.default_rng(0), [True, False], [False, False])
    fused = FusedVectors(Fusion(text=Calibration(mean=0.5, std=0.1)), items)
    assert items.image_vectors is None
    assert fused[:] == pytest.approx(items.text_vectors * [[10], [0]])
    assert fused.bias.tolist() == [-5, UNFINDABLE]


def test_calibration_makes_random_pairs_standard():
    rng = np.random.default_rng(0)
    queries, vectors = unit(rng, 300, shift=1.0), unit(rng, 500, shift=1.0)  # two narrow cones, as CLIP's are
    measured = calibrate(queries, vectors)
    standard = (queries @ vectors.T - measured.mean) / measured.std
    assert standard.mean() == pytest.approx(0, abs=0.05)
    assert standard.std() == pytest.approx(1, abs=0.05)


def test_no_product_is_paired_with_itself():
    assert calibrate(np.eye(5, dtype=np.float32), np.eye(5, dtype=np.float32), same=True).mean == 0.0


def test_with_nothing_to_pair_the_scale_is_left_alone():
    empty, single = np.zeros((0, 4), np.float32), np.eye(1, 4, dtype=np.float32)
    assert calibrate(empty, single) == Calibration()
    assert calibrate(single, single, same=True) == Calibration()


def test_equal_vectors_keep_a_finite_scale():
    same = np.tile(np.eye(1, 4, dtype=np.float32), (6, 1))
    assert calibrate(same, same, same=True).std == pytest.approx(1e-3)


def test_each_kind_of_query_gets_its_own_calibration():
    rng = np.random.default_rng(0)
    count = 200
    items = products(rng, [True] * count, [True] * count)
    shifted = unit(rng, 100, shift=0.5)
    weights = calibrated(items, shifted)
    assert weights.text_query.text == calibrate(shifted, items.text_vectors)
    assert weights.image_query.image == calibrate(items.image_vectors, items.image_vectors, same=True)
    assert weights.image_query.text == calibrate(items.image_vectors, items.text_vectors)
