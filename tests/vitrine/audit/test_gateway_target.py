from pathlib import Path

import pytest

from tests.vitrine.gateway.conftest import gateway
from tests.vitrine.search import shop
from vitrine.audit.gateway_target import GatewayTarget, remote_target
from vitrine.audit.local_target import exported_target, local_target
from vitrine.errors import DataError, NetworkError


def test_an_engine_in_this_process_answers_as_the_gateway_at_an_address_does(
    target: GatewayTarget, serving: Path
) -> None:
    with (
        gateway({"catalogues": {"shop": {"serving": serving}}}) as client,
        remote_target(str(client.base_url)) as remote,
    ):
        queries = ["red mug", "blue shoe", "xqzt wvut", ""]
        assert remote.search(queries) == target.search(queries)
        image = shop.image_bytes("green")
        assert remote.search_images([image]) == target.search_images([image])


def test_an_answer_has_the_products_and_what_is_known_of_them(target: GatewayTarget) -> None:
    (answer,) = target.search(["red mug"], k=3)
    assert len(answer.hits) == 3
    best = answer.hits[0]
    assert (best.product_id, best.title, best.color, best.category, best.has_image) == (
        "red-mug", "red mug", "red", "mug", True,
    )  # fmt: skip
    assert sum(best.esci.values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("query", ["", "a" * 10_000])
def test_a_request_that_is_rejected_is_a_refusal_with_its_reason(target: GatewayTarget, query: str) -> None:
    (answer,) = target.search([query])
    assert answer.refused
    assert answer.hits == ()
    assert "the request is not valid" in answer.message


def test_an_exported_model_needs_no_push(serving: Path, target: GatewayTarget) -> None:
    with exported_target(serving / "product_search" / "1", serving / "index" / "1") as exported:
        assert exported.search(["red mug"]) == target.search(["red mug"])


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such directory"), local_target(tmp_path / "none"):
        pass


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "127.0.0.1:9"])
def test_an_address_without_a_gateway_is_named(url: str) -> None:
    with pytest.raises(NetworkError, match="no gateway that can be audited"), remote_target(url):
        pass
