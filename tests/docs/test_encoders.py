"""The tables of docs/ENCODERS.md against the loader and the settings."""

import json
import re

import pytest
from safetensors.numpy import save_file

from tests.conftest import ROOT
from tests.vitrine.encoders.small_encoders import CONFIGS
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.sentence.families import FAMILIES
from vitrine.encoders.sentence.heads import ACTIVATIONS
from vitrine.encoders.sentence.modules import HEADS
from vitrine.encoders.sentence.pooling import MODES
from vitrine.encoders.settings import EncoderSettings
from vitrine.errors import DataError

PAGE = (ROOT / "docs" / "ENCODERS.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table of a section, without its header."""
    text = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_families_of_sentence_encoders_are_those_of_the_loader(tmp_path):
    listed = {family.strip("`"): kind for family, kind, _ in rows("Supported checkpoints")}
    assert {family for family, kind in listed.items() if kind == "sentence"} == set(FAMILIES) == set(CONFIGS)
    for family in listed:
        (tmp_path / "config.json").write_text(json.dumps({"model_type": family}))
        save_file({}, tmp_path / "model.safetensors")
        with pytest.raises(DataError) as raised:
            load_encoder(tmp_path)
        assert "model_type" not in str(raised.value)


def test_each_model_is_of_a_supported_family():
    assert {family for _, family, *_ in rows("Choose a text encoder")} <= set(FAMILIES)


def test_every_setting_has_its_row():
    named = {name for row in rows("Settings") for name in re.findall(r"`(\w+)`", row[0])}
    assert named == set(EncoderSettings.model_fields)


def test_every_module_pooling_and_activation_is_named():
    table = str(rows("Modules of a sentence encoder"))
    for name in (*MODES, *HEADS, *ACTIVATIONS):
        assert name in table
