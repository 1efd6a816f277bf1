from collections.abc import Sequence

import pytest

from vitrine.data.sample.products import Product, make_products
from vitrine.data.sample.queries import Query, make_queries
from vitrine.data.sample.settings import SampleSettings


@pytest.fixture(scope="session")
def settings() -> SampleSettings:
    return SampleSettings()


@pytest.fixture(scope="session")
def products(settings: SampleSettings) -> Sequence[Product]:
    return make_products(settings)


@pytest.fixture(scope="session")
def queries(products: Sequence[Product], settings: SampleSettings) -> Sequence[Query]:
    return list(make_queries(products, settings))
