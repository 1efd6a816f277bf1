"""A tiny encoder, and the judgements that it is tuned on."""

from pathlib import Path

import pytest

from benchmarks.reference.client import Reference
from tests.vitrine.tuning.shop import FIELDS, tables, write_bert
from vitrine.encoders.checkpoint import Checkpoint, read_checkpoint
from vitrine.tuning.judged_texts import JudgedTexts, judged_texts


@pytest.fixture(scope="session")
def encoder_directory(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Path:
    return write_bert(reference, tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="session")
def source(encoder_directory: Path) -> Checkpoint:
    return read_checkpoint(encoder_directory)


@pytest.fixture(scope="session")
def judged() -> JudgedTexts:
    return judged_texts(*tables(144), FIELDS)
