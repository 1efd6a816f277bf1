"""Tiny random encoders of texts and images, and the products that they are tuned on."""

from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.reference.client import Reference
from tests.vitrine.encoders.conftest import clip_tokenizer_directory, make_checkpoint  # noqa: F401
from tests.vitrine.encoders.open_clip.conftest import make_open_clip  # noqa: F401
from tests.vitrine.encoders.siglip.conftest import make_siglip, siglip_tokenizer_directory  # noqa: F401
from tests.vitrine.tuning.image_text.shop import COLORS, FIELDS, GOODS, STRIPES, judged_queries, write_catalogue
from vitrine.encoders.checkpoint import Checkpoint, read_checkpoint
from vitrine.encoders.image_text_families import image_text_encoder
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
def chinese_clip(reference: Reference, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    directory = tmp_path_factory.mktemp("chinese_clip")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "in", ",", *COLORS, *STRIPES, *GOODS]
    layers = {"num_hidden_layers": 2, "num_attention_heads": 4}
    text = layers | {"vocab_size": 40, "hidden_size": 32, "intermediate_size": 48, "max_position_embeddings": 64}
    vision = layers | {"hidden_size": 40, "intermediate_size": 56, "image_size": 32, "patch_size": 8}
    config = {"text_config": text, "vision_config": vision, "projection_dim": 24}
    sizes = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    reference("chinese_clip.write", directory=directory, words=words, config=config, processor=sizes, seed=0, noise=0.1)
    return read_checkpoint(directory)


@pytest.fixture(scope="session")
def products(catalogue: pa.Table, image_root: Path, clip: Checkpoint, tmp_path_factory) -> Products:
    sizes = image_text_encoder(clip).sizes
    return read_products(catalogue, FIELDS, image_root, sizes, tmp_path_factory.mktemp("pixels"))


@pytest.fixture(scope="session")
def judged(catalogue: pa.Table) -> JudgedTexts:
    return judged_texts(judged_queries(), catalogue, FIELDS)
