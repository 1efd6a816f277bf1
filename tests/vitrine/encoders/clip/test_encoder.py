"""The CLIP encoder against transformers and PyTorch on the same random weights."""

import io
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from vitrine.data.images.decoding import UndecodableImage
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.clip.config import clip_config
from vitrine.encoders.clip.tokenizer import clip_vocabulary
from vitrine.encoders.images.preprocessing import MEAN, STD
from vitrine.encoders.loading import load_encoder
from vitrine.errors import DataError
from vitrine.saved_model.session import SavedModelSession

TEXTS = ["red striped mug", "", "Café “crème” 猫 😀 it's 350ml", "long " * 200, "a<|endoftext|>b", "mug"]


def sample_images() -> list[Image.Image]:
    """Draw smooth images of many shapes, and one of noise."""
    rng = np.random.default_rng(0)
    shapes = [(200, 300), (300, 200), (64, 64), (33, 90), (20, 25), (500, 31)]
    noise = [rng.integers(0, 256, (5, 7, 3), dtype=np.uint8) for _ in shapes]
    smooth = [
        Image.fromarray(pixels).resize(shape, Image.Resampling.BICUBIC)
        for pixels, shape in zip(noise, shapes, strict=True)
    ]
    return [*smooth, Image.fromarray(rng.integers(0, 256, (48, 80, 3), dtype=np.uint8))]


def encode(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def theirs(reference):
    """A function that embeds texts or Pillow images with a checkpoint in transformers."""

    def embed(directory, inputs) -> np.ndarray:
        if isinstance(inputs[0], str):
            cut = {"max_tokens": 77, "pad_to_longest": False}
            return reference("clip.embed_texts", directory=directory, texts=inputs, **cut)
        files = [encode(image, "PNG") for image in inputs]
        return reference("clip.embed_images", directory=directory, images=files)

    return embed


@pytest.fixture(scope="module")
def encoder(checkpoint_directory):
    return load_encoder(checkpoint_directory)


@pytest.mark.parametrize(("activation", "end"), [("quick_gelu", None), ("gelu", None), ("quick_gelu", 2)])
def test_vectors_are_those_of_transformers(make_checkpoint, theirs, tmp_path, activation, end):
    encoder = load_encoder(make_checkpoint(tmp_path, activation, end))
    np.testing.assert_allclose(encoder.encode_text(TEXTS), theirs(tmp_path, TEXTS), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_image(sample_images()), theirs(tmp_path, sample_images()), atol=1e-5)
    assert encoder.dimension == 24
    assert encoder.encode_text(TEXTS).dtype == np.float32


def test_a_processor_saved_by_transformers_5_is_followed(checkpoint_directory, encoder, theirs, reference, tmp_path):
    directory = shutil.copytree(checkpoint_directory, tmp_path / "nested")
    (directory / "preprocessor_config.json").unlink()
    fields = {"size": {"height": 36, "width": 36}, "crop_size": {"height": 32, "width": 32}, "image_mean": [0.5] * 3}
    reference("clip.write_processor", directory=directory, processor=fields | {"resample": 2})
    nested = load_encoder(directory)
    images = sample_images()
    np.testing.assert_allclose(nested.encode_image(images), theirs(directory, images), atol=1e-5)
    assert (nested.encode_image(images) * encoder.encode_image(images)).sum(axis=1).max() < 0.999
    assert nested.fingerprint != encoder.fingerprint
    in_graph = nested.module.embed_image(tf.constant([encode(image, "PNG") for image in images])).numpy()
    assert (in_graph * nested.encode_image(images)).sum(axis=1).min() > 0.999


def test_a_text_has_the_same_vector_in_any_batch(encoder):
    alone = np.concatenate([encoder.module.embed_text(tf.constant([text])) for text in TEXTS])
    np.testing.assert_allclose(encoder.module.embed_text(tf.constant(TEXTS)), alone, atol=1e-6)


def test_bfloat16_stays_close_and_gives_float32_of_unit_length(encoder, checkpoint_directory):
    half = load_encoder(checkpoint_directory, "bfloat16")
    for ours, exact in (
        (half.encode_text(TEXTS), encoder.encode_text(TEXTS)),
        (half.encode_image(sample_images()), encoder.encode_image(sample_images())),
    ):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1.0, atol=1e-5)
        assert (ours * exact).sum(axis=1).min() > 0.999
    assert half.fingerprint == encoder.fingerprint


def test_a_saved_encoder_gives_equal_vectors_here_and_in_transformers(encoder, theirs, tmp_path):
    encoder.save(tmp_path / "saved")
    again = load_encoder(tmp_path / "saved")
    assert again.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(again.encode_text(TEXTS), encoder.encode_text(TEXTS))
    np.testing.assert_array_equal(again.encode_image(sample_images()), encoder.encode_image(sample_images()))
    np.testing.assert_allclose(theirs(tmp_path / "saved", TEXTS), encoder.encode_text(TEXTS), atol=1e-5)


def test_an_encoder_outlives_its_directory(checkpoint_directory, encoder, tmp_path):
    shutil.copytree(checkpoint_directory, tmp_path / "short")
    lasting = load_encoder(tmp_path / "short")
    shutil.rmtree(tmp_path / "short")
    lasting.save(tmp_path / "saved")
    assert load_encoder(tmp_path / "saved").fingerprint == lasting.fingerprint == encoder.fingerprint


def test_the_fingerprint_follows_weights_tokenizer_and_settings(
    encoder, make_checkpoint, checkpoint_directory, tmp_path
):
    other_weights = load_encoder(make_checkpoint(tmp_path / "weights", seed=1))
    prints = {encoder.fingerprint, other_weights.fingerprint}
    for name, change in (
        ("preprocessor_config.json", lambda value: value | {"image_mean": [0.5, 0.5, 0.5]}),
        ("config.json", lambda value: value | {"text_config": value["text_config"] | {"hidden_act": "gelu"}}),
        ("tokenizer.json", lambda value: value["model"]["merges"].pop() and value),
    ):
        directory = shutil.copytree(checkpoint_directory, tmp_path / name)
        (directory / name).write_text(json.dumps(change(json.loads((directory / name).read_text()))))
        prints.add(load_encoder(directory).fingerprint)
    assert len(prints) == 5


def test_the_fingerprint_of_a_plain_clip_stays_what_it_was(encoder, checkpoint_directory):
    checkpoint = read_checkpoint(checkpoint_directory)
    vocabulary = clip_vocabulary(checkpoint)
    rules = {
        "clip": clip_config(checkpoint).model_dump(),
        "pictures": {"shortest_edge": 32, "crop": 32, "image_mean": MEAN, "image_std": STD},
        "tokenizer": [
            vocabulary.ids,
            vocabulary.merges,
            [[token.content, token.id, token.normalized] for token in vocabulary.added],
        ],
    }
    assert encoder.fingerprint == checkpoint.fingerprint(rules)


def test_it_is_served_as_a_part_of_another_module(encoder, tmp_path):
    texts, images = tf.constant(TEXTS), tf.constant([encode(image, "PNG") for image in sample_images()])
    module = tf.Module()
    module.encoder = encoder.module
    module.search = tf.function(
        lambda query: 2 * module.encoder.embed_text(query), input_signature=[tf.TensorSpec([None], tf.string, "query")]
    )
    tf.saved_model.save(module, str(tmp_path), {"words": module.search, "image": module.encoder.embed_image})
    loaded = tf.saved_model.load(str(tmp_path))
    np.testing.assert_array_equal(loaded.search(texts), 2 * encoder.module.embed_text(texts))
    np.testing.assert_array_equal(loaded.encoder.embed_image(images), encoder.module.embed_image(images))
    assert loaded.search(tf.constant([], tf.string)).shape == (0, 24)
    # The same in a session, as in TF Serving:
    served = SavedModelSession(tmp_path)
    words = served.signature("words").run({"query": texts.numpy()})["output_0"]
    vectors = served.signature("image").run({"image_bytes": images.numpy()})["output_0"]
    np.testing.assert_allclose(words, 2 * encoder.module.embed_text(texts), atol=1e-6)
    np.testing.assert_allclose(vectors, encoder.module.embed_image(images), atol=1e-6)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
def test_the_graph_decodes_images_as_pillow_does(encoder, form):
    images = [encode(image, form) for image in sample_images()]
    in_graph = encoder.module.embed_image(tf.constant(images)).numpy()
    assert (in_graph * encoder.encode_image(images)).sum(axis=1).min() > 0.999


@pytest.mark.parametrize(
    ("mode", "form"), [("L", "PNG"), ("LA", "PNG"), ("RGBA", "PNG"), ("RGBA", "WEBP"), ("CMYK", "JPEG")]
)
def test_grey_and_transparent_images_are_the_same_in_the_graph(encoder, mode, form):
    pixels = sample_images()[0].convert(mode)
    if "A" in mode:
        pixels.putalpha(Image.linear_gradient("L").resize(pixels.size))
    image = encode(pixels, form, **({"lossless": True} if form == "WEBP" else {}))
    in_graph = encoder.module.embed_image(tf.constant([image])).numpy()
    assert (in_graph @ encoder.encode_image([image]).T).item() > 0.999


def test_the_graph_refuses_what_is_no_image_and_what_would_corrupt_memory(encoder):
    frames = sample_images()[:2]
    animated = encode(frames[0], "WEBP", save_all=True, append_images=[frames[1].resize(frames[0].size)])
    with pytest.raises(tf.errors.InvalidArgumentError, match="an animated WebP is not supported"):
        encoder.module.embed_image(tf.constant([animated]))
    for broken in (b"", b"RIFF", b"not an image"):
        with pytest.raises(tf.errors.InvalidArgumentError):
            encoder.module.embed_image(tf.constant([broken]))
    np.testing.assert_allclose(np.linalg.norm(encoder.encode_image([animated])), 1.0, atol=1e-5)


def test_an_invalid_image_is_named_by_position(encoder):
    image = encode(sample_images()[0], "PNG")
    with pytest.raises(UndecodableImage, match=r"images\[1\]: not a JPEG"):
        encoder.encode_image([image, b"<html>", image])
    with pytest.raises(DataError, match=r"images\[0\]: expected bytes or a Pillow image, got str"):
        encoder.encode_image(["mug.png"])
    with pytest.raises(DataError, match="got one image"):
        encoder.encode_image(image)


def test_an_opened_image_that_is_damaged_or_empty_is_named_by_position(encoder):
    torn = Image.open(io.BytesIO(encode(sample_images()[0], "PNG")[:200]))
    with pytest.raises(UndecodableImage, match=r"images\[1\]: damaged image"):
        encoder.encode_image([sample_images()[1], torn])
    with pytest.raises(UndecodableImage, match=r"images\[0\]: an image of 0 × 5 pixels"):
        encoder.encode_image([Image.new("RGB", (0, 5))])


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_a_pillow_image_of_any_mode_is_seen_as_by_transformers(encoder, theirs, checkpoint_directory, mode):
    pixels = sample_images()[0].convert(mode)
    expected = theirs(checkpoint_directory, [pixels])
    np.testing.assert_allclose(encoder.encode_image([pixels]), expected, atol=1e-5)


def test_rows_are_in_order_and_equal_inputs_have_equal_vectors(encoder):
    texts = [f"mug {number} " + "very " * (number % 7) for number in range(70)]
    vectors = encoder.encode_text(texts)
    order = np.random.default_rng(0).permutation(np.repeat(np.arange(70), 2))
    np.testing.assert_allclose(encoder.encode_text([texts[index] for index in order]), vectors[order], atol=1e-6)
    images = sample_images() * 6  # more than a batch
    vectors_by_copy = encoder.encode_image(images).reshape(6, len(sample_images()), -1)
    np.testing.assert_allclose(vectors_by_copy, np.broadcast_to(vectors_by_copy[:1], vectors_by_copy.shape), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eos_token_id": 3}, "but config.json has eos_token_id 3"),
        ({"vocab_size": 5}, "but config.json has vocab_size 5"),
    ],
)
def test_a_tokenizer_that_is_not_the_model_s_is_refused(checkpoint_directory, tmp_path, change, message):
    directory = shutil.copytree(checkpoint_directory, tmp_path / "mixed")
    fields = json.loads((directory / "config.json").read_text())
    fields["text_config"] |= change
    (directory / "config.json").write_text(json.dumps(fields))
    with pytest.raises(DataError, match=message):
        load_encoder(directory)


def test_a_text_that_ends_at_its_highest_id_has_no_higher_one(make_checkpoint, tmp_path):
    directory = make_checkpoint(tmp_path / "legacy", end=2)
    definition = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))
    pad = definition["added_tokens"][0] | {"id": len(definition["model"]["vocab"]), "content": "<pad>"}
    definition["added_tokens"].append(pad)
    (directory / "tokenizer.json").write_text(json.dumps(definition), encoding="utf-8")
    with pytest.raises(DataError, match="a text ends at its highest id, which '<pad>' has; set eos_token_id to"):
        load_encoder(directory)


def test_weights_beyond_the_configuration_s_are_refused(checkpoint_directory, tmp_path):
    directory = shutil.copytree(checkpoint_directory, tmp_path / "deeper")
    fields = json.loads((directory / "config.json").read_text())
    fields["text_config"]["num_hidden_layers"] = 1
    (directory / "config.json").write_text(json.dumps(fields))
    with pytest.raises(DataError, match=r"tensor 'text_model\.encoder\.layers\.1\..*' and 15 others would not be used"):
        load_encoder(directory)


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_half_precision_weights_in_shards_give_the_vectors_of_transformers(
    checkpoint_directory, theirs, reference, tmp_path, kind
):
    directory = shutil.copytree(checkpoint_directory, tmp_path / "halves")
    (directory / "model.safetensors").unlink()
    reference("clip.write_shards", source=checkpoint_directory, directory=directory, precision=kind, size="50KB")
    assert len(list(directory.glob("*.safetensors"))) > 2
    encoder = load_encoder(directory)
    np.testing.assert_allclose(encoder.encode_text(TEXTS), theirs(directory, TEXTS), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_image(sample_images()), theirs(directory, sample_images()), atol=1e-5)


SERVE = """
import sys
import numpy as np, tensorflow as tf, tensorflow_text
served = tf.saved_model.load(sys.argv[1])
np.save(sys.argv[1] + ".npy", served.embed_text(tf.constant(["red striped mug", ""])).numpy())
assert not {"keras_hub", "vitrine", "tokenizers", "transformers"} & set(sys.modules)
"""


def test_a_fresh_process_serves_it_with_tensorflow_and_tf_text_only(encoder, tmp_path):
    tf.saved_model.save(encoder.module, str(tmp_path / "served"))
    command = [sys.executable, "-c", SERVE, str(tmp_path / "served")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    expected = encoder.encode_text(["red striped mug", ""])
    np.testing.assert_allclose(np.load(tmp_path / "served.npy"), expected, atol=1e-6)


def test_nothing_gives_no_rows(encoder):
    assert encoder.encode_text([]).shape == encoder.encode_image([]).shape == (0, 24)
