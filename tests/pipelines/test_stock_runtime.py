"""The models of the sample's run in TensorFlow 2.18's own runtime: every signature has the answer of our server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.vitrine.serving.stock_runtime.requests import requests
from tests.vitrine.serving.stock_runtime.runtime import (
    StockRuntime,
    listed_ops,
    missing_from,
    read_answer,
    write_requests,
)
from tests.vitrine.serving.stock_runtime.same import SINGLE, assert_same
from tests.vitrine.serving.stock_runtime.sessions import opened
from vitrine.saved_model.session import SavedModelSession

pytestmark = pytest.mark.slow
MODELS = ("product_search", "esci_classifier")


@pytest.fixture(scope="module")
def directories(request: pytest.FixtureRequest) -> dict[str, Path]:
    """The directories of the models that the sample's run has pushed, or of those that VITRINE_SAMPLE_SERVING names."""
    named = os.environ.get("VITRINE_SAMPLE_SERVING")
    serving = Path(named) if named else request.getfixturevalue("sample_run").serving
    return {name: next((serving / name).iterdir()) for name in MODELS}


@pytest.fixture(scope="module")
def models(directories: dict[str, Path]) -> Iterator[dict[str, SavedModelSession]]:
    with opened(directories) as sessions:
        yield sessions


@pytest.fixture(scope="module")
def products(directories: dict[str, Path]) -> list[str]:
    """The ids of three products."""
    directory = directories["product_search"]
    vectors = directory.parents[1] / "index" / directory.name / "vectors.parquet"
    return parquet.read_table(vectors, columns=["product_id"])["product_id"].slice(0, 3).to_pylist()


@pytest.mark.parametrize("name", MODELS)
def test_the_runtime_has_every_operation_and_attribute(name: str, directories: dict[str, Path]) -> None:
    assert missing_from(listed_ops(), directories[name]) == set()


def test_every_signature_has_our_servers_answer(
    models: dict[str, SavedModelSession], directories: dict[str, Path], products: list[str], tmp_path: Path
) -> None:
    runtime = StockRuntime.installed(tmp_path)
    asked = {name: requests(model, products) for name, model in models.items()}
    root = tmp_path / "asked"
    for name, inputs in asked.items():
        write_requests(root / name, directories[name], inputs, optimized=False)
    runtime.ask(root)
    for name, inputs in asked.items():
        for signature, given in inputs.items():
            answer = read_answer(root / name / signature)
            assert not isinstance(answer, str), f"{signature}: {answer}"
            assert_same(answer, models[name].signature(signature).run(given), signature, SINGLE)
