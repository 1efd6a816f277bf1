"""CLIP checkpoints of open_clip, against open_clip on the same random weights."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.encoders.open_clip.native_layout import assert_written_as_it_came
from tests.vitrine.encoders.small_encoders import noise_images
from vitrine.encoders.loading import load_encoder
from vitrine.errors import DataError

TEXTS = [
    "red striped mug",
    "",
    "Café “crème” 猫 😀 it’s 350ml ﬁne ＭＵＧ",
    "long " * 200,
    "a<|endoftext|>b",
    "  mug\n mug",
]
IMAGES = noise_images([(33, 32), (35, 32), (32, 37), (200, 300), (300, 211), (64, 64), (20, 25)])
"""Images whose sides differ by odd and even numbers of pixels after resizing."""


@pytest.fixture(scope="module")
def directory(make_open_clip, tmp_path_factory):
    return make_open_clip(tmp_path_factory.mktemp("open_clip"))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"quick_gelu": True, "custom_text": True},
        {"preprocess": {"mean": [0.5, 0.4, 0.3], "std": [0.5] * 3, "interpolation": "bilinear"}},
        {"preprocess": {"resize_mode": "squash", "mean": [0.5] * 3, "std": [0.25] * 3}},
        {"vision": {"mlp_ratio": 2.5, "norm_kwargs": {"eps": 1e-3}}, "text": {"mlp_ratio": 3.0, "pool_type": "argmax"}},
    ],
)
def test_vectors_are_those_of_open_clip(make_open_clip, reference, tmp_path, fields):
    directory = make_open_clip(tmp_path, **fields)
    encoder = load_encoder(directory)
    texts = reference("open_clip.embed_texts", directory=directory, texts=TEXTS)
    np.testing.assert_allclose(encoder.encode_text(TEXTS), texts, atol=1e-5)
    pictures = reference("open_clip.embed_images", directory=directory, images=IMAGES)
    np.testing.assert_allclose(encoder.encode_image(IMAGES), pictures, atol=1e-5)
    half = load_encoder(directory, "bfloat16")
    assert (half.encode_text(TEXTS) * texts).sum(axis=1).min() > 0.999
    assert (half.encode_image(IMAGES) * pictures).sum(axis=1).min() > 0.999
    in_graph = encoder.module.embed_image(tf.constant(IMAGES)).numpy()
    assert (in_graph * pictures).sum(axis=1).min() > 0.999


def test_in_its_own_layout_a_checkpoint_is_written_as_it_came(directory, tmp_path):
    assert_written_as_it_came(directory, tmp_path / "native")


def test_a_saved_encoder_is_in_hugging_face_s_layout_and_gives_equal_vectors(directory, reference, tmp_path):
    encoder = load_encoder(directory)
    encoder.save(tmp_path / "saved")
    again = load_encoder(tmp_path / "saved")
    assert again.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(again.encode_text(TEXTS), encoder.encode_text(TEXTS))
    np.testing.assert_array_equal(again.encode_image(IMAGES), encoder.encode_image(IMAGES))
    plain = [text for text in TEXTS if text.isascii()]
    theirs = reference("clip.embed_texts", directory=tmp_path / "saved", texts=plain)
    np.testing.assert_allclose(theirs, encoder.encode_text(plain), atol=1e-5)


def test_a_model_of_transformers_counts_before_open_clip_s_copy_of_it(directory, checkpoint_directory, tmp_path):
    both = shutil.copytree(checkpoint_directory, tmp_path / "both")
    for name in ("open_clip_config.json", "open_clip_model.safetensors"):
        shutil.copy(directory / name, both)
    assert load_encoder(both).fingerprint == load_encoder(checkpoint_directory).fingerprint
    fields = json.loads((both / "config.json").read_text())
    (both / "config.json").write_text(json.dumps(fields | {"auto_map": {"AutoModel": "custom.Model"}}))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(directory / name, both)
    assert load_encoder(both).fingerprint == load_encoder(directory).fingerprint


def rewrite(source, target, change):
    copy = shutil.copytree(source, target)
    fields = json.loads((copy / "open_clip_config.json").read_text())
    change(fields)
    (copy / "open_clip_config.json").write_text(json.dumps(fields))
    return copy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file.pop("model_cfg"), "no model_cfg; this is not a file that open_clip has saved"),
        (lambda file: file["model_cfg"].pop("vision_cfg"), "no model_cfg.vision_cfg; save the model with open_clip's"),
        (lambda file: file["model_cfg"].update(multimodal_cfg={}), "model_cfg: multimodal_cfg is not known"),
        (
            lambda file: file["model_cfg"]["vision_cfg"].update(timm_model_name="convnext_base"),
            "timm_model_name 'convnext_base' is not supported; SigLIP's with pooling by attention are",
        ),
        (
            lambda file: file["model_cfg"]["vision_cfg"].update(layers=[3, 4, 6, 3]),
            "model_cfg.vision_cfg: layers [3, 4, 6, 3] is not supported",
        ),
        (
            lambda file: file["model_cfg"]["vision_cfg"].update(ls_init_value=0.1),
            "model_cfg.vision_cfg: ls_init_value 0.1 is not supported",
        ),
        (
            lambda file: file["model_cfg"]["text_cfg"].update(hf_model_name="roberta-base"),
            "the text tower 'roberta-base' (hf_model_name) is not supported; open_clip's own is",
        ),
        (
            lambda file: file["model_cfg"]["text_cfg"].update(no_causal_mask=True),
            "model_cfg.text_cfg: no_causal_mask True is not supported",
        ),
        (
            lambda file: file["model_cfg"]["text_cfg"].update(tokenizer_kwargs={"clean": "canonicalize"}),
            "model_cfg.text_cfg: tokenizer_kwargs.clean 'canonicalize' is not supported",
        ),
        (
            lambda file: file["model_cfg"]["text_cfg"].update(heads=5),
            "text_config: hidden_size 32 is not a multiple of num_attention_heads 5",
        ),
        (
            lambda file: file["model_cfg"]["vision_cfg"].update(head_width=100),
            "vision_config.num_attention_heads: Input should be greater than 0",
        ),
        (
            lambda file: file["model_cfg"]["vision_cfg"].update(mlp_ratio=0.001),
            "vision_config.intermediate_size: Input should be greater than 0",
        ),
        (lambda file: file["model_cfg"]["text_cfg"].update(pool_type="eos"), "eos_id 2 is not the tokenizer's"),
        (lambda file: file["preprocess_cfg"].update(resize_mode="longest"), "resize_mode 'longest' is not supported"),
        (lambda file: file["preprocess_cfg"].update(blur=1), "preprocess_cfg: blur is not known"),
    ],
)
def test_what_is_not_computed_is_refused(directory, tmp_path, change, message):
    with pytest.raises(DataError) as raised:
        load_encoder(rewrite(directory, tmp_path / "changed", change))
    assert f"{tmp_path}/changed/open_clip_config.json: " in str(raised.value)
    assert message in str(raised.value)


def test_a_vocabulary_that_is_not_open_clip_s_own_is_refused(directory, tmp_path):
    changed = rewrite(directory, tmp_path / "own", lambda file: file["model_cfg"]["text_cfg"].pop("hf_tokenizer_name"))
    with pytest.raises(DataError, match=r"open_clip has OpenAI's 49,408; add the tokenizer.json of openai/clip-vit"):
        load_encoder(changed)


def test_missing_files_are_named_with_what_to_add(directory, tmp_path):
    copy = shutil.copytree(directory, tmp_path / "bare")
    (copy / "tokenizer.json").unlink()
    with pytest.raises(
        DataError, match=r"tokenizer\.json: no such file; add that of tested, with which open_clip reads"
    ):
        load_encoder(copy)
    (copy / "open_clip_model.safetensors").rename(copy / "open_clip_pytorch_model.bin")
    with pytest.raises(DataError, match=r"Convert open_clip_pytorch_model\.bin, .*'open_clip_model\.safetensors'"):
        load_encoder(copy)


def test_weights_that_are_missing_or_unknown_are_named(directory, tmp_path):
    deeper = rewrite(directory, tmp_path / "deep", lambda file: file["model_cfg"]["text_cfg"].update(layers=3))
    with pytest.raises(DataError, match=r"no tensor 'transformer\.resblocks\.2\..*'; is open_clip_config\.json that"):
        load_encoder(deeper)
    flatter = rewrite(directory, tmp_path / "flat", lambda file: file["model_cfg"]["text_cfg"].update(layers=1))
    with pytest.raises(DataError, match=r"unknown tensor 'transformer\.resblocks\.1\."):
        load_encoder(flatter)
