from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vitrine.errors import DataError
from vitrine.search.image_confidence import FILE, ImageConfidence, image_evidence, read_image_confidence

VALUES = len(image_evidence(Image.new("RGB", (8, 8)), []))
FITTED = ImageConfidence(np.zeros(VALUES), np.ones(VALUES), np.zeros((1, VALUES)), np.ones(1), 0.01, -0.1)
sizes = st.integers(1, 300)


@given(sizes, sizes, st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_the_evidence_of_any_image_is_finite(width: int, height: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(256, size=(height, width, 3), dtype=np.uint8)
    evidence = image_evidence(Image.fromarray(pixels), [1.0, np.nan])
    assert evidence.shape == (VALUES,)
    assert np.isfinite(evidence).all()


@given(st.permutations([0.5, 2.0, float("nan"), -1.0]))
def test_neither_the_order_of_products_nor_those_without_image_count(similarities: list[float]) -> None:
    assert image_evidence(Image.new("RGB", (8, 8)), similarities)[-2:].tolist() == [2.0, 0.5]


def test_without_similar_images_there_is_no_closeness() -> None:
    assert image_evidence(Image.new("RGB", (8, 8)), [np.nan])[-2:].tolist() == [0.0, 0.0]


def test_an_image_unlike_any_other_has_a_decision_of_zero() -> None:
    assert FITTED.decision(np.stack([np.zeros(VALUES), np.full(VALUES, 1e3)])).tolist() == pytest.approx([1.0, 0.0])


def test_a_detector_survives_its_file(tmp_path: Path) -> None:
    FITTED.write(tmp_path)
    read = read_image_confidence(tmp_path)
    assert read is not None
    evidence = np.random.default_rng(0).normal(size=(5, VALUES))
    np.testing.assert_allclose(read.decision(evidence), FITTED.decision(evidence), atol=1e-6)
    assert read.threshold == pytest.approx(FITTED.threshold)
    assert not read.faces
    replace(FITTED, faces=True).write(tmp_path)
    with_faces = read_image_confidence(tmp_path)
    assert with_faces is not None
    assert with_faces.faces


def test_without_a_file_there_is_no_detector(tmp_path: Path) -> None:
    assert read_image_confidence(tmp_path) is None


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"PK no archive")
    with pytest.raises(DataError, match="run the pipeline again"):
        read_image_confidence(tmp_path)
    np.savez(tmp_path / FILE, mean=np.zeros(3))
    with pytest.raises(DataError, match="run the pipeline again"):
        read_image_confidence(tmp_path)


def test_arrays_that_do_not_match_are_refused(tmp_path: Path) -> None:
    broken = ImageConfidence(np.zeros(2), np.ones(3), np.zeros((1, 3)), np.ones(1), 1.0, 0.0)
    broken.write(tmp_path)
    with pytest.raises(DataError, match="do not match"):
        read_image_confidence(tmp_path)
