"""Tuned checkpoints in the libraries that their sources come from, and gradients in chunks."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.vitrine.tuning.image_text.shop import COLORS, image
from vitrine.encoders.checkpoint import Checkpoint, read_checkpoint
from vitrine.encoders.image_text_families import image_text_encoder
from vitrine.encoders.images.encoder import ImageTextEncoder
from vitrine.encoders.layouts import open_checkpoint
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.training_settings import ContrastiveTuningSettings
from vitrine.tuning.image_text.batches import batch
from vitrine.tuning.image_text.tuner import ContrastiveTuner

TEXTS = ["red wide mug", "a plate, fine", "green"]
IMAGES = [np.asarray(image(color, "wide", "mug")) for color in COLORS]


def as_png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def stepped(source: Checkpoint, products, **changes: object) -> tuple[ImageTextEncoder, ContrastiveTuner]:
    """Tune for two steps."""
    quick = {"learning_rate": 1e-2, "warmup_share": 0, "train_words": True} | changes
    encoder = image_text_encoder(source, trainable=True)
    tuner = ContrastiveTuner(encoder, products.pixels, ContrastiveTuningSettings(**quick), 10)
    rng = np.random.default_rng(0)
    for _ in range(2):
        tuner.step(batch(products, rng.permutation(products.complete())[:12], 0.3, rng))
    return encoder, tuner


def tuned(source: Checkpoint, products, directory) -> tuple[ImageTextEncoder, dict[str, np.ndarray]]:
    """Tune, save, and return the encoder with the tensors that have not changed."""
    encoder, tuner = stepped(source, products)
    checkpoint = encoder.trained_checkpoint(tuner.numbers())
    checkpoint.save_native(directory)
    again = load_encoder(directory)
    np.testing.assert_allclose(again.encode_text(TEXTS), encoder.encode_text(TEXTS), atol=1e-5)
    pixels = np.stack(IMAGES)
    np.testing.assert_allclose(again.encode_pixels(pixels), encoder.encode_pixels(pixels), atol=1e-5)
    trained = checkpoint.tensors
    return encoder, {name: value for name, value in source.tensors.items() if np.array_equal(trained[name], value)}


def test_transformers_computes_the_vectors_of_a_tuned_clip(clip, products, reference, tmp_path):
    encoder, unchanged = tuned(clip, products, tmp_path)
    assert set(unchanged) <= {"text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"}
    assert np.abs(encoder.encode_text(TEXTS) - image_text_encoder(clip).encode_text(TEXTS)).max() > 1e-2
    found = reference("clip.embed_texts", directory=tmp_path, texts=TEXTS)
    np.testing.assert_allclose(found, encoder.encode_text(TEXTS), atol=1e-5)
    found = reference("clip.embed_images", directory=tmp_path, images=IMAGES)
    np.testing.assert_allclose(found, encoder.encode_pixels(np.stack(IMAGES)), atol=1e-5)


def test_transformers_computes_the_vectors_of_a_tuned_siglip(siglip, products, reference, tmp_path):
    encoder, unchanged = tuned(siglip, products, tmp_path)
    assert not unchanged
    found = reference("siglip.embed_texts", directory=tmp_path, texts=TEXTS)
    np.testing.assert_allclose(found, encoder.encode_text(TEXTS), atol=1e-5)
    found = reference("siglip.embed_images", directory=tmp_path, images=IMAGES)
    np.testing.assert_allclose(found, encoder.encode_pixels(np.stack(IMAGES)), atol=1e-5)
    assert read_checkpoint(tmp_path).tensors["logit_bias"].shape == siglip.tensors["logit_bias"].shape


def test_open_clip_computes_the_vectors_of_a_tuned_clip_of_its_own(make_open_clip, products, reference, tmp_path):
    source = open_checkpoint(make_open_clip(tmp_path / "source"))
    encoder, unchanged = tuned(source, products, tmp_path / "tuned")
    assert not unchanged
    found = reference("open_clip.embed_texts", directory=tmp_path / "tuned", texts=TEXTS)
    np.testing.assert_allclose(found, encoder.encode_text(TEXTS), atol=1e-5)
    files = [as_png(image) for image in IMAGES]
    found = reference("open_clip.embed_images", directory=tmp_path / "tuned", images=files)
    np.testing.assert_allclose(found, encoder.encode_pixels(np.stack(IMAGES)), atol=1e-5)


def test_transformers_computes_the_vectors_of_a_tuned_chinese_clip(chinese_clip, products, reference, tmp_path):
    encoder, unchanged = tuned(chinese_clip, products, tmp_path)
    assert all("pooler" in name or "position" in name or "token_type" in name for name in unchanged), list(unchanged)
    found = reference("chinese_clip.embed_texts", directory=tmp_path, texts=TEXTS)
    np.testing.assert_allclose(found, encoder.encode_text(TEXTS), atol=1e-5)


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_gradients_are_equal_in_chunks_and_in_the_whole(family, products, request):
    source = request.getfixturevalue(family)
    pairs = zip(*(moments(source, products, augment=False, chunk=chunk) for chunk in (None, 5)), strict=True)
    for whole, chunked in pairs:
        np.testing.assert_allclose(chunked, whole, atol=1e-6 + 1e-3 * np.abs(whole).max())


@pytest.mark.parametrize("family", ["clip", "siglip", "chinese_clip"])
def test_products_in_bfloat16_train_weights_in_float32(family, products, request):
    encoder = image_text_encoder(request.getfixturevalue(family), "bfloat16", trainable=True)
    tuner = ContrastiveTuner(encoder, products.pixels, ContrastiveTuningSettings(warmup_share=0), 10)
    before = tuner.weights()
    assert {value.dtype for value in before} == {np.dtype(np.float32)}
    assert np.isfinite(tuner.step(batch(products, products.complete()[:6], 0.3, np.random.default_rng(0))))
    assert all(np.abs(new - old).max() > 0 for new, old in zip(tuner.weights(), before, strict=True))


def moments(source: Checkpoint, products, **changes: object) -> list[np.ndarray]:
    """Return the first moments of Adam after a step, a tenth of the clipped gradients."""
    encoder = image_text_encoder(source, trainable=True)
    tuner = ContrastiveTuner(encoder, products.pixels, ContrastiveTuningSettings(train_words=True, **changes), 10)
    tuner.step(batch(products, products.complete()[:12], 0.3, np.random.default_rng(0)))
    return [moment.numpy() for moment in tuner._optimizer._first]
