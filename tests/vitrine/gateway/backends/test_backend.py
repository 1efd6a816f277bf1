"""The same model gives the same answers and the same errors in this process, over gRPC and over REST."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.vitrine.gateway.model_server import call_backend, remote
from tests.vitrine.search.shop import DIMENSION, image_bytes
from vitrine.data.columns import PRODUCT_TEXT
from vitrine.gateway.backends.backend import Backend, string_tensor
from vitrine.gateway.backends.in_process import InProcessBackend
from vitrine.gateway.settings import Grpc, Rest
from vitrine.saved_model.status import ApiError

VECTOR = np.random.default_rng(1).normal(size=(1, DIMENSION)).astype(np.float32)
ANYTHING = string_tensor(b"")
SOME = string_tensor(bytes([0b00001111, 0, 0]))
GIVEN = {
    "product_id": np.array([[b"a", b"b"]], object),
    **{name: np.array([[b"red mug", b""]], object) for name in PRODUCT_TEXT},
    "has_text": np.array([[True, False]]),
    "has_image": np.array([[True, True]]),
    "text_vector": np.stack([VECTOR, 0 * VECTOR], axis=1),
    "image_vector": np.stack([-VECTOR, VECTOR], axis=1),
}
INPUTS = {
    "embed_text": {"query": string_tensor("red mug \N{UNICORN FACE} \0")},
    "embed_image": {"image_bytes": string_tensor(image_bytes("red"))},
    "rank_text": {"query": string_tensor("red mug"), "embedding": VECTOR, "allowed": ANYTHING},
    "rank_image": {"embedding": VECTOR, "allowed": SOME},
    "rank_both": {
        "query": string_tensor("shoe"),
        "text_embedding": VECTOR,
        "image_embedding": -VECTOR,
        "image_share": np.array([0.3], np.float32),
        "allowed": ANYTHING,
    },
    "rerank_text": {"query": string_tensor("red mug"), "embedding": VECTOR, **GIVEN},
    "rank_similar": {"product_id": string_tensor("red-mug"), "allowed": SOME},
    "diversify": {
        "product_id": np.array([[b"red-mug", b"red-shoe", b"blue-lamp", b""]], object),
        "score": np.array([[0.9, 0.8, 0.7, 0.0]], np.float32),
        "diversity": np.array([0.5], np.float32),
    },
}
Make = Callable[[], Backend]
LONG_TIMEOUT_SECONDS = 60.0
"""A timeout in seconds for tests that are not about time, because the machine may be busy."""


@pytest.fixture(params=["in_process", "grpc", "rest"])
def make(request: pytest.FixtureRequest, servables: Any) -> Make:
    """Makes each kind of backend over the same model."""
    if request.param == "in_process":
        return lambda: InProcessBackend(servables, "product_search")
    if request.param == "grpc":
        return lambda: remote(Grpc(target=request.getfixturevalue("grpc_target"), timeout_seconds=LONG_TIMEOUT_SECONDS))
    return lambda: remote(Rest(url=request.getfixturevalue("rest_url"), timeout_seconds=LONG_TIMEOUT_SECONDS))


@pytest.mark.parametrize("signature", INPUTS)
def test_every_signature_answers_as_the_model_does(make: Make, servables: Any, signature: str) -> None:
    answer = call_backend(make, lambda backend: backend.call(1, signature, INPUTS[signature]))
    (model,) = (servable for servable in servables.loaded() if servable.name == "product_search")
    expected = model.signature(signature).run(INPUTS[signature])
    assert answer.keys() == expected.keys()
    for name, array in expected.items():
        assert answer[name].dtype == array.dtype
        np.testing.assert_array_equal(answer[name], array)


def test_the_outputs_of_no_results_have_their_shapes(make: Make) -> None:
    nothing = INPUTS["rank_similar"] | {"product_id": string_tensor("unknown")}
    answer = call_backend(make, lambda backend: backend.call(1, "rank_similar", nothing))
    assert (answer["product_id"] == b"").all()
    assert answer["esci"].shape == (*answer["product_id"].shape, 4)


def test_versions_and_signatures_are_those_that_are_loaded(make: Make) -> None:
    async def ask(backend: Backend) -> Any:
        return await backend.versions(), await backend.signatures(1)

    versions, signatures = call_backend(make, ask)
    assert versions == [1]
    assert set(INPUTS) <= signatures


@pytest.mark.parametrize(
    ("version", "inputs", "code"),
    [
        (2, INPUTS["rank_text"], "NOT_FOUND"),
        (1, INPUTS["rank_text"] | {"embedding": np.ones((1, 3), np.float32)}, "INVALID_ARGUMENT"),
        (1, {"query": string_tensor("red mug")}, "INVALID_ARGUMENT"),
        (1, INPUTS["rank_text"] | {"allowed": SOME.repeat(2)}, "INVALID_ARGUMENT"),
    ],
)
def test_errors_have_the_same_code(make: Make, version: int, inputs: Any, code: str) -> None:
    with pytest.raises(ApiError) as raised:
        call_backend(make, lambda backend: backend.call(version, "rank_text", inputs))
    assert raised.value.code == code
    assert raised.value.message


def test_of_a_version_that_is_not_loaded_there_are_no_signatures(make: Make) -> None:
    with pytest.raises(ApiError) as raised:
        call_backend(make, lambda backend: backend.signatures(7))
    assert raised.value.code == "NOT_FOUND"


def test_an_unknown_model_has_no_versions(servables: Any, grpc_target: str, rest_url: str) -> None:
    for make in (
        lambda: InProcessBackend(servables, "nope"),
        lambda: remote(Grpc(target=grpc_target, model="nope", timeout_seconds=LONG_TIMEOUT_SECONDS)),
        lambda: remote(Rest(url=rest_url, model="nope", timeout_seconds=LONG_TIMEOUT_SECONDS)),
    ):
        assert call_backend(make, lambda backend: backend.versions()) == []
