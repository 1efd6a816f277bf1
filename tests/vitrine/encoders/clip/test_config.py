"""CLIP's settings in current and older files of transformers."""

import json

import pytest

from vitrine.encoders.checkpoint import CONFIG, Checkpoint
from vitrine.encoders.clip.config import ClipConfig, clip_config
from vitrine.errors import DataError

TEXT = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4, "vocab_size": 600, "eos_token_id": 599}

TEXT_CONFIG = ClipConfig(text_config=TEXT).text_config


def read(fields: dict) -> ClipConfig:
    return clip_config(Checkpoint("here", {CONFIG: json.dumps(fields).encode()}, {}))


def test_fields_that_transformers_omits_have_its_defaults(reference):
    config, theirs = read({"model_type": "clip"}), reference("clip.settings", fields={})
    for tower in ("text_config", "vision_config"):
        ours = getattr(config, tower).model_dump()
        assert ours == {name: theirs[tower][name] for name in ours}
    assert config.projection_dim == theirs["projection_dim"]


@pytest.mark.parametrize(
    "fields",
    [
        {"text_config": TEXT},
        {"text_config": {"hidden_size": 512, "hidden_act": "gelu"}, "text_config_dict": TEXT},
        {"text_config": None, "text_config_dict": TEXT, "vision_config": None, "vision_config_dict": None},
    ],
)
def test_older_files_mean_what_transformers_takes_them_for(reference, fields):
    config, theirs = (
        read(fields).text_config.model_dump(),
        reference("clip.settings", fields=fields)["text_config"],
    )
    assert config == {name: theirs[name] for name in config}


def test_a_written_file_reads_as_the_same_settings_here_and_there(reference):
    settings = ClipConfig(text_config=TEXT, projection_dim=24)
    assert read(settings.as_file()) == settings
    assert reference("clip.settings", fields=settings.as_file())["text_config"]["hidden_size"] == 32


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"text_config": TEXT | {"hidden_act": "relu"}},
            "text_config.hidden_act: Input should be 'quick_gelu', 'gelu' or",
        ),
        ({"text_config": TEXT | {"num_attention_heads": 5}}, "text_config: hidden_size 32 is not a multiple of"),
        ({"vision_config": {"patch_size": 0}}, "vision_config.patch_size: Input should be greater than 0"),
        ({"vision_config": {"image_size": "big"}}, "vision_config.image_size: "),
        ({"projection_dim": None}, "projection_dim: "),
        ({"text_config": [1]}, "text_config: "),
        ({"auto_map": {"AutoModel": "custom.Clip"}}, "'auto_map' ("),
        ({"quantization_config": {"bits": 8}}, "'quantization_config' ("),
        ({"text_config": TEXT | {"is_decoder": True}}, "text_config: is_decoder True is not supported; False is"),
        (
            {"text_config": TEXT | {"model_type": "xlm-roberta"}},
            "text_config: model_type 'xlm-roberta' is not supported",
        ),
        ({"vision_config": {"num_channels": 4}}, "vision_config: num_channels 4 is not supported; 3 is"),
        ({"vision_config": {"layer_scale": 0.1}}, "vision_config: 'layer_scale' (0.1) is not known and may change"),
        ({"text_config": TEXT | {"eos_token_id": [1, 2]}}, "text_config.eos_token_id: "),
    ],
)
def test_unsupported_values_are_named_by_their_key(fields, message):
    with pytest.raises(DataError) as raised:
        read(fields)
    assert f"here/{CONFIG}: {message}" in str(raised.value)


def test_every_field_that_transformers_writes_is_known(reference):
    written = reference("clip.settings", fields={"text_config": TEXT})
    older = {"pruned_heads": {}, "torch_dtype": "float32", "add_cross_attention": False, "top_k": 50, "dropout": 0.0}
    assert (
        read(written | {"text_config": written["text_config"] | older, "vision_config": older}).text_config
        == TEXT_CONFIG
    )
