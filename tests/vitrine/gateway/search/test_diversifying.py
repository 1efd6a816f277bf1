"""Tests of the diversity of results: the catalogue's own, and a model that cannot give any."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import tensorflow as tf

from tests.vitrine.gateway.conftest import gateway, push
from vitrine.saved_model.saving import save


def search(client: httpx.Client, **more: Any) -> httpx.Response:
    return client.post("/predict", json={"query": "red mug", "k": 20, **more})


@pytest.fixture(scope="module")
def diverse(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway over the shop, built with diversity."""
    serving = tmp_path_factory.mktemp("serving")
    push(pushed, serving, 1)
    path = serving / "index" / "1" / "index.json"
    description = json.loads(path.read_text())
    path.write_text(json.dumps(description | {"settings": description["settings"] | {"diversity": 0.6}}))
    with gateway({"catalogues": {"shop": {"serving": serving}}}) as client:
        yield client


def test_the_diversity_of_the_catalogue_holds_unless_a_request_names_another(
    diverse: httpx.Client, client: httpx.Client
) -> None:
    own, none = search(diverse).json(), search(diverse, diversity=0).json()
    assert (own["diversity"], none["diversity"]) == ({"shop": 0.6}, {"shop": 0.0})
    assert own["results"] == search(client, diversity=0.6).json()["results"]
    assert none["results"] == search(client).json()["results"] != own["results"]


def test_a_model_of_an_earlier_release_searches_without_diversity_only(pushed: Path, tmp_path: Path) -> None:
    push(pushed, tmp_path, 1)
    model = tmp_path / "product_search" / "1"
    loaded = tf.saved_model.load(str(model))
    earlier = {name: loaded.signatures[name] for name in loaded.signatures if not name.startswith("diversify")}
    save(loaded, tmp_path / "earlier", earlier)
    shutil.rmtree(model)
    (tmp_path / "earlier").rename(model)
    with gateway({"catalogues": {"shop": {"serving": tmp_path}}}) as client:
        assert search(client).status_code == 200
        refused = search(client, diversity=0.5)
    assert refused.status_code == 400
    assert refused.json()["error"] == (
        "catalogue shop: version 1 has no signature diversify; run the pipeline again, or search without diversity"
    )
