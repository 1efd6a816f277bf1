"""Chinese-CLIP against transformers on the same random weights."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.encoders.small_encoders import noise_images
from vitrine.encoders.loading import load_encoder
from vitrine.errors import DataError

TEXTS = ["红色 马克杯", "", "a red mug 杯子", "杯" * 60, "[SEP] 茶"]
WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "a",
    "red",
    "mug",
    "红",
    "色",
    "马",
    "克",
    "杯",
    "子",
    "##s",
    "茶",
]
LAYERS = {"num_hidden_layers": 2, "num_attention_heads": 4}
IMAGES = noise_images([(33, 32), (200, 300), (20, 25)])


@pytest.fixture(scope="module")
def directory(reference, tmp_path_factory):
    target = tmp_path_factory.mktemp("chinese_clip")
    text = LAYERS | {"vocab_size": 20, "hidden_size": 32, "intermediate_size": 48, "max_position_embeddings": 64}
    vision = LAYERS | {"hidden_size": 40, "intermediate_size": 56, "image_size": 32, "patch_size": 8}
    config = {"text_config": text, "vision_config": vision, "projection_dim": 24}
    sizes = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    reference("chinese_clip.write", directory=target, words=WORDS, config=config, processor=sizes, seed=0, noise=0.1)
    return target


def test_vectors_are_those_of_transformers(directory, reference, tmp_path):
    encoder = load_encoder(directory)
    texts = reference("chinese_clip.embed_texts", directory=directory, texts=TEXTS)
    pictures = reference("chinese_clip.embed_images", directory=directory, images=IMAGES)
    np.testing.assert_allclose(encoder.encode_text(TEXTS), texts, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_image(IMAGES), pictures, atol=1e-5)
    half = load_encoder(directory, "bfloat16")
    assert (half.encode_text(TEXTS) * texts).sum(axis=1).min() > 0.999
    assert (half.encode_image(IMAGES) * pictures).sum(axis=1).min() > 0.999
    encoder.save(tmp_path / "saved")
    assert load_encoder(tmp_path / "saved").fingerprint == encoder.fingerprint
    tf.saved_model.save(encoder.module, str(tmp_path / "served"))
    served = tf.saved_model.load(str(tmp_path / "served"))
    np.testing.assert_allclose(served.embed_text(tf.constant(TEXTS)), texts, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file["text_config"].update(num_hidden_layers=1), "'encoder.layer.1."),
        (lambda file: file["vision_config"].update(num_hidden_layers=1), "'vision_model.encoder.layers.1."),
        (lambda file: file["vision_config"].update(hidden_act="relu"), "vision_config.hidden_act"),
        (lambda file: file["text_config"].update(is_decoder=True), "is_decoder"),
        (lambda file: file.update(text_config="bert"), "config.json: text_config: expected an object, found str"),
        (lambda file: file.update(vision_config=[32]), "config.json: vision_config: expected an object, found list"),
        (lambda file: file["text_config"].update(num_attention_heads=5), "hidden_size 32 is not a multiple of num_att"),
        (lambda file: file.update(extra_tower={}), "'extra_tower' ({}) is not known"),
    ],
)
def test_what_is_not_computed_is_refused(directory, tmp_path, change, message):
    copy = shutil.copytree(directory, tmp_path / "changed")
    fields = json.loads((copy / "config.json").read_text())
    change(fields)
    (copy / "config.json").write_text(json.dumps(fields))
    with pytest.raises(DataError) as raised:
        load_encoder(copy)
    assert message in str(raised.value)
