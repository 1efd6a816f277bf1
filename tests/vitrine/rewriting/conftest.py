import pytest

from tests.vitrine.rewriting.fake_model import FakeModel, mends, served


@pytest.fixture(scope="session")
def served_model():
    with served(FakeModel()) as model:
        yield model


@pytest.fixture
def model(served_model):
    served_model.behaviour = mends
    for record in (served_model.bodies, served_model.headers, served_model.paths):
        record.clear()
    return served_model
