"""Tests of the route that explains a result."""

import pytest

from tests.vitrine.search import shop


def explanation(client, product_id="red-mug", image=None, **form):
    files = {"file": ("photo.png", image, "image/png")} if image else None
    return client.post(f"/products/{product_id}/explanation", data=form, files=files)


def test_words_and_the_product_s_image_are_explained(client):
    answer = explanation(client, query="red mug")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [each["word"] for each in body["words"]] == ["red", "mug"]
    patches = body["product_image"]["patches"]
    assert [len(row) for row in patches] == [4] * 4
    assert sum(map(sum, patches)) == pytest.approx(1, abs=1e-3)
    assert body["product_image"]["region"] == {"left": 0, "top": 0, "width": 1, "height": 1}
    assert body["query_image"] is None


def test_a_product_without_an_image_has_no_map(client):
    assert explanation(client, "white-mug", query="white mug").json()["product_image"] is None


def test_an_image_is_explained_on_both_sides(client):
    body = explanation(client, image=shop.image_bytes("red")).json()
    assert body["words"] == []
    assert body["product_image"]["similarity"] == body["query_image"]["similarity"] == pytest.approx(1, abs=1e-3)


def test_an_explanation_needs_a_query(client):
    answer = explanation(client, query=" ")
    assert answer.status_code == 400
    assert "nothing to explain" in answer.json()["error"]


def test_an_unknown_product_and_an_unreadable_image_are_named(client):
    assert explanation(client, "nope", query="red mug").status_code == 404
    assert explanation(client, image=b"no image").status_code == 415
