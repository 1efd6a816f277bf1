"""SigLIP checkpoints of open_clip, against open_clip and timm on the same random weights."""

import json
import shutil

import numpy as np
import pytest

from tests.vitrine.encoders.open_clip.native_layout import assert_written_as_it_came
from tests.vitrine.encoders.small_encoders import noise_images
from vitrine.encoders.layouts import open_checkpoint
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.open_clip.siglip import HEADS, NAME, TANH
from vitrine.errors import DataError

TEXTS = ["Red striped mug", "", "Café, “crème”! 猫 it’s_350ml", "long " * 200, " \n mug-mug  ﬁne"]
VISION = {"img_size": 32, "patch_size": 8, "embed_dim": 48, "depth": 2, "num_heads": 12, "mlp_ratio": 2.5}
TIMM = {"timm_model_name": "vit_base_patch16_siglip_224", "timm_pool": "map", "timm_proj": "none", "image_size": 32}
TEXT = {"context_length": 20, "width": 32, "heads": 4, "layers": 2, "vocab_size": 400, "hf_tokenizer_name": "tested"}
TEXT |= {"no_causal_mask": True, "proj_bias": True, "pool_type": "last", "norm_kwargs": {"eps": 1e-6}}
TEXT |= {"tokenizer_kwargs": {"clean": "canonicalize"}}
SQUASHED = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"}
IMAGES = noise_images([(33, 32), (200, 300), (64, 64), (20, 25)])


@pytest.fixture(scope="module")
def make(reference, tmp_path_factory):
    """A function that writes a checkpoint with an image tower of timm's name, and fields of the text tower."""
    tokenizer = tmp_path_factory.mktemp("gemma")
    corpus = ["red striped mug", "blue ceramic plates set of 4", "the dogs bowl", "café crème fine"]
    options = {"add_bos_token": False, "add_eos_token": True, "padding_side": "right"}
    written = {"texts": corpus, "size": 380, "kind": "GemmaTokenizer", **options}
    reference("siglip.write_gemma_tokenizer", directory=tokenizer, **written)

    older = tmp_path_factory.mktemp("t5")
    reference("siglip.write_t5_tokenizer", directory=older, texts=corpus * 4, size=120, pad_token="</s>")

    def write(directory, name=TIMM["timm_model_name"], vision=VISION, t5=False, **text):
        shutil.copytree(older if t5 else tokenizer, directory, dirs_exist_ok=True)
        towers = {"vision_cfg": TIMM | {"timm_model_name": name}, "text_cfg": TEXT | text}
        config = {"embed_dim": 48, "init_logit_bias": -10, "custom_text": True, **towers}
        options = {"preprocess": SQUASHED, "seed": 0, "noise": 0.1}
        reference("open_clip.write_siglip", directory=directory, config=config, vision=vision, **options)
        return directory

    return write


@pytest.fixture(scope="module")
def directory(make, tmp_path_factory):
    return make(tmp_path_factory.mktemp("siglip"))


@pytest.fixture(scope="module")
def t5_directory(make, tmp_path_factory):
    return make(tmp_path_factory.mktemp("siglip_t5"), t5=True)


@pytest.mark.parametrize(
    ("name", "vision", "text"),
    [
        ("vit_base_patch16_siglip_224", VISION, {}),
        ("vit_so400m_patch14_siglip_384", VISION | {"num_heads": 16, "img_size": 36}, {"mlp_ratio": 3.7362}),
        ("vit_giantopt_patch16_siglip_256", VISION | {"num_heads": 16, "act_layer": "gelu_tanh"}, {}),
        ("vit_base_patch16_siglip_256", VISION, {"act_kwargs": {"approximate": "tanh"}}),
        ("vit_base_patch16_siglip_224", VISION, {"t5": True}),
    ],
)
def test_vectors_are_those_of_open_clip(make, reference, tmp_path, name, vision, text):
    vision = vision | {"img_size": 32}
    directory = make(tmp_path, name, vision, **text)
    encoder = load_encoder(directory)
    texts = reference("open_clip.embed_texts", directory=directory, texts=TEXTS, vision=vision)
    np.testing.assert_allclose(encoder.encode_text(TEXTS), texts, atol=1e-5)
    pictures = reference("open_clip.embed_images", directory=directory, images=IMAGES, vision=vision)
    np.testing.assert_allclose(encoder.encode_image(IMAGES), pictures, atol=1e-5)
    half = load_encoder(directory, "bfloat16")
    assert (half.encode_text(TEXTS) * texts).sum(axis=1).min() > 0.999
    assert (half.encode_image(IMAGES) * pictures).sum(axis=1).min() > 0.999


def test_heads_and_activations_are_those_of_timm(reference):
    towers = reference("open_clip.siglip_towers")
    assert len(towers) > 10
    for name, (heads, approximate) in towers.items():
        kind = NAME.fullmatch(name)
        assert kind is not None
        assert (HEADS[kind[1]], "tanh" if TANH.match(name) else "none") == (heads, approximate), name


def test_temperature_and_bias_have_the_shapes_of_transformers(directory):
    tensors = open_checkpoint(directory).tensors
    assert tensors["logit_scale"].shape == tensors["logit_bias"].shape == (1,)
    assert tensors["logit_bias"][0] < -9


def test_in_its_own_layout_a_checkpoint_is_written_as_it_came(directory, tmp_path):
    assert_written_as_it_came(directory, tmp_path / "native")


def test_a_saved_encoder_gives_equal_vectors(directory, tmp_path):
    encoder = load_encoder(directory)
    encoder.save(tmp_path / "saved")
    again = load_encoder(tmp_path / "saved")
    assert again.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(again.encode_text(TEXTS), encoder.encode_text(TEXTS))
    np.testing.assert_array_equal(again.encode_image(IMAGES), encoder.encode_image(IMAGES))


@pytest.mark.parametrize(
    ("tower", "change", "message"),
    [
        (
            "vision_cfg",
            {"timm_model_name": "convnext_base"},
            "timm_model_name 'convnext_base' is not supported; SigLIP's",
        ),
        ("vision_cfg", {"timm_model_name": "vit_base_patch16_siglip_gap_224"}, "siglip_gap_224' is not supported"),
        ("text_cfg", {"tokenizer_kwargs": None}, "model_cfg.text_cfg: tokenizer_kwargs is missing"),
        ("vision_cfg", {"timm_pool": "avg"}, "model_cfg.vision_cfg: timm_pool 'avg' is not supported"),
        ("vision_cfg", {"timm_proj": "linear"}, "model_cfg.vision_cfg: timm_proj 'linear' is not supported"),
        ("text_cfg", {"pool_type": "argmax"}, "model_cfg.text_cfg: pool_type 'argmax' is not supported"),
        ("text_cfg", {"no_causal_mask": False}, "model_cfg.text_cfg: no_causal_mask False is not supported"),
        ("text_cfg", {"tokenizer_kwargs": {"clean": "lower"}}, "tokenizer_kwargs.clean 'lower' is not supported"),
        ("text_cfg", {"heads": 5}, "text_config: hidden_size 32 is not a multiple of num_attention_heads 5"),
        ("text_cfg", {"layers": 1}, "unknown tensor 'text.transformer.resblocks.1."),
    ],
)
def test_what_is_not_computed_is_refused(directory, tmp_path, tower, change, message):
    copy = shutil.copytree(directory, tmp_path / "changed")
    fields = json.loads((copy / "open_clip_config.json").read_text())
    fields["model_cfg"][tower] |= change
    (copy / "open_clip_config.json").write_text(json.dumps(fields))
    with pytest.raises(DataError) as raised:
        load_encoder(copy)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("tokenizer.json", {"model": [1]}, "tokenizer.json: model: expected an object, found list"),
        ("tokenizer.json", {"model": {"type": "Unigram", "unk_id": 2}}, "tokenizer.json: not a tokenizer ("),
        (
            "tokenizer.json",
            {"model": {"type": "Unigram", "unk_id": 2, "vocab": [3]}},
            "tokenizer.json: not a tokenizer (",
        ),
        ("tokenizer.json", {"normalizer": {"type": "Sequence"}}, "tokenizer.json: not a tokenizer ("),
        ("tokenizer.json", {"normalizer": "NFC"}, "tokenizer.json: not a tokenizer ("),
        ("tokenizer_config.json", {"pad_token": {"id": 0}}, "tokenizer.json: no token None; T5's vocabulary has it"),
        ("tokenizer_config.json", {"pad_token": ["<pad>"]}, "tokenizer.json: no token ['<pad>']; T5's vocabulary has"),
    ],
)
def test_files_of_t5_s_tokenizer_that_cannot_be_read_are_named(t5_directory, tmp_path, file, change, message):
    copy = shutil.copytree(t5_directory, tmp_path / "changed")
    fields = json.loads((copy / file).read_text())
    (copy / file).write_text(json.dumps(fields | change))
    with pytest.raises(DataError) as raised:
        load_encoder(copy)
    assert str(raised.value).startswith(f"{copy}/{message}")
    assert "\n" not in str(raised.value)
