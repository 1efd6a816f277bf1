"""Tiny random encoders of texts and images, and the products that they are tuned on."""

from pathlib import Path

import pyarrow as pa
import pytest

from tests.vitrine.encoders.conftest import clip_tokenizer_directory, make_checkpoint  # noqa: F401
from tests.vitrine.encoders.siglip.conftest import make_siglip, siglip_tokenizer_directory  # noqa: F401
from tests.vitrine.tuning.image_text.shop import FIELDS, judged_queries, write_catalogue
from vitrine.encoders.checkpoint import Checkpoint, read_checkpoint
from vitrine.encoders.loading import image_text_encoder
from vitrine.tuning.image_text.products import Products, read_products
from vitrine.tuning.judged_texts import JudgedTexts, judged_texts


@pytest.fixture(scope="session")
def image_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("striped")


@pytest.fixture(scope="session")
def catalogue(image_root: Path) -> pa.Table:
    return write_catalogue(image_root)


@pytest.fixture(scope="session")
def clip(make_checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:  # noqa: F811
    return read_checkpoint(make_checkpoint(tmp_path_factory.mktemp("clip")))


@pytest.fixture(scope="session")
def siglip(make_siglip, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:  # noqa: F811
    return read_checkpoint(make_siglip(tmp_path_factory.mktemp("siglip")))


@pytest.fixture(scope="session")
def products(catalogue: pa.Table, image_root: Path, clip: Checkpoint, tmp_path_factory) -> Products:
    sizes = image_text_encoder(clip).sizes
    return read_products(catalogue, FIELDS, image_root, sizes, tmp_path_factory.mktemp("pixels"))


@pytest.fixture(scope="session")
def judged(catalogue: pa.Table) -> JudgedTexts:
    return judged_texts(judged_queries(), catalogue, FIELDS)
