"""The full run of the sample with defaults: its minimal metrics, and its outputs."""

import base64
import json
import resource
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from pipelines.metadata.records import NodeRecord, latest_run
from tests.conftest import PROGRAM, ROOT, SampleRun, Vitrine, environment, log_end
from tests.pipelines.tiny_runs.conftest import RESOLVERS
from tests.waiting import HANG_SECONDS
from vitrine.search.local_client import SearchClient

PUSHED = ("esci_classifier", "index", "product_search")
PUSHERS = ("Pusher-esci-classifier", "Pusher-index", "Pusher-product-search")
RANKINGS = ("random", "bm25", "similarity", "search_model")
SIGNATURES = {
    *("serving_default", "search_image", "search_embedding", "embed_text", "embed_image", "classify"),
    *("predict_category", "predict_category_image", "predict_category_embedding"),
    *("explain_text", "explain_image", "explain_image_embedding"),
}


@pytest.fixture(scope="module")
def report(sample_run: SampleRun) -> dict[str, Any]:
    return sample_run.report


@pytest.fixture(scope="module")
def nodes(sample_run: SampleRun) -> dict[str, NodeRecord]:
    return latest_run(sample_run.output / "metadata.db")


@pytest.fixture(scope="module")
def version(sample_run: SampleRun) -> str:
    """The single version that was pushed."""
    (number,) = {path.name for path in sample_run.serving.glob("*/*")}
    return number


# What the report holds


def test_the_report_is_strict_json_with_every_part(sample_run: SampleRun) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = (sample_run.output / "report.json").read_text(encoding="utf-8")
    report = json.loads(text, parse_constant=refuse)
    assert {"counts", "floors", "classifier", "ranking", "seconds", "pushed"} <= set(report)
    assert (report["name"], report["status"], report["error"], report["refused"]) == ("sample", "pushed", None, [])


def test_it_counts_the_sample(report: dict[str, Any], sample_run: SampleRun) -> None:
    def rows(pattern: str) -> pyarrow.Table:
        return pyarrow.csv.read_csv(next(sample_run.data.glob(pattern)))

    counts = report["counts"]
    assert counts["products"] == rows("catalogue/*.csv").num_rows
    for split in ("train", "eval"):
        judgements = rows(f"judgements/{split}/*.csv")
        assert counts["judgements"][split] == judgements.num_rows
        assert counts["queries"][split] == len(judgements["query_id"].unique())


@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize("metric", ["ndcg@10", "ndcg", "mrr", "recall@10"])
def test_every_ranking_metric_has_its_interval(report: dict[str, Any], ranking: str, metric: str) -> None:
    estimate = report["ranking"][ranking][metric]
    assert set(estimate) == {"value", "low", "high"}
    assert 0 <= estimate["low"] <= estimate["value"] <= estimate["high"] <= 1


def test_floors_stand_beside_the_classifier(report: dict[str, Any]) -> None:
    assert {"majority_accuracy", "random_ndcg@10"} <= set(report["floors"])
    for classifier in (report["classifier"], report["classifier"]["query_only"]):
        assert {"accuracy", "macro_f1", "kappa"} <= set(classifier)


def test_every_node_has_its_time(report: dict[str, Any]) -> None:
    assert set(report["seconds"]) == set(report["states"])
    assert set(report["states"].values()) == {"done"}
    assert {"ClipTrainer", "EmbeddingGen", "Transform", "Trainer", "Evaluator", "SearchModelGen", "RetrievalEvaluator",
            "CategoryTrainer", "FeatureRegistrar", *PUSHERS} <= set(report["seconds"])  # fmt: skip
    assert all(seconds >= 0 for seconds in report["seconds"].values())
    assert report["seconds"]["ClipTrainer"] > 1
    assert set(report["peak_mib"]) == set(report["states"])
    assert all(100 < peak < 8000 for peak in report["peak_mib"].values())


def test_the_readable_report_is_what_the_command_prints(sample_run: SampleRun, vitrine: Vitrine) -> None:
    done = vitrine("report", "--run", sample_run.output)
    assert done.stdout == (sample_run.output / "report.md").read_text(encoding="utf-8")
    assert done.stdout.splitlines()[0] == f"# Run `sample`: pushed; {sample_run.report['summary']}"
    value = sample_run.report["ranking"]["search_model"]["ndcg@10"]["value"]
    assert f"| search model     | {value:.3f} [" in done.stdout
    as_json = vitrine("report", "--run", sample_run.output, "--json")
    assert json.loads(as_json.stdout) == sample_run.report


def test_the_run_says_what_it_reached_and_how_to_ask(sample_run: SampleRun) -> None:
    lines = sample_run.printed.stdout.splitlines()
    value = sample_run.report["ranking"]["search_model"]["ndcg@10"]["value"]
    assert any(line.startswith(f"nDCG@10 {value:.3f} (BM25 ") for line in lines)
    assert f"The search model is {sample_run.report['summary']}." in lines
    assert lines[-1] == f'try it: vitrine search "…" --serving {sample_run.serving}'
    assert sample_run.printed.stderr == ""


# Minimal metrics of the sample; docs/BENCHMARKS.md has the measured ones


def test_the_search_model_ranks_better_than_each_baseline(report: dict[str, Any]) -> None:
    reached = {name: report["ranking"][name]["ndcg@10"]["value"] for name in RANKINGS}
    assert reached["search_model"] >= 0.9
    assert reached["search_model"] > reached["bm25"] + 0.05
    assert reached["search_model"] > reached["similarity"]
    assert min(reached["bm25"], reached["similarity"]) > reached["random"]


def test_the_category_head_is_better_than_the_names_of_the_categories(report: dict[str, Any]) -> None:
    for figures in report["categories"]["inputs"].values():
        assert figures["head"]["macro_f1"] >= 0.9
        assert figures["head"]["macro_f1"] > figures["zero_shot"]["macro_f1"] > figures["majority"]["macro_f1"]


def test_the_classifier_reads_the_pair(report: dict[str, Any]) -> None:
    assert report["classifier"]["macro_f1"] >= 0.8


def test_the_query_alone_says_no_more_than_the_majority_class(report: dict[str, Any]) -> None:
    floor = report["floors"]["majority_accuracy"]
    assert report["classifier"]["query_only"]["accuracy"] <= floor + 0.03
    assert report["classifier"]["accuracy"] > floor + 0.2


def test_images_find_products_of_their_category(report: dict[str, Any]) -> None:
    assert report["image_search"]["category_precision@5"]["value"] >= 0.9


# What is pushed


def test_everything_is_pushed_under_one_version_and_nothing_is_left_over(
    sample_run: SampleRun, report: dict[str, Any], version: str
) -> None:
    assert version.isdecimal()
    assert sorted(path.relative_to(sample_run.serving).as_posix() for path in sample_run.serving.glob("*/*")) == [
        f"{name}/{version}" for name in PUSHED
    ]
    assert report["pushed"] == {name: str(sample_run.serving / name / version) for name in PUSHED}


def signatures(model: Path) -> set[str]:
    graph = saved_model_pb2.SavedModel.FromString((model / "saved_model.pb").read_bytes())
    return set(graph.meta_graphs[0].signature_def)


def test_the_search_model_is_complete(sample_run: SampleRun, version: str) -> None:
    model = sample_run.serving / "product_search" / version
    assert (model / "saved_model.pb").is_file()
    assert (model / "variables" / "variables.index").is_file()
    warmup = model / "assets.extra" / "tf_serving_warmup_requests"
    records = sum(1 for _ in tf.data.TFRecordDataset(str(warmup)))
    assert 1 <= records <= 1000
    assert signatures(model) >= SIGNATURES


def test_the_classifier_is_complete(sample_run: SampleRun, version: str) -> None:
    model = sample_run.serving / "esci_classifier" / version
    assert signatures(model) >= {"serving_default", "classify"}


def test_the_index_has_every_product(sample_run: SampleRun, report: dict[str, Any], version: str) -> None:
    import faiss

    index = sample_run.serving / "index" / version
    table = pyarrow.parquet.read_table(index / "vectors.parquet")
    described = json.loads((index / "index.json").read_text(encoding="utf-8"))
    products = report["counts"]["products"]
    assert table.num_rows == described["count"] == faiss.read_index(str(index / "index.faiss")).ntotal == products
    assert table.schema.field("text_vector").type.list_size == described["dimension"] == report["encoder"]["dimension"]


# How it answers


@pytest.fixture(scope="module")
def exact(sample_run: SampleRun) -> dict[str, set[str]]:
    """Products judged exact, by held-out query."""
    table = pyarrow.csv.read_csv(next(sample_run.data.glob("judgements/eval/*.csv")))
    products: dict[str, set[str]] = {}
    for row in table.to_pylist():
        if row["esci_label"] == "E":
            products.setdefault(row["query"], set()).add(row["product_id"])
    return products


@pytest.fixture(scope="module")
def categories(sample_run: SampleRun) -> dict[str, str]:
    """Each product's category."""
    table = pyarrow.csv.read_csv(next(sample_run.data.glob("catalogue/*.csv")))
    return dict(zip(table["product_id"].to_pylist(), table["category"].to_pylist(), strict=True))


def test_words_find_products_of_their_kind(
    sample_run: SampleRun, vitrine: Vitrine, exact: dict[str, set[str]], categories: dict[str, str]
) -> None:
    query = min(exact, key=lambda text: (len(text), text))
    wanted = {categories[product] for product in exact[query]}
    done = vitrine("search", query, "--serving", sample_run.serving, "-k", 5, "--json")
    hits = json.loads(done.stdout)
    assert len(hits) == 5
    assert sum(categories[hit["product_id"]] in wanted for hit in hits) >= 4, (query, hits)
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    for hit in hits:
        assert set(hit["esci"]) == {"E", "S", "C", "I"}
        assert sum(hit["esci"].values()) == pytest.approx(1, abs=1e-3)
    assert done.stderr == ""


def test_most_held_out_queries_find_a_product_that_was_judged_exact(
    sample_run: SampleRun, exact: dict[str, set[str]]
) -> None:
    # Of the whole catalogue, in which many more products are as good as the few that were judged.
    results = SearchClient(sample_run.serving).search(list(exact), 5)
    answered = sum(
        bool(wanted & {hit.product_id for hit in hits}) for wanted, hits in zip(exact.values(), results, strict=True)
    )
    assert answered / len(exact) > 0.7


def test_an_image_finds_its_own_product(sample_run: SampleRun, vitrine_here: Vitrine) -> None:
    catalogue = pyarrow.csv.read_csv(next(sample_run.data.glob("catalogue/*.csv"))).to_pylist()
    product = next(row for row in catalogue if row["image"] and row["product_id"] != sample_run.torn)
    image = sample_run.data / "images" / product["image"]
    done = vitrine_here("search", "--image", image, "--serving", sample_run.serving, "-k", 5, "--json")
    assert product["product_id"] in {hit["product_id"] for hit in json.loads(done.stdout)}


def test_without_json_a_table_is_printed(sample_run: SampleRun, vitrine_here: Vitrine) -> None:
    done = vitrine_here("search", "red", "striped", "mug", "--serving", sample_run.serving, "-k", 3)
    assert done.returncode == 0
    assert "red striped mug" in done.stdout
    assert done.stdout.count("%") == 3


# How it is served


@pytest.fixture(scope="module")
def addresses(sample_run: SampleRun) -> Iterator[tuple[str, str]]:
    """REST's URL and gRPC's address of `vitrine serve` with the pushed models."""
    command = [*PROGRAM, "serve", "--serving", str(sample_run.serving), "--port", "0", "--grpc-port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[2], process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def served(addresses: tuple[str, str]) -> str:
    return addresses[0]


def predicted(url: str, model: str, **body: Any) -> Any:
    """Return the answer of `predict`: rows for `instances`, columns for `inputs`."""
    response = httpx.post(f"{url}/v1/models/{model}:predict", json=body, timeout=HANG_SECONDS)
    assert response.status_code == 200, response.text
    return response.json()["predictions" if "instances" in body else "outputs"]


@pytest.mark.parametrize("model", ["esci_classifier", "product_search"])
def test_both_models_are_available(served: str, model: str, version: str) -> None:
    (status,) = httpx.get(f"{served}/v1/models/{model}", timeout=HANG_SECONDS).json()["model_version_status"]
    assert (status["version"], status["state"], status["status"]["error_code"]) == (version, "AVAILABLE", "OK")


def test_over_http_words_and_images_get_the_answers_of_the_command(served: str, sample_run: SampleRun) -> None:
    client = SearchClient(sample_run.serving)
    queries = ["red striped mug", "wool socks for men", ""]
    answers = predicted(served, "product_search", instances=queries)
    for hits, answer in zip(client.search(queries), answers, strict=True):
        assert [hit.product_id for hit in hits] == answer["product_id"]
        assert [hit.score for hit in hits] == pytest.approx(answer["score"], abs=1e-5)
    image = max((sample_run.data / "images").iterdir()).read_bytes()
    encoded = {"b64": base64.b64encode(image).decode()}
    (answer,) = predicted(served, "product_search", signature_name="search_image", instances=[encoded])
    assert [hit.product_id for hit in client.search_image([image])[0]] == answer["product_id"]


def test_over_grpc_the_answers_are_the_same(served: str, addresses: tuple[str, str]) -> None:
    queries = ["red striped mug", "wool socks for men"]
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "product_search"
    request.inputs["query"].CopyFrom(tf.make_tensor_proto(queries))
    with grpc.insecure_channel(addresses[1]) as channel:
        response = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=60)
    outputs = {name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()}
    expected = predicted(served, "product_search", inputs=queries)
    assert np.char.decode(outputs["product_id"].astype(bytes)).tolist() == expected["product_id"]
    np.testing.assert_allclose(outputs["score"], expected["score"], atol=1e-5)


def test_over_http_pairs_are_classified_and_no_rows_have_no_answer(served: str, sample_run: SampleRun) -> None:
    catalogue = pyarrow.csv.read_csv(next(sample_run.data.glob("catalogue/*.csv")))
    pairs = {"query": ["red mug", "red mug"], "product_id": [catalogue["product_id"][0].as_py(), "no-such-product"]}
    nothing: dict[str, list[str]] = {name: [] for name in pairs}
    known, unknown = predicted(served, "product_search", signature_name="classify", inputs=pairs)
    assert (sum(known), sum(unknown)) == (pytest.approx(1, abs=1e-4), 0)
    assert predicted(served, "product_search", signature_name="classify", inputs=nothing) == []


def test_over_http_queries_and_images_get_categories(
    served: str, sample_run: SampleRun, categories: dict[str, str]
) -> None:
    queries = {"query": ["red striped mug", "walnut table", "sunglasses"]}
    found = predicted(served, "product_search", signature_name="predict_category", inputs=queries)
    assert [row[0] for row in found["category"]] == ["mug", "table", "sunglasses"]
    assert found["probability"] == [sorted(row, reverse=True) for row in found["probability"]]
    assert {len(row) for row in (*found["category"], *found["probability"])} == {5}
    images = [path for path in sorted((sample_run.data / "images").iterdir()) if path.stem != sample_run.torn][:40]
    encoded = {"image_bytes": [{"b64": base64.b64encode(path.read_bytes()).decode()} for path in images]}
    found = predicted(served, "product_search", signature_name="predict_category_image", inputs=encoded)
    right = [row[0] == categories[path.stem] for row, path in zip(found["category"], images, strict=True)]
    assert np.mean(right) > 0.7


def test_over_http_the_classifier_reads_raw_pairs(
    served: str, sample_run: SampleRun, report: dict[str, Any], version: str
) -> None:
    index = pyarrow.parquet.read_table(sample_run.serving / "index" / version / "vectors.parquet").to_pylist()
    product = next(row for row in index if row["has_image"] and row["has_text"])
    vectors = {name: list(product[name]) for name in ("text_vector", "image_vector")}
    (vectors["query_vector"],) = predicted(
        served, "product_search", signature_name="embed_text", instances=[product["title"]]
    )
    text = dict.fromkeys(("title", "description", "brand", "color", "category"), "")
    row = {"query": product["title"], **text, "title": product["title"], "has_image": 1, **vectors}
    rows = [row, row | {"query": "tractor"}]
    exact, other = predicted(served, "esci_classifier", signature_name="classify", instances=rows)
    assert sum(exact["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert exact["expected_gain"] > other["expected_gain"]


def test_the_audit_finds_products_whose_text_and_image_disagree(
    sample_run: SampleRun, vitrine_here: Vitrine, tmp_path: Path
) -> None:
    options = ("catalogue", "audit", "--run", sample_run.output, "--csv", tmp_path / "findings.csv")
    findings = json.loads(vitrine_here(*options, "-n", 3, "--json").stdout)
    assert 1 <= len(findings) <= 9
    for finding in findings:
        assert finding["finding"] in {"category", "inputs"}
        if finding["finding"] == "inputs":
            assert finding["text_category"] != finding["image_category"]
    written = pyarrow.csv.read_csv(tmp_path / "findings.csv")
    assert written.num_rows >= len(findings)
    assert "Text and image say different categories: " in vitrine_here(*options).stdout


# What the run remembers


def test_an_image_that_cannot_be_decoded_is_reported_and_counts_as_missing(
    report: dict[str, Any], sample_run: SampleRun, version: str
) -> None:
    assert list(report["encoder"]["undecodable_images"]) == [sample_run.torn]
    index = pyarrow.parquet.read_table(sample_run.serving / "index" / version / "vectors.parquet").to_pylist()
    (row,) = [row for row in index if row["product_id"] == sample_run.torn]
    assert (row["has_image"], row["has_text"]) == (False, True)
    assert set(row["image_vector"]) == {0.0}
    assert f"- {sample_run.torn}: " in (sample_run.output / "report.md").read_text(encoding="utf-8")


def test_lineage_has_the_encoder_of_the_index(
    nodes: dict[str, NodeRecord], sample_run: SampleRun, report: dict[str, Any], version: str
) -> None:
    described = json.loads((sample_run.serving / "index" / version / "index.json").read_text(encoding="utf-8"))
    fingerprint = described["fingerprint"]
    assert len(fingerprint) == 64
    made = {
        "EmbeddingGen": ("query_embeddings", "product_embeddings"),
        "SearchModelGen": ("model", "index"),
        "FeatureRegistrar": ("feature_store",),
    }
    for name, keys in made.items():
        for key in keys:
            artifact = nodes[name].output(key)
            assert artifact is not None
            assert artifact.properties["fingerprint"] == fingerprint, (name, key)
            assert artifact.properties["dimension"] == described["dimension"], (name, key)
    queries, products = (nodes["EmbeddingGen"].output(key) for key in made["EmbeddingGen"])
    assert queries is not None
    assert products is not None
    assert queries.properties["count"] == sum(report["counts"]["queries"].values())
    assert products.properties["count"] == report["counts"]["products"]
    assert report["encoder"]["fingerprint"] == fingerprint


def test_the_lineage_of_what_was_pushed_has_its_data_its_encoder_and_its_code(
    sample_run: SampleRun, vitrine: Vitrine, report: dict[str, Any], version: str, tmp_path: Path
) -> None:
    graph = tmp_path / "lineage.svg"
    done = vitrine("lineage", "--version", version, "--output", sample_run.output, "--graph", graph, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    lineage = json.loads(done.stdout)
    assert [data["folder"] for data in lineage["data"]] == [
        str(sample_run.data / "catalogue"), str(sample_run.data / "judgements")
    ]  # fmt: skip
    assert all("total_bytes:" in data["fingerprint"] for data in lineage["data"])
    assert (lineage["encoder"]["kind"], lineage["encoder"]["source"]) == ("clip", "scratch")
    assert {vectors["fingerprint"] for vectors in lineage["vectors"]} == {report["encoder"]["fingerprint"]}
    nodes = {execution["node"] for execution in lineage["executions"]}
    makers = {"CatalogueExampleGen", "JudgementExampleGen", "ClipTrainer", "EmbeddingGen", "Transform", "Trainer"}
    assert makers | {"SearchModelGen"} <= lineage["code"].keys() <= nodes - RESOLVERS
    assert nodes >= {"AnomalyGate", "Evaluator", "RetrievalEvaluator", "Pusher-product-search"}
    assert all(f"{node} #" in graph.read_text(encoding="utf-8") for node in nodes)


def test_the_run_is_listed_with_its_metrics(sample_run: SampleRun, vitrine: Vitrine, version: str) -> None:
    done = vitrine("runs", "--output", sample_run.output, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    first = json.loads(done.stdout)[-1]
    metrics = json.loads((sample_run.output / "metrics.json").read_text(encoding="utf-8"))
    assert (first["status"], first["version"], first["metrics"]) == ("pushed", version, metrics)
    assert 10 < first["seconds"] <= sample_run.seconds


def test_the_trainings_are_recorded_in_mlflow(sample_run: SampleRun, report: dict[str, Any]) -> None:
    from mlflow.tracking import MlflowClient

    (store,) = sample_run.output.rglob("mlflow.db")
    client = MlflowClient(f"sqlite:///{store}")
    (experiment,) = [experiment for experiment in client.search_experiments() if experiment.name == "vitrine"]
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert {name: run.info.status for name, run in runs.items()} == {"pair": "FINISHED", "categories": "FINISHED"}
    scores = report["categories"]["inputs"]["image"]["head"]
    assert runs["categories"].data.metrics["image_macro_f1"] == pytest.approx(scores["macro_f1"])
    run = runs["pair"]
    assert run.data.params["model"] == "pair"
    assert run.data.metrics["macro_f1"] == pytest.approx(report["classifier"]["macro_f1"], abs=0.02)
    assert {"energy_kwh", "emissions_kg"} <= set(run.data.metrics)
    assert len(client.get_metric_history(run.info.run_id, "epoch_val_loss")) > 1
    assert any(tag.startswith("tfx.") for tag in run.data.tags)
    paths = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert {"model", "emissions.csv", "metrics.json"} <= paths


def test_emissions_lie_with_the_training(nodes: dict[str, NodeRecord]) -> None:
    model_run = nodes["Trainer"].output("model_run")
    assert model_run is not None
    table = pyarrow.csv.read_csv(Path(model_run.uri) / "emissions.csv")
    assert table.num_rows == 1
    assert table["emissions"][0].as_py() > 0


def test_the_noise_of_libraries_is_in_the_log(sample_run: SampleRun) -> None:
    assert "Component Trainer is finished." in log_end(sample_run.output, 10**7)
    assert "absl" not in sample_run.printed.stdout


# The benchmark


@pytest.fixture(scope="module")
def benchmarked(sample_run: SampleRun, vitrine: Vitrine) -> dict[str, Any]:
    """The figures of `vitrine benchmark` for the run."""
    arguments = ("--config", "configs/sample.yaml", "--set", f"data.dir={sample_run.data}", "--run", sample_run.output)
    done = vitrine("benchmark", *arguments, "--published", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_benchmark_measures_the_search_model_as_the_run_did(
    benchmarked: dict[str, Any], report: dict[str, Any]
) -> None:
    pools = benchmarked["rankings"]["pools"]
    for ours, theirs in (("search model, as served", "search_model"), ("BM25", "bm25"), ("random order", "random")):
        for metric in ("ndcg@10", "ndcg", "mrr"):
            assert pools[ours][metric] == pytest.approx(report["ranking"][theirs][metric], abs=1e-6), (ours, metric)
    # The report measures the served classes, which differ where measurements contradict the query.
    classifier = benchmarked["labels"]["pair classifier"]
    assert classifier["macro_f1"] == pytest.approx(report["classifier"]["macro_f1"], abs=0.01)


def test_the_benchmark_fuses_and_re_ranks_to_advantage(benchmarked: dict[str, Any]) -> None:
    pools = {name: metrics["ndcg@10"]["value"] for name, metrics in benchmarked["rankings"]["pools"].items()}
    assert pools["text and image"] > max(pools["text vectors"], pools["image vectors"])
    assert pools["BM25 and dense, weighted"] > pools["BM25"] + 0.05
    for name in ("BM25", "text vectors", "image vectors", "text and image"):
        assert pools[f"{name} + pair classifier"] > pools[name]
    whole = {name: metrics["ndcg@10"]["value"] for name, metrics in benchmarked["catalogue"].items()}
    assert whole["text and image + pair classifier"] > whole["BM25"]


def test_the_benchmark_writes_tables_and_a_figure(benchmarked: dict[str, Any], sample_run: SampleRun) -> None:
    folder = sample_run.output / "benchmark"
    assert json.loads((folder / "benchmark.json").read_text(encoding="utf-8")) == benchmarked
    text = (folder / "benchmark.md").read_text(encoding="utf-8")
    assert all(f"| {name} " in text for name in benchmarked["rankings"]["pools"])
    assert (folder / "benchmark.png").stat().st_size > 10_000


# Again


@dataclass(frozen=True)
class Again:
    report: dict[str, Any]
    serving: set[Path]
    cpu_seconds: float
    seconds: float


@pytest.fixture(scope="module")
def again(sample_run: SampleRun, vitrine: Vitrine, report: dict[str, Any], version: str) -> Again:
    """A second run of the same command, with its duration."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = vitrine(*sample_run.arguments)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, f"{done.stderr}\n{log_end(sample_run.output)}"
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Again(sample_run.report, set(sample_run.serving.glob("*/*")), cpu, seconds)


def test_with_nothing_changed_every_node_is_taken_from_the_cache(again: Again, report: dict[str, Any]) -> None:
    states = {node: state for node, state in again.report["states"].items() if state != "cached"}
    assert set(states) <= RESOLVERS
    assert again.report["pushed"] == report["pushed"]
    assert {path.name for path in again.serving} == {Path(report["pushed"]["index"]).name}


def test_with_nothing_changed_the_report_is_the_same(again: Again, report: dict[str, Any]) -> None:
    of_the_run = ("states", "seconds", "peak_mib")
    assert {key: value for key, value in again.report.items() if key not in of_the_run} == {
        key: value for key, value in report.items() if key not in of_the_run
    }
    cached = [node for node, state in again.report["states"].items() if state == "cached"]
    assert [again.report["peak_mib"][node] for node in cached] == [report["peak_mib"][node] for node in cached]


def test_with_nothing_changed_a_run_takes_well_under_a_minute(again: Again) -> None:
    # Processor time: on a busy machine the clock says how busy it is.
    assert again.cpu_seconds < 45, again
