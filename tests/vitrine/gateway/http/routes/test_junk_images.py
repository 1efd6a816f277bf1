"""Image queries that show no product, at a gateway whose catalogue has the detector."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.vitrine.gateway.conftest import gateway
from tests.vitrine.search.shop import image_bytes
from tests.vitrine.search.shop_images import noise_bytes, shop_detector


@pytest.fixture(scope="module")
def strict(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway over `shop`, which refuses noise, and `other`, which refuses no image."""
    serving = tmp_path_factory.mktemp("strict") / "serving"
    shutil.copytree(pushed, serving)
    shop_detector().write(serving / "index" / "1")
    with gateway({"catalogues": {"shop": {"serving": serving}, "other": {"serving": pushed}}}) as client:
        yield client


def upload(client: httpx.Client, content: bytes, **form: str) -> dict:
    files = {"file": ("a.png", content, "image/png")}
    return client.post("/predict-image", files=files, data=form).raise_for_status().json()


def test_noise_gets_no_results_and_a_message(strict: httpx.Client) -> None:
    answer = upload(strict, noise_bytes(), catalogue="shop")
    assert answer["junk"]
    assert answer["results"] == []
    assert answer["total"] == 0
    assert answer["categories"] == []
    assert answer["message"] == "No product here looks like this image; try another image, or describe it in words."


def test_the_refusal_can_be_refused(strict: httpx.Client) -> None:
    answer = upload(strict, noise_bytes(), catalogue="shop", anyway="true")
    assert not answer["junk"]
    assert answer["total"] > 0


def test_images_of_products_are_searched(strict: httpx.Client) -> None:
    answer = upload(strict, image_bytes("red"), catalogue="shop")
    assert not answer["junk"]
    assert answer["results"][0]["product_id"].startswith("red")


@pytest.mark.parametrize("form", [{"query": "red mug"}, {"filters": '{"category": ["mug"]}'}])
def test_words_or_a_filter_beside_the_image_are_searched(strict: httpx.Client, form: dict[str, str]) -> None:
    assert upload(strict, noise_bytes(), catalogue="shop", **form)["total"] > 0


def test_a_catalogue_that_refuses_no_image_answers(strict: httpx.Client) -> None:
    answer = upload(strict, noise_bytes(), catalogue="all")
    assert answer["route"]["catalogues"] == ["other"]
    assert answer["total"] > 0


def test_every_page_of_a_refused_image_is_empty(strict: httpx.Client) -> None:
    pages = [upload(strict, noise_bytes(), catalogue="shop", offset=offset, k="5") for offset in ("0", "5")]
    assert all(page["junk"] and not page["results"] for page in pages)
