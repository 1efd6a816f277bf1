import copy
import json
from pathlib import Path
from typing import Any

import pytest

from components.moved_queries import MOVED_FILE
from pipelines.kinds import BLESSED_RUN_NODE
from pipelines.metadata.records import NodeRecord
from pipelines.metadata.values import Artifact
from pipelines.report import collect
from pipelines.report_markdown import as_markdown


def estimates(value: float, *names: str) -> dict[str, dict[str, float]]:
    return {name: {"value": value, "low": value - 0.1, "high": value + 0.1} for name in names}


RANKED = ("ndcg@10", "ndcg", "mrr", "recall@1", "recall@5", "recall@10", "precision@10")
SCORES = {"accuracy": 0.875, "macro_f1": 0.8125, "kappa": 0.75}
METRICS: dict[str, Any] = {
    "counts": {
        "products": 2000,
        "products_with_image": 1800,
        "queries": {"train": 450, "eval": 150},
        "judgements": {"train": 9000, "eval": 3000},
    },
    "floors": {"majority_accuracy": 0.5, "majority_macro_f1": 0.125, "random_ndcg@10": 0.375},
    "classifier": SCORES
    | {"per_class": {label: {"f1": 0.5} for label in "ICSE"}, "query_only": {**SCORES, "accuracy": 0.5}},
    "pools": {"queries": 150, "with_two_products": 150, "with_different_labels": 140, "ideal_ndcg@10": 1.0},
    "ranking": {
        name: estimates(value, *RANKED)
        for name, value in {"random": 0.375, "bm25": 0.5, "similarity": 0.625, "search_model": 0.875}.items()
    },
    "against": {name: {"ndcg@10_difference": 0.25, "p_value": 0.0002} for name in ("bm25", "similarity")},
    "retrieval": {
        "queries": 150,
        "ideal_ndcg@10": 1.0,
        "bm25": estimates(0.25, *RANKED),
        "search_model": estimates(0.5, *RANKED),
        "against": {"bm25": {"value": 0.25, "low": 0.125, "high": 0.375, "p_value": 0.0001}},
        "unjudged@10": {"bm25": 0.125, "search_model": 0.25},
        "condensed": {
            "bm25": estimates(0.75, *RANKED),
            "search_model": estimates(0.875, *RANKED),
            "against": {"bm25": {"value": 0.125, "low": 0.0625, "high": 0.1875, "p_value": 0.0002}},
        },
        "served": {
            "version": "7",
            "queries": 140,
            "products": 1990,
            "ideal_ndcg@10": 1.0,
            "search_model": estimates(0.5, *RANKED),
            "served": estimates(0.375, *RANKED),
            "difference": {"value": 0.125, "low": 0.0, "high": 0.25, "p_value": 0.03},
            "unjudged@10": {"search_model": 0.25, "served": 0.5},
        },
    },
    "refused": [],
    "not_applied": [],
}
BETTER = "better than BM25 over the whole catalogue (nDCG@10 0.500 against 0.250, difference +0.250 [+0.125, +0.375])"


def artifact(kind: str, uri: str, **properties: object) -> Artifact:
    return Artifact(1, kind, uri, 0.0, properties, None)


@pytest.fixture
def nodes(tmp_path: Path) -> dict[str, NodeRecord]:
    """The nodes of a finished run."""
    products, evaluation = tmp_path / "products", tmp_path / "evaluation"
    products.mkdir()
    evaluation.mkdir()
    (products / "undecodable_images.json").write_text('{"p7": "p7.png: damaged image"}')
    (evaluation / "metrics.json").write_text(json.dumps(METRICS))
    embeddings = artifact("components.ProductEmbeddings", str(products), fingerprint="abc", dimension=384)
    pushed = {"pushed": 1, "pushed_destination": str(tmp_path / "serving" / "index" / "7")}
    (tmp_path / "serving" / "index" / "7").mkdir(parents=True)
    records = [
        NodeRecord("EmbeddingGen", "cached", 12.345, {"product_embeddings": [embeddings]}),
        NodeRecord("RetrievalEvaluator", "done", 5.0, {"evaluation": [artifact("Evaluation", str(evaluation))]}),
        NodeRecord("Pusher-index", "done", 0.5, {"pushed_model": [artifact("PushedModel", "", **pushed)]}),
    ]
    return {node.name: node for node in records}


def test_a_run_that_pushed_has_metrics_times_and_destinations(nodes: dict[str, NodeRecord], tmp_path: Path) -> None:
    report = collect(nodes, "shop", None, {})
    assert (report["name"], report["status"], report["error"]) == ("shop", "pushed", None)
    assert {key: report[key] for key in METRICS} == METRICS
    assert (report["standing"], report["summary"]) == ("better", BETTER)
    assert report["encoder"] == {
        "fingerprint": "abc",
        "dimension": 384,
        "undecodable_images": {"p7": "p7.png: damaged image"},
    }
    assert report["seconds"] == {"EmbeddingGen": 12.35, "RetrievalEvaluator": 5.0, "Pusher-index": 0.5}
    assert report["states"] == {"EmbeddingGen": "cached", "RetrievalEvaluator": "done", "Pusher-index": "done"}
    assert report["pushed"] == {"index": str(tmp_path / "serving" / "index" / "7")}


def test_the_first_line_says_if_the_judgements_are_not_peoples(nodes: dict[str, NodeRecord]) -> None:
    path = Path(nodes["RetrievalEvaluator"].outputs["evaluation"][0].uri, "metrics.json")
    counts = METRICS["counts"] | {"judged_by": {"derived": 3000}}
    path.write_text(json.dumps(METRICS | {"counts": counts}))
    report = collect(nodes, "shop", None, {})
    assert report["summary"] == f"{BETTER}, judged by rules over the catalogue, not by people"
    first = as_markdown(report).splitlines()[0]
    assert first == f"# Run `shop`: pushed; {BETTER}, judged by rules over the catalogue, not by people"


def test_a_tuned_encoder_is_compared_with_the_original(nodes: dict[str, NodeRecord], tmp_path: Path) -> None:
    figures = {
        "metric": "ndcg@10",
        "queries": 480,
        "products": 10_000,
        "baseline": estimates(0.375, "ndcg@10", "recall@100"),
        "tuned": estimates(0.5, "ndcg@10", "recall@100"),
        "difference": {"value": 0.125, "low": 0.0625, "high": 0.1875, "p_value": 0.0002},
        "share": 0.75,
        "epoch": 2,
        "goes_on": "tuned",
        "further": None,
    }
    (tmp_path / "tuning.json").write_text(json.dumps(figures))
    run = artifact("ModelRun", str(tmp_path))
    nodes["ClipTrainer"] = NodeRecord("ClipTrainer", "done", 9.0, {"model_run": [run]})
    report = collect(nodes, "shop", None, {})
    assert report["encoder"]["tuning"] == figures
    text = as_markdown(report)
    assert "| tuned    | 0.500 [0.400, 0.600] | 0.500 [0.400, 0.600] |" in text
    assert "nDCG@10 +0.125 [+0.062, +0.188] (p = 0.0002)." in text
    assert "The tuned encoder goes on." in text
    assert "measured by `vitrine benchmark --config … --encoders SOURCE,run`" in text
    products = figures | {"metric": "mrr", "queries": 600, "products": 600}
    (tmp_path / "tuning.json").write_text(json.dumps(figures | {"further": products}))
    text = as_markdown(collect(nodes, "shop", None, {}))
    assert "480 queries of the train split, held out of tuning, search 10,000 products" in text
    assert "600 products, held out of tuning, whose texts search their images" in text
    assert "mean reciprocal rank +0.125" in text


@pytest.mark.parametrize(("fingerprint", "shown"), [("abc", True), ("that of an earlier run", False)])
def test_the_table_of_encoders_is_shown_if_the_runs_encoder_is_in_it(
    nodes: dict[str, NodeRecord], tmp_path: Path, fingerprint: str, shown: bool
) -> None:
    figure = {"value": 0.5, "low": 0.25, "high": 0.75}
    better = figure | {"difference": {"value": 0.125, "low": 0.0625, "high": 0.25, "p_value": 0.01}}
    metrics = {metric: {"models/e5": figure, "run": better} for metric in ("ndcg@10", "recall@10", "recall@100")}
    encoder = {"kind": "sentence", "dimension": 384, "encodes_images": False}
    table = {
        "name": "shop",
        "text_fields": ["title"],
        "counts": {"products": 2000, "held_out": 400, "head_categories": 0, "tail_categories": 0},
        "encoders": [
            encoder | {"source": "models/e5", "fingerprint": "of e5"},
            encoder | {"source": "run", "fingerprint": fingerprint},
        ],
        "tasks": {"query_to_product": {"candidates": 1900, "slices": {"all": {"queries": 150, "metrics": metrics}}}},
    }
    (tmp_path / "encoders.json").write_text(json.dumps(table))
    report = collect(nodes, "shop", None, {}, tmp_path)
    assert ("table" in report["encoder"]) is shown
    text = as_markdown(report)
    assert ("### Query → product" in text) is shown
    assert ("+0.125 [+0.062, +0.250], p = 0.0100" in text) is shown


def test_the_category_head_stands_beside_its_floors(nodes: dict[str, NodeRecord], tmp_path: Path) -> None:
    training = tmp_path / "training"
    training.mkdir()
    scores = {"top1": 0.9, "macro_f1": 0.8, "tail_f1": 0.7}
    floor = {"top1": 0.5, "macro_f1": 0.3}
    figures = {
        "classes": 2, "products": 60, "without_category": 4, "merged": {"A > C": "A"}, "left_out": {"E": 3},
        "tail_classes": 1, "epochs": 3, "temperature": 1.0, "leaks": True,
        "inputs": {"text": {"count": 60, "head": scores, "majority": floor, "zero_shot": None, "levels": [0.95]}},
        "confusions": [{"category": "mugs", "predicted": "cups", "count": 2, "products": ["1", "2"], "images": []}],
    }  # fmt: skip
    (training / "figures.json").write_text(json.dumps(figures))
    trainer = NodeRecord("CategoryTrainer", "done", 1.0, {"model_run": [artifact("ModelRun", str(training))]})
    report = collect(nodes | {"CategoryTrainer": trainer}, "shop", None, {})
    assert report["categories"] == {**figures, "directory": str(training)}
    text = as_markdown(report)
    rows = table(text, "Categories")
    assert rows["text: head"][:4] == ["0.900", "", "", "0.800"]
    assert rows["text: most frequent class"][0] == "0.500"
    assert "1 rare categories joined an ancestor; 1 with 3 products were left out." in text
    assert "Right at the levels above, from the root: text 0.950." in text
    assert "- 2 of mugs as cups, such as 1, 2" in text
    assert "The texts include the categories" in text
    assert "![" not in text
    (training / "confused_products.png").touch()
    pictured = collect(nodes | {"CategoryTrainer": trainer}, "shop", None, {})
    assert f"![Products of the most confused categories](<{training}/confused_products.png>)" in as_markdown(pictured)


def test_without_a_category_head_the_report_says_why(nodes: dict[str, NodeRecord], tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_text('{"not_trained": "4 products have a category"}')
    trainer = NodeRecord("CategoryTrainer", "done", 1.0, {"model_run": [artifact("ModelRun", str(tmp_path))]})
    text = as_markdown(collect(nodes | {"CategoryTrainer": trainer}, "shop", None, {}))
    assert "## Categories\n\nNo category head: 4 products have a category.\n" in text


def test_a_refused_run_says_why_and_pushed_nothing(nodes: dict[str, NodeRecord]) -> None:
    path = Path(nodes["RetrievalEvaluator"].outputs["evaluation"][0].uri, "metrics.json")
    path.write_text(json.dumps(METRICS | {"refused": ["nDCG@10 0.4 is below 0.5"]}))
    nodes["Pusher-index"].outputs["pushed_model"][0].properties.update(pushed=0)
    report = collect(nodes, "shop", None, {})
    assert (report["status"], report["refused"], report["pushed"]) == ("refused", ["nDCG@10 0.4 is below 0.5"], {})


def test_a_run_that_stopped_early_reports_the_nodes_that_ran() -> None:
    report = collect({"AnomalyGate": NodeRecord("AnomalyGate", "failed", 0.1)}, "shop", "2 anomalies", {})
    assert report == {
        "name": "shop",
        "kind": "run",
        "status": "failed",
        "error": "2 anomalies",
        "standing": None,
        "summary": None,
        "encoder": {},
        "categories": None,
        "drift": [],
        "moved": [],
        "seconds": {"AnomalyGate": 0.1},
        "states": {"AnomalyGate": "failed"},
        "pushed": {},
        "peak_mib": {},
    }


def test_queries_whose_split_changes_between_spans_are_counted_and_named(
    nodes: dict[str, NodeRecord], tmp_path: Path
) -> None:
    queries = [f"mug {place}" for place in range(12)]
    move = {"span": 3, "split": "train", "of_clicks": False, "counts_in": "eval", "queries": queries}
    (tmp_path / MOVED_FILE).write_text(json.dumps([move]))
    examples = {"examples": [artifact("Examples", str(tmp_path))]}
    report = collect(
        nodes | {"JudgementExampleGen": NodeRecord("JudgementExampleGen", "done", 1.0, examples)}, "shop", None, {}
    )
    assert report["moved"] == [move]
    sentence = "- moved: 12 queries from train to eval, with their judgements in span 3: 'mug 0', "
    (line,) = [line for line in as_markdown(report).splitlines() if line.startswith(sentence)]
    assert line.endswith("'mug 9' and 2 others")


@pytest.fixture
def report(nodes: dict[str, NodeRecord]) -> dict[str, Any]:
    return copy.deepcopy(collect(nodes, "shop", None, {}))


def table(text: str, heading: str) -> dict[str, list[str]]:
    """Return the rows of the table below a heading, by their first cell."""
    lines = text.split(f"## {heading}", 1)[1].split("\n## ", 1)[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {row[0]: row[1:] for row in rows}


def test_the_metrics_stand_beside_the_floors(report: dict[str, Any]) -> None:
    text = as_markdown(report)
    assert "\n\n2,000 products, 1,800 of them with an image; train: 450 queries, " in text
    ranking = table(text, "Ranking of the judged pools")
    assert list(ranking)[2:] == ["random order", "BM25", "similarity alone", "search model"]
    assert ranking["search model"][0] == "0.875 [0.775, 0.975]"
    assert "against: BM25 +0.250 (p = 0.0002); similarity alone +0.250 (p = 0.0002)." in text
    classifier = table(text, "Classifier")
    assert classifier["majority class"] == ["0.500", "0.125", "0.000"]
    assert classifier["query only"] == ["0.500", "0.812", "0.750"]
    assert classifier["pair"] == ["0.875", "0.812", "0.750"]
    assert list(table(text, "Search of the whole catalogue"))[2:] == ["BM25", "search model"]
    assert "they are 12% of BM25's and 25% of the search model's first ten." in text
    assert "nDCG@10 against BM25: +0.250 [+0.125, +0.375] (p = 0.0001)." in text
    assert "Search by image" not in text


def test_the_first_line_says_how_the_model_stands_to_bm25(report: dict[str, Any]) -> None:
    assert as_markdown(report).splitlines()[0] == f"# Run `shop`: pushed; {BETTER}"


def test_a_comparison_without_unjudged_products_stands_beside_the_searches(report: dict[str, Any]) -> None:
    text = as_markdown(report)
    condensed = table(text, "The same searches without unjudged products (condensed lists)")
    assert condensed["search model"][0] == "0.875 [0.775, 0.975]"
    assert "nDCG@10 against BM25: +0.125 [+0.062, +0.188] (p = 0.0002)." in text


def test_pools_that_tell_nothing_say_so(report: dict[str, Any]) -> None:
    report["pools"] |= {"with_two_products": 0, "with_different_labels": 0}
    reason = "no held-out query has two judged products, so there is nothing to order"
    assert f"\n\nThis order cannot tell models apart: {reason}. Means over" in as_markdown(report)


def test_the_served_version_has_its_figures(report: dict[str, Any]) -> None:
    text = as_markdown(report)
    searches = table(text, "Search beside the served version, 140 held-out queries")
    assert searches["served version 7"][0] == "0.375 [0.275, 0.475]"
    assert "Only the 1,990 products that both versions have count." in text
    assert "Unjudged are 25% of the search model's and 50% of the served version's first ten." in text
    assert "nDCG@10 against it: +0.125 [+0.000, +0.250] (p = 0.0300)." in text


def test_without_a_served_version_the_report_says_so(report: dict[str, Any]) -> None:
    report["retrieval"]["served"] = {"not_compared": "no earlier version is served"}
    assert "\n\nNot compared with a served version: no earlier version is served.\n\n" in as_markdown(report)


def test_thresholds_that_were_not_applied_are_listed_after_the_refusals(report: dict[str, Any]) -> None:
    text = as_markdown(report | {"status": "refused", "refused": ["too low"], "not_applied": ["no room", "no query"]})
    assert "\n\n- refused: too low\n\n- not applied: no room\n- not applied: no query\n\n" in text


def test_a_report_of_an_earlier_version_is_still_readable(nodes: dict[str, NodeRecord]) -> None:
    path = Path(nodes["RetrievalEvaluator"].outputs["evaluation"][0].uri, "metrics.json")
    retrieval = {name: METRICS["retrieval"][name] for name in ("bm25", "search_model")} | {"unjudged_in_top_10": 0.25}
    path.write_text(json.dumps({**METRICS, "retrieval": retrieval, "not_applied": []}))
    text = as_markdown(collect(nodes, "shop", None, {}))
    assert text.startswith("# Run `shop`: pushed\n\n")
    assert "they are 25% of the search model's first ten." in text


def test_a_classifier_without_its_baseline_has_a_row_less(report: dict[str, Any]) -> None:
    report["classifier"]["query_only"] = None
    assert "query only" not in table(as_markdown(report), "Classifier")


def test_search_by_image_is_reported_if_it_was_evaluated(report: dict[str, Any]) -> None:
    report["image_search"] = {"queries": 300, **estimates(0.9, "category_precision@5")}
    assert "0.900 [0.800, 1.000] are of its category (300 images)" in as_markdown(report)


def test_pushed_models_and_nodes_are_listed(report: dict[str, Any]) -> None:
    text = as_markdown(report)
    assert f"## Pushed\n\n- index: `{report['pushed']['index']}`\n" in text
    assert table(text, "Nodes")["EmbeddingGen"] == ["12.3 s", "cached"]
    assert text.endswith("\n\n6 s in the nodes that ran this time.\n")
    report["states"] = dict.fromkeys(report["states"], "done")
    assert table(as_markdown(report), "Nodes")["EmbeddingGen"] == ["12.3 s"]


def test_images_that_could_not_be_decoded_are_listed(report: dict[str, Any]) -> None:
    assert "They count as missing.\n\n- p7: p7.png: damaged image\n" in as_markdown(report)
    report["encoder"]["undecodable_images"] = {f"p{number}": "damaged" for number in range(12)}
    text = as_markdown(report)
    assert "- p9: damaged\n- and 2 more, in report.json" in text
    report["encoder"]["undecodable_images"] = {}
    assert "decoded" not in as_markdown(report)


def test_reasons_of_a_refusal_come_first(report: dict[str, Any]) -> None:
    text = as_markdown(report | {"status": "refused", "refused": ["too low", "lower still"]})
    assert text.startswith(f"# Run `shop`: refused; {BETTER}\n\n- refused: too low\n- refused: lower still\n\n")


def test_a_failure_has_its_reason_and_the_nodes_that_ran() -> None:
    failed = collect({"AnomalyGate": NodeRecord("AnomalyGate", "failed", 0.1)}, "shop", "2 anomalies", {})
    text = as_markdown(failed)
    assert text.startswith("# Run `shop`: failed\n\nIt failed: 2 anomalies\n\n## Nodes\n")
    assert table(text, "Nodes")["AnomalyGate"] == ["0.1 s", "failed"]


def test_the_report_of_a_catalogue_run_says_so(nodes: dict[str, NodeRecord]) -> None:
    report = collect({BLESSED_RUN_NODE: NodeRecord(BLESSED_RUN_NODE, "cached", 0.0), **nodes}, "shop", None, {})
    assert report["kind"] == "refresh"
    assert as_markdown(report).startswith("# Catalogue run `shop`: pushed; better than BM25")
