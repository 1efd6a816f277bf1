from collections.abc import Iterator

import pytest

from tests.vitrine.data.download.web import Web, served


@pytest.fixture
def web() -> Iterator[Web]:
    with served() as web:
        yield web
