import httpx
from prometheus_client.parser import text_string_to_metric_families


def test_models_tells_what_can_be_asked(client: httpx.Client) -> None:
    answer = client.get("/models").json()
    assert answer["experiment"] is None
    assert answer["rewriting"] == "rules"
    (shop,) = answer["catalogues"]
    assert (shop["name"], shop["version"], shop["backend"], shop["products"]) == ("shop", 1, "in_process", 20)
    assert shop["searches_images"] is True
    assert shop["judged_by"] == "judged 75% by rules over the catalogue, not by people"
    assert shop["default"] is True
    assert shop["facets"]["brand"][0] == {"value": "Avelo", "count": 7}


def test_health_and_readiness(client: httpx.Client) -> None:
    assert client.get("/health").json() == {"status": "ok", "catalogues": {}}
    assert client.get("/ready").json() == {"status": "ok", "catalogues": {"shop": "ok"}}


def test_prometheus_reads_what_was_counted(client: httpx.Client) -> None:
    client.post("/predict", json={"query": "red mug"})
    client.get("/products/none")
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    requests = {(sample.labels["route"], sample.labels["status"]) for sample in families["vitrine_requests"].samples}
    assert ("/predict", "200") in requests
    assert ("/products/{product_id}", "404") in requests
    searches = [sample for sample in families["vitrine_searches"].samples if sample.name.endswith("_total")]
    assert any(
        sample.labels == {"kind": "text", "route": "only", "outcome": "found"} and sample.value for sample in searches
    )
    assert not any(
        "none" in label for sample in families["vitrine_requests"].samples for label in sample.labels.values()
    )


def test_feedback_is_accepted(client: httpx.Client) -> None:
    response = client.post("/predict", json={"query": "red mug"}).json()
    body = {"request_id": response["request_id"], "product_id": "red-mug", "kind": "click", "position": 1}
    response = client.post("/feedback", json=body)
    assert (response.status_code, response.json()) == (202, {"status": "accepted"})
    assert client.post("/feedback", json={**body, "kind": "look"}).status_code == 422
