import io
import json
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.vitrine.search.shop import image_bytes


def search(client: httpx.Client, query: str, **more: Any) -> Any:
    response = client.post("/predict", json={"query": query, **more})
    assert response.status_code == 200, response.text
    return response.json()


def ids(answer: Any) -> list[str]:
    return [result["product_id"] for result in answer["results"]]


def test_words_find_products_with_their_label_and_the_reason(client: httpx.Client) -> None:
    answer = search(client, "red mug", k=3)
    best = answer["results"][0]
    assert (best["product_id"], best["title"], best["brand"], best["price"]) == ("red-mug", "red mug", "Avelo", None)
    assert best["label"] == "E"
    assert sum(best["esci"].values()) == pytest.approx(1, abs=1e-5)
    assert list(best["esci"]) == ["E", "S", "C", "I"]
    assert best["why"]["words"] == ["red", "mug"]
    assert best["why"]["by_text"] > 1
    assert best["why"]["summary"].startswith("Has “red” and “mug”")
    assert [result["rank"] for result in answer["results"]] == [1, 2, 3]
    assert answer["route"] == {"catalogues": ["shop"], "reason": "only"}
    assert answer["versions"] == {"shop": 1}
    assert answer["total"] == 20


def test_pages_follow_each_other_without_gap_or_overlap(client: httpx.Client) -> None:
    whole = search(client, "blue shoe", k=20)
    pages = [search(client, "blue shoe", k=6, offset=offset) for offset in (0, 6, 12, 18)]
    assert [product_id for page in pages for product_id in ids(page)] == ids(whole)
    assert [result["rank"] for result in pages[3]["results"]] == [19, 20]
    assert ids(search(client, "blue shoe", offset=100)) == []


def test_a_diverse_search_keeps_the_best_result_and_its_pages_follow_each_other(client: httpx.Client) -> None:
    plain, diverse = (search(client, "blue shoe", k=20, diversity=diversity) for diversity in (0, 0.7))
    assert (plain["diversity"], diverse["diversity"]) == ({"shop": 0.0}, {"shop": 0.7})
    assert ids(plain) == ids(search(client, "blue shoe", k=20))
    assert ids(diverse) != ids(plain)
    assert ids(diverse)[0] == ids(plain)[0] == "blue-shoe"
    scores = {result["product_id"]: result["score"] for result in plain["results"]}
    assert {result["product_id"]: result["score"] for result in diverse["results"]} == scores
    pages = [search(client, "blue shoe", k=6, offset=offset, diversity=0.7) for offset in (0, 6, 12, 18)]
    assert [product_id for page in pages for product_id in ids(page)] == ids(diverse)


def test_a_diverse_search_keeps_to_filters_and_to_the_minimum_score(client: httpx.Client) -> None:
    asked = {"filters": {"category": ["mug", "shoe"]}, "facets": True, "k": 20}
    plain, diverse = (search(client, "red mug", diversity=diversity, **asked) for diversity in (0, 0.9))
    assert sorted(ids(diverse)) == sorted(ids(plain))
    assert ids(diverse) != ids(plain)
    assert diverse["facets"] == plain["facets"]
    middle = plain["results"][3]["score"]
    best = search(client, "red mug", diversity=0.9, min_score=middle, **asked)
    assert ids(best) == [result["product_id"] for result in diverse["results"] if result["score"] >= middle]


def test_diversity_has_no_effect_on_sorted_results(client: httpx.Client) -> None:
    plain, diverse = (search(client, "red mug", sort="price_asc", **more) for more in ({}, {"diversity": 0.9}))
    assert ids(diverse) == ids(plain)
    assert diverse["diversity"] == {"shop": 0.0}


def test_an_image_is_searched_with_diversity(client: httpx.Client) -> None:
    plain, diverse = (upload(client, image_bytes("red"), k="8", **more).json() for more in ({}, {"diversity": "0.8"}))
    assert diverse["diversity"] == {"shop": 0.8}
    assert ids(diverse) != ids(plain)
    assert len({result["product_id"].split("-")[0] for result in diverse["results"]}) > len(
        {result["product_id"].split("-")[0] for result in plain["results"]}
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"category": ["MUG"]}, {"red-mug", "green-mug", "blue-mug", "white-mug"}),
        ({"category": ["mug", "lamp"], "color": ["blue"]}, {"blue-mug", "blue-lamp"}),
        ({"color": ["deep blue"], "category": ["shoe"]}, {"blue-shoe"}),
        ({"price_min": 7.0, "price_max": 10.0}, {"green-mug", "blue-mug"}),
        ({"price_max": 4.0}, set()),
        ({"brand": ["nobody"]}, set()),
    ],
)
def test_filters_find_all_that_passes_and_nothing_else(
    client: httpx.Client, filters: dict[str, Any], expected: set[str]
) -> None:
    answer = search(client, "red mug", filters=filters)
    assert set(ids(answer)) == expected
    assert answer["total"] == len(expected)
    assert (answer["message"] is None) == bool(expected)


def test_a_minimum_score_leaves_out_what_is_worse(client: httpx.Client) -> None:
    scores = [result["score"] for result in search(client, "red mug", k=20)["results"]]
    assert len(ids(search(client, "red mug", min_score=scores[3]))) == 4


def test_facets_count_everything_found_not_only_the_page(client: httpx.Client) -> None:
    facets = search(client, "mug", k=1, filters={"category": ["mug"]}, facets=True)["facets"]
    assert {count["value"] for count in facets["color"]} == {"red", "green", "deep blue", "white"}
    assert (facets["price_min"], facets["price_max"]) == (7.5, 12.5)
    assert search(client, "mug", k=1)["facets"] is None


def test_facets_of_a_filtered_field_keep_its_alternatives(client: httpx.Client) -> None:
    filters = {"category": ["mug"], "color": ["red"], "price_max": 50}
    facets = search(client, "mug", filters=filters, facets=True)["facets"]
    without = {
        "category": {"color": ["red"], "price_max": 50},
        "color": {"category": ["mug"], "price_max": 50},
        "price_max": {"category": ["mug"], "color": ["red"]},
        "brand": filters,
    }
    for field, others in without.items():
        assert facets[field] == search(client, "mug", filters=others, facets=True)["facets"][field]
    assert len(facets["category"]) > 1
    assert len(facets["color"]) == 3  # the red mug has no price


def test_facets_keep_to_the_minimum_score_and_to_the_corrected_query(client: httpx.Client) -> None:
    options = {"filters": {"category": ["mug"]}, "facets": True}
    score = search(client, "mug")["results"][2]["score"]
    few = search(client, "mug", min_score=score, **options)["facets"]["category"]
    assert sum(count["count"] for count in few) == 3
    assert search(client, "red mugg", **options)["facets"] == search(client, "red mug", **options)["facets"]


def test_a_misspelt_word_is_corrected_and_said_so(client: httpx.Client) -> None:
    answer = search(client, "red shiirt")
    assert answer["rewritten"]["query"] == "red shirt"
    assert answer["rewritten"]["changes"] == [{"kind": "spelling", "before": "shiirt", "after": "shirt"}]
    assert answer["results"][0]["why"]["words"] == ["red", "shirt"]
    assert search(client, "red shiirt", rewrite=False)["rewritten"] is None


def test_gibberish_is_answered_as_such(client: httpx.Client) -> None:
    answer = search(client, "xqzt wvkk pfgh")
    assert answer["junk"] is True
    assert answer["results"] == []
    assert "matches these words" in answer["message"]
    assert len(search(client, "xqzt wvkk pfgh", anyway=True)["results"]) == 20


def upload(client: httpx.Client, content: bytes, **form: Any) -> httpx.Response:
    return client.post("/predict-image", files={"file": ("a.png", content, "image/png")}, data=form)


def test_an_image_finds_products_that_look_like_it(client: httpx.Client) -> None:
    answer = upload(client, image_bytes("red"), k="4").json()
    assert answer["kind"] == "image"
    assert all(product_id.startswith("red-") for product_id in ids(answer))


def test_words_change_the_results_of_an_image(client: httpx.Client) -> None:
    answer = upload(client, image_bytes("red"), query="shoe", image_share="0.5").json()
    assert answer["kind"] == "both"
    assert ids(answer)[0] == "red-shoe"
    assert ids(upload(client, image_bytes("red"), query="blue shoe", image_share="0").json())[0] == "blue-shoe"


def test_words_beside_an_image_are_rewritten_unless_this_is_disabled(client: httpx.Client) -> None:
    assert upload(client, image_bytes("red"), query="shiirt").json()["rewritten"]["query"] == "shirt"
    assert upload(client, image_bytes("red"), query="shiirt", rewrite="false").json()["rewritten"] is None


def test_a_search_by_image_can_be_filtered(client: httpx.Client) -> None:
    answer = upload(client, image_bytes("red"), filters=json.dumps({"category": ["lamp"]})).json()
    assert {product_id.split("-")[1] for product_id in ids(answer)} == {"lamp"}


@pytest.mark.parametrize("filters", ["{", "[1]", '{"brand": "x"}', '{"size": ["x"]}', "[" * 9000])
def test_broken_filters_of_a_form_are_refused(client: httpx.Client, filters: str) -> None:
    response = upload(client, image_bytes("red"), filters=filters)
    assert response.status_code == 422
    assert response.json()["error"].startswith("the request is not valid: filters")


@pytest.mark.parametrize("content", [b"", b"no image", image_bytes("red")[:60], b"<svg/>"])
def test_other_content_is_refused(client: httpx.Client, content: bytes) -> None:
    response = upload(client, content)
    assert response.status_code == 415
    assert response.json()["error"].startswith("the image cannot be read: ")
    assert response.json()["error"].endswith(
        "; send a JPEG, PNG, GIF, WEBP, BMP or AVIF image, such as the same image saved as JPEG"
    )


def test_a_format_that_is_not_read_is_named(client: httpx.Client) -> None:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200
    assert "an HEIC image, which is not read" in upload(client, heic).json()["error"]
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    assert "an SVG drawing, which is not read" in upload(client, drawing).json()["error"]


def test_a_small_avif_is_searched(client: httpx.Client) -> None:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(image_bytes("red"))).convert("RGB").resize((64, 64)).save(buffer, "AVIF")
    assert upload(client, buffer.getvalue()).json()["results"][0]["product_id"].startswith("red-")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "the body has no Content-Type header; send it as application/json"),
        ({"content-type": "text/plain"}, "the body has the content type text/plain; send it as application/json"),
        (
            {"content-type": "application/x-www-form-urlencoded"},
            "the body has the content type application/x-www-form-urlencoded; send it as application/json",
        ),
    ],
)
def test_a_body_of_no_or_another_content_type_is_said(client: httpx.Client, headers: dict[str, str], said: str) -> None:
    response = client.post("/predict", content=b'{"query": "red mug"}', headers=headers)
    assert response.status_code == 422
    assert response.json()["error"] == f"the request is not valid: {said}"


def test_an_image_that_is_no_form_is_said(client: httpx.Client) -> None:
    response = client.post("/predict-image", content=image_bytes("red"), headers={"content-type": "image/png"})
    assert response.status_code == 422
    assert "the body has the content type image/png; send it as multipart/form-data" in response.json()["error"]


def test_json_that_is_no_object_is_told_about_the_json(client: httpx.Client) -> None:
    response = client.post("/predict", json=[1])
    assert "Content-Type" not in response.text
    assert "content type" not in response.text


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "query: Field required"),
        ({"query": "   "}, "query: String should have at least 1 character"),
        ({"query": "x" * 1001}, "query: String should have at most 1000 characters"),
        ({"query": "mug", "k": 0}, "k: Input should be greater than or equal to 1"),
        ({"query": "mug", "colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"query": "mug", "filters": {"price_min": 3, "price_max": 2}}, "filters: price_min is greater than price_max"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(client: httpx.Client, body: Any, detail: str) -> None:
    response = client.post("/predict", json=body)
    assert response.status_code == 422
    assert response.json()["details"] == [detail]
    assert response.json()["request_id"] == response.headers["x-request-id"]


def test_any_text_is_a_query(client: httpx.Client) -> None:
    for query in ("'; DROP TABLE", "\x00", "🦄🦄", "ＭＵＧ", "a" * 1000, "\u202eabc"):
        assert client.post("/predict", json={"query": query}).status_code == 200


def test_older_clients_are_answered(client: httpx.Client) -> None:
    response = client.post("/search_products/", json={"query": "red mug", "top_k": 2})
    assert response.json()["results"][0]["product_id"] == "red-mug"
    assert len(response.json()["results"]) == 2


def test_a_catalogue_can_be_named(client: httpx.Client) -> None:
    answer = client.post("/shop/search", json={"query": "red mug"}).json()
    assert answer["route"] == {"catalogues": ["shop"], "reason": "named"}
    missing = client.post("/nowhere/search", json={"query": "red mug"})
    assert missing.status_code == 404
    assert missing.json()["error"] == "no catalogue 'nowhere'; there are shop"


def test_without_an_experiment_its_paths_say_what_is_missing(client: httpx.Client) -> None:
    response = client.post("/search_a", json={"query": "red mug"})
    assert response.status_code == 404
    assert "experiment:" in response.json()["error"]
