import pytest

from tests.vitrine.search import shop


@pytest.fixture(scope="session")
def products():
    return shop.catalogue()


@pytest.fixture(scope="session")
def encoder():
    return shop.HashingEncoder()


@pytest.fixture(scope="session")
def sides(encoder):
    return shop.sides(encoder)


@pytest.fixture(scope="session")
def classifier_dir(tmp_path_factory):
    return shop.save_classifier(tmp_path_factory.mktemp("classifier"))
