"""The SigLIP encoder against transformers on the same random weights."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.encoders.small_encoders import noise_images
from vitrine.encoders.loading import load_encoder
from vitrine.errors import DataError
from vitrine.saved_model.session import SavedModelSession

TEXTS = ["red striped mug", "", "Café, crème! 猫 it's 350ml", "long " * 200, "a</s>b <unk> c", " \n mug_mug  "]
IMAGES = noise_images([(33, 32), (200, 300), (300, 211), (64, 64), (20, 25), (500, 31)])


@pytest.fixture(scope="module")
def encoder(siglip_directory):
    return load_encoder(siglip_directory)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"processor": {"resample": 2, "image_mean": [0.4, 0.5, 0.6], "image_std": [0.3] * 3}},
        {"text": {"hidden_act": "gelu", "layer_norm_eps": 1e-3}, "vision": {"num_attention_heads": 2}},
        {"tokenizer": {"model_input_names": ["input_ids"]}},
        {"tokenizer": {"padding_side": "left", "model_max_length": 16}},
        {"text": {"hidden_size": 24, "projection_size": 32}, "vision": {"num_hidden_layers": 1}},
    ],
)
def test_vectors_are_those_of_transformers(make_siglip, reference, tmp_path, fields):
    directory = make_siglip(tmp_path, **fields)
    encoder = load_encoder(directory)
    texts = reference("siglip.embed_texts", directory=directory, texts=TEXTS)
    pictures = reference("siglip.embed_images", directory=directory, images=IMAGES)
    np.testing.assert_allclose(encoder.encode_text(TEXTS), texts, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_image(IMAGES), pictures, atol=1e-5)
    assert (encoder.kind, encoder.dimension) == ("clip", 32)
    half = load_encoder(directory, "bfloat16")
    assert (half.encode_text(TEXTS) * texts).sum(axis=1).min() > 0.999
    assert (half.encode_image(IMAGES) * pictures).sum(axis=1).min() > 0.999
    assert half.fingerprint == encoder.fingerprint


def test_a_text_has_the_same_vector_in_any_batch(encoder):
    alone = np.concatenate([encoder.module.embed_text(tf.constant([text])) for text in TEXTS])
    np.testing.assert_allclose(encoder.module.embed_text(tf.constant(TEXTS)), alone, atol=1e-6)
    assert encoder.encode_text([]).shape == encoder.encode_image([]).shape == (0, 32)


def test_a_saved_encoder_gives_equal_vectors(encoder, tmp_path):
    encoder.save(tmp_path / "saved")
    again = load_encoder(tmp_path / "saved")
    assert again.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(again.encode_text(TEXTS), encoder.encode_text(TEXTS))
    np.testing.assert_array_equal(again.encode_image(IMAGES), encoder.encode_image(IMAGES))


def test_it_is_served_as_a_part_of_another_module(encoder, tmp_path):
    module = tf.Module()
    module.encoder = encoder.module
    module.search = tf.function(
        lambda query: module.encoder.embed_text(query), input_signature=[tf.TensorSpec([None], tf.string, "query")]
    )
    tf.saved_model.save(module, str(tmp_path), {"words": module.search, "image": module.encoder.embed_image})
    served = SavedModelSession(tmp_path)
    texts, files = np.array([text.encode() for text in TEXTS], object), np.array(IMAGES, object)
    words = served.signature("words").run({"query": texts})["output_0"]
    vectors = served.signature("image").run({"image_bytes": files})["output_0"]
    np.testing.assert_allclose(words, encoder.encode_text(TEXTS), atol=1e-6)
    assert (vectors * encoder.encode_image(IMAGES)).sum(axis=1).min() > 0.999


def rewrite(source, target, file, change):
    copy = shutil.copytree(source, target)
    fields = json.loads((copy / file).read_text())
    change(fields)
    (copy / file).write_text(json.dumps(fields))
    return copy


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("config.json", lambda file: file.update(model_type="siglip2"), "model_type 'siglip2' (NaFlex"),
        (
            "config.json",
            lambda file: file["vision_config"].update(vision_use_head=False),
            "vision_use_head False is not",
        ),
        (
            "config.json",
            lambda file: file["text_config"].update(causal=True),
            "text_config: 'causal' (True) is not known",
        ),
        ("config.json", lambda file: file["text_config"].update(vocab_size=50), "but config.json has vocab_size 50"),
        ("config.json", lambda file: file["text_config"].update(projection_size=16), "texts have 16 dimensions"),
        ("tokenizer_config.json", lambda file: file.update(truncation_side="left"), "truncation_side 'left' is not"),
        ("config.json", lambda file: file["vision_config"].update(num_hidden_layers=1), "would not be used"),
        ("preprocessor_config.json", lambda file: file.update(size=32), "size 32 can mean two things"),
        (
            "preprocessor_config.json",
            lambda file: file.update(image_processor_type="CLIPImageProcessor"),
            "image_processor_type 'CLIPImageProcessor' is not supported; SiglipImageProcessor is",
        ),
        (
            "tokenizer_config.json",
            lambda file: file.update(tokenizer_class="T5Tokenizer"),
            "tokenizer_class 'T5Tokenizer' is not supported; SiglipTokenizer, Siglip2Tokenizer,",
        ),
        (
            "tokenizer_config.json",
            lambda file: file["added_tokens_decoder"].update({"150": {"content": "<brand>"}}),
            "the added token '<brand>' is not supported",
        ),
        (
            "tokenizer_config.json",
            lambda file: file.update(model_max_length="x"),
            "tokenizer_config.json: model_max_length: expected a number of tokens, found 'x'",
        ),
        (
            "tokenizer_config.json",
            lambda file: file.update(model_max_length=-1),
            "tokenizer_config.json: model_max_length: expected a number of tokens, found -1",
        ),
        (
            "tokenizer_config.json",
            lambda file: file.update(model_input_names=3),
            "tokenizer_config.json: model_input_names: expected a list of strings, found 3",
        ),
        ("tokenizer_config.json", lambda file: file.update(padding_side=3), "padding_side 3 is not supported; 'right'"),
        (
            "tokenizer_config.json",
            lambda file: file.update(added_tokens_decoder=["</s>"]),
            "tokenizer_config.json: added_tokens_decoder is not an object of tokens with 'content'",
        ),
        ("config.json", lambda file: file.update(text_config="x"), "config.json: text_config: expected an object"),
        ("tokenizer_config.json", lambda file: file.update(pad_token="<pad>"), "pad_token '<pad>' is not supported"),
    ],
)
def test_what_is_not_computed_is_refused(siglip_directory, tmp_path, file, change, message):
    with pytest.raises(DataError) as raised:
        load_encoder(rewrite(siglip_directory, tmp_path / "changed", file, change))
    assert message in str(raised.value)


def test_a_missing_sentencepiece_model_is_named(siglip_directory, tmp_path):
    copy = shutil.copytree(siglip_directory, tmp_path / "bare")
    (copy / "spiece.model").unlink()
    with pytest.raises(DataError, match=r"spiece\.model: no such file; SigLIP's tokenizer reads it"):
        load_encoder(copy)
    (copy / "spiece.model").write_bytes(b"no model")
    with pytest.raises(DataError, match=r"spiece\.model: not a SentencePiece model"):
        load_encoder(copy)
