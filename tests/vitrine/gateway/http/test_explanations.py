"""Tests of the route that explains a result."""

from tests.vitrine.search import shop


def explanation(client, product_id="red-mug", image=None, **form):
    files = {"file": ("photo.png", image, "image/png")} if image else None
    return client.post(f"/products/{product_id}/explanation", data=form, files=files)


def test_words_are_explained_and_a_model_that_does_not_explain_images_has_no_map(client):
    answer = explanation(client, query="red mug")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [each["word"] for each in body["words"]] == ["red", "mug"]
    assert body["product_image"] is body["query_image"] is None


def test_an_explanation_needs_a_query(client):
    answer = explanation(client, query=" ")
    assert answer.status_code == 400
    assert "nothing to explain" in answer.json()["error"]


def test_an_unknown_product_and_an_unreadable_image_are_named(client):
    assert explanation(client, "nope", query="red mug").status_code == 404
    assert explanation(client, image=b"no image").status_code == 415


def test_an_image_alone_has_no_words(client):
    body = explanation(client, image=shop.image_bytes("red")).json()
    assert body["words"] == []
