"""The catalogue of drawings, and the table of encoders that know them or mistake them."""

import pytest

from tests.vitrine.benchmark.encoders.drawings import DrawingEncoder, write_drawings
from vitrine.benchmark.encoders.product_rows import Data
from vitrine.benchmark.encoders.table import compare_encoders
from vitrine.benchmark.encoders.table_json import EncoderTable


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return write_drawings(tmp_path_factory.mktemp("drawings") / "data")


@pytest.fixture(scope="session")
def figures(drawings: Data) -> EncoderTable:
    """The table of an encoder that mistakes everything, one that knows all, its copy, and one of texts."""
    encoders = {
        "mistaken": DrawingEncoder(wrong=5),
        "good": DrawingEncoder(),
        "copy": DrawingEncoder(),
        "texts": DrawingEncoder(images=False),
    }
    return {"name": "drawings", **compare_encoders(drawings, encoders), "seconds": 1.0}
