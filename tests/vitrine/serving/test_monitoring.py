"""Metrics as Prometheus reads them: parsed by Prometheus' own client library."""

import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families

from vitrine.serving.monitoring import MICROSECONDS, Metrics, exponential_buckets


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    page = metrics.page().decode()
    return {
        # The parser gives every counter the suffix that its own library would.
        (sample.name if sample.name in page else sample.name.removesuffix("_total"), tuple(sample.labels.items())):
            sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }  # fmt: skip


def test_requests_are_counted_by_status_and_timed_where_they_succeed() -> None:
    metrics = Metrics()
    metrics.request("shop", "Predict", "REST", "OK", 50e-6)
    metrics.request("shop", "Predict", "REST", "OK", 5.0)
    metrics.request("shop", "Predict", "GRPC", "INVALID_ARGUMENT", 1.0)
    counted = samples(metrics)
    assert counted[":tensorflow:serving:request_count", (("model_name", "shop"), ("status", "OK"))] == 2
    assert counted[":tensorflow:serving:request_count", (("model_name", "shop"), ("status", "INVALID_ARGUMENT"))] == 1
    labels = (("model_name", "shop"), ("API", "predict"), ("entrypoint", "REST"))
    assert counted[":tensorflow:serving:request_latency_count", labels] == 2
    assert counted[":tensorflow:serving:request_latency_sum", labels] == pytest.approx(5_000_050)
    buckets = {
        dict(key)["le"]: value
        for (name, key), value in counted.items()
        if name == ":tensorflow:serving:request_latency_bucket"
    }
    assert len(buckets) == len(MICROSECONDS) + 1
    assert (buckets["32.4"], buckets["58.32"], buckets["708235"], buckets["+Inf"]) == (0, 1, 1, 2)
    assert not any("GRPC" in dict(key).values() for name, key in counted if "latency" in name)


def test_the_two_front_ends_spell_the_call_as_tf_serving_does() -> None:
    metrics = Metrics()
    for entrypoint in ("REST", "GRPC"):
        metrics.request("shop", "Classify", entrypoint, "OK", 1e-3)
    page = metrics.page().decode()
    assert 'API="classify",entrypoint="REST"' in page
    assert 'API="Classify",entrypoint="GRPC"' in page


def test_examples_and_loads_are_counted() -> None:
    metrics = Metrics()
    metrics.examples("shop", 3)
    metrics.load('/serving/"shop"/1', True, 1.5)
    metrics.load('/serving/"shop"/1', False, 0.5)
    counted = samples(metrics)
    assert counted[":tensorflow:serving:request_example_count_total", (("model", "shop"),)] == 3
    assert counted[":tensorflow:serving:request_example_counts_bucket", (("model", "shop"), ("le", "2"))] == 0
    assert counted[":tensorflow:serving:request_example_counts_bucket", (("model", "shop"), ("le", "4"))] == 1
    path = ("model_path", '/serving/"shop"/1')
    assert counted[":tensorflow:cc:saved_model:load_attempt_count", (path, ("status", "success"))] == 1
    assert counted[":tensorflow:cc:saved_model:load_attempt_count", (path, ("status", "fail"))] == 1
    assert counted[":tensorflow:cc:saved_model:load_latency", (path,)] == 2e6


def test_counters_keep_their_names() -> None:
    metrics = Metrics()
    metrics.request("shop", "Predict", "REST", "OK", 1.0)
    assert metrics.page().startswith(b"# TYPE :tensorflow:serving:request_count counter\n")


def test_nothing_counted_is_an_empty_page() -> None:
    assert samples(Metrics()) == {}


def test_limits_grow_by_a_factor() -> None:
    assert exponential_buckets(10, 1.8, 3) == pytest.approx((10, 18, 32.4))


def test_threads_lose_no_count() -> None:
    metrics = Metrics()

    def count() -> None:
        for _ in range(2_000):
            metrics.request("shop", "Predict", "REST", "OK", 1e-3)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert samples(metrics)[":tensorflow:serving:request_count", (("model_name", "shop"), ("status", "OK"))] == 8_000
