from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.label_endpoint import LabelEndpoint, served
from tests.vitrine.judging.shop import label_of, write_shop


@pytest.fixture
def endpoint() -> Iterator[LabelEndpoint]:
    with served(LabelEndpoint(label_of)) as running:
        yield running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_shop(tmp_path / "data")
