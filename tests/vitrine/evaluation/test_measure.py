import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.vitrine.search import shop
from vitrine.baselines.bm25 import Bm25
from vitrine.evaluation.measure import Catalogue, image_precision, measure
from vitrine.labels import CLASS_IDS
from vitrine.metrics.classification import classification
from vitrine.metrics.ranking import METRICS, Judgements, Run, evaluate
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.exported_model import ExportedModel
from vitrine.search.settings import SearchSettings

RANKINGS = ("random", "bm25", "similarity", "search_model")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue of the search tests: images for all but the white products, and the colour as the category."""
    images = tmp_path_factory.mktemp("images")
    for colour in shop.COLOURS:
        (images / f"{colour}.png").write_bytes(shop.image_bytes(colour))
    products = shop.catalogue()
    colours = [product_id.split("-")[0] for product_id in products["product_id"].to_pylist()]
    table = products.set_column(products.schema.get_field_index("category"), "category", pa.array(colours))
    has_image = [colour != "white" for colour in colours]
    paths = [f"{colour}.png" if present else "" for colour, present in zip(colours, has_image, strict=True)]
    return Catalogue(
        table.append_column("image", pa.array(paths)).append_column("has_image", pa.array(has_image)), images
    )


def export(folder: Path, catalogue: Catalogue, images: bool = True) -> Path:
    """Export a search model of the catalogue into `folder`; return the model's directory."""
    encoder = shop.HashingEncoder(images)
    sides = shop.sides(shop.HashingEncoder())
    classifier = shop.save_classifier(folder / "classifier")
    model = build_search_model(catalogue.table, *sides, encoder, classifier, SearchSettings(top_k=6))
    export_search_model(model, folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Path:
    return export(tmp_path_factory.mktemp("exported"), catalogue)


@pytest.fixture(scope="module")
def model(candidate: Path) -> ExportedModel:
    return ExportedModel(candidate)


def judgements(*colours: str) -> pa.Table:
    """Return judgements of one query per colour, for its mug: E the mug, S the other mugs, C its lamp, I the shoes."""
    rows = []
    for colour in colours:
        query = {"query_id": f"q-{colour}", "query": f"{colour} mug"}
        rows += [
            {**query, "product_id": f"{other}-mug", "esci_label": "E" if other == colour else "S"}
            for other in shop.COLOURS
        ]
        rows += [{**query, "product_id": f"{colour}-lamp", "esci_label": "C"}]
        rows += [{**query, "product_id": f"{other}-shoe", "esci_label": "I"} for other in shop.COLOURS]
    return pa.Table.from_pylist(rows)


TRAIN, HELD_OUT = judgements("green", "white"), judgements("red", "blue")


@pytest.fixture(scope="module")
def measured(candidate: Path, catalogue: Catalogue) -> dict:
    return measure(candidate, catalogue, TRAIN, HELD_OUT)


def test_products_queries_and_judgements_are_counted(measured: dict) -> None:
    assert measured["counts"] == {
        "products": 20,
        "products_with_image": 15,
        "queries": {"train": 2, "eval": 2},
        "judgements": {"train": 18, "eval": 18},
        "judged_by": {"people": 18},
    }


def test_the_floors_are_those_of_the_data(measured: dict) -> None:
    floors = measured["floors"]
    assert floors["majority_accuracy"] == pytest.approx(8 / 18)  # 4 of the 9 judgements of a query are irrelevant
    assert floors["majority_macro_f1"] == pytest.approx((2 * 8 / (18 + 8)) / 4)
    assert floors["random_ndcg@10"] == measured["ranking"]["random"]["ndcg@10"]["value"]
    assert 0.3 < floors["random_ndcg@10"] < 0.8


def test_the_classifiers_figures_are_the_exported_models(measured: dict, model: ExportedModel) -> None:
    true = [CLASS_IDS[label] for label in HELD_OUT["esci_label"].to_pylist()]
    pairs = HELD_OUT["query"].to_pylist(), HELD_OUT["product_id"].to_pylist()
    scores = classification(true, model.classify(*pairs).argmax(axis=1)).to_dict()
    assert measured["classifier"] == {**scores, "query_only": None}


@pytest.mark.parametrize("name", RANKINGS)
def test_every_ranking_has_every_metric_with_its_interval(measured: dict, name: str) -> None:
    assert set(measured["ranking"][name]) == set(METRICS)
    for estimate in measured["ranking"][name].values():
        assert set(estimate) == {"value", "low", "high"}
        assert 0 <= estimate["low"] <= estimate["value"] <= estimate["high"] <= 1


def test_pools_are_ranked_by_the_exported_models_scores(measured: dict, model: ExportedModel) -> None:
    ids, products = HELD_OUT["query_id"].to_pylist(), HELD_OUT["product_id"].to_pylist()
    judged = Judgements.from_labels(ids, products, HELD_OUT["esci_label"].to_pylist())
    for name, score in (("search_model", model.score), ("similarity", model.similarity)):
        run = Run.from_columns(ids, products, score(HELD_OUT["query"].to_pylist(), products))
        expected = {metric: estimate.to_dict() for metric, estimate in evaluate(judged, run).items()}
        assert measured["ranking"][name] == expected
    assert measured["ranking"]["search_model"]["mrr"]["value"] == 1.0  # the mug of that colour comes first


def test_the_search_model_is_compared_with_each_baseline(measured: dict) -> None:
    ndcg = {name: measured["ranking"][name]["ndcg@10"]["value"] for name in RANKINGS}
    for name in ("bm25", "similarity"):
        comparison = measured["against"][name]
        assert comparison["ndcg@10_difference"] == pytest.approx(ndcg["search_model"] - ndcg[name])
        assert 0 <= comparison["p_value"] <= 1


def test_the_whole_catalogue_is_searched_for_each_held_out_query(measured: dict, model: ExportedModel) -> None:
    assert measured["retrieval"]["search_model"]["recall@1"]["value"] == 1.0
    judged = {query: set(HELD_OUT.filter(pa.compute.equal(HELD_OUT["query"], query))["product_id"].to_pylist())
              for query in ("blue mug", "red mug")}  # fmt: skip
    results = model.search(list(judged)).product_id
    unjudged = [
        np.mean([product_id not in judged[query] for product_id in ranked])
        for query, ranked in zip(judged, results, strict=True)
    ]
    assert measured["retrieval"]["queries"] == len(judged)
    assert measured["retrieval"]["unjudged@10"]["search_model"] == pytest.approx(np.mean(unjudged))


def test_the_search_model_is_compared_with_bm25_over_the_whole_catalogue(measured: dict, catalogue: Catalogue) -> None:
    retrieval = measured["retrieval"]
    difference = retrieval["against"]["bm25"]
    ndcg = {name: retrieval[name]["ndcg@10"]["value"] for name in ("search_model", "bm25")}
    assert difference["value"] == pytest.approx(ndcg["search_model"] - ndcg["bm25"])
    assert difference["low"] <= difference["value"] <= difference["high"]
    texts = HELD_OUT["query"].unique().to_pylist()
    found = dict(zip(texts, Bm25(catalogue.table, texts).search(texts, 6), strict=True))  # as many as the model returns
    judged = set(zip(HELD_OUT["query"].to_pylist(), HELD_OUT["product_id"].to_pylist(), strict=True))
    unjudged = [(query, product) not in judged for query, products in found.items() for product in products]
    assert retrieval["unjudged@10"]["bm25"] == pytest.approx(np.mean(unjudged))


def test_unjudged_products_are_left_out_of_a_second_comparison(measured: dict) -> None:
    condensed = measured["retrieval"]["condensed"]
    for name in ("search_model", "bm25"):
        whole = measured["retrieval"][name]["ndcg@10"]["value"]
        assert condensed[name]["ndcg@10"]["value"] >= whole
    assert condensed["against"]["bm25"]["value"] == pytest.approx(
        condensed["search_model"]["ndcg@10"]["value"] - condensed["bm25"]["ndcg@10"]["value"]
    )


def test_the_room_of_the_judged_pools_is_counted(candidate: Path, catalogue: Catalogue, measured: dict) -> None:
    assert measured["pools"] == {
        "queries": 2, "with_two_products": 2, "with_different_labels": 2, "ideal_ndcg@10": 1.0
    }  # fmt: skip
    same = [{"query_id": "same", "query": "mug", "product_id": f"{colour}-mug", "esci_label": "I"}
            for colour in ("red", "blue")]  # fmt: skip
    single = {"query_id": "single", "query": "red lamp", "product_id": "red-lamp", "esci_label": "E"}
    poor = pa.Table.from_pylist([*same, single])
    assert measure(candidate, catalogue, TRAIN, poor)["pools"] == {
        "queries": 2, "with_two_products": 1, "with_different_labels": 0, "ideal_ndcg@10": 0.5
    }  # fmt: skip


def test_without_a_served_version_the_figures_say_so(measured: dict) -> None:
    assert measured["retrieval"]["served"] == {"not_compared": "no earlier version is served"}


def test_images_find_other_products_of_their_category_and_never_themselves(
    measured: dict, catalogue: Catalogue
) -> None:
    # Each colour with images has five products. Four others can be found, so the fifth result must be wrong.
    assert measured["image_search"]["queries"] == 15
    assert measured["image_search"]["category_precision@5"]["value"] == pytest.approx(0.8)


def test_products_without_a_category_are_not_searched_with(model: ExportedModel, catalogue: Catalogue) -> None:
    bare = catalogue.table.set_column(
        catalogue.table.schema.get_field_index("category"), "category", pa.array([""] * catalogue.table.num_rows)
    )
    assert image_precision(model, Catalogue(bare, catalogue.image_root)) is None


def test_a_model_of_texts_alone_has_no_figures_for_images(tmp_path: Path, catalogue: Catalogue) -> None:
    assert "image_search" not in measure(export(tmp_path, catalogue, images=False), catalogue, TRAIN, HELD_OUT)


def test_the_figures_survive_json(measured: dict) -> None:
    assert json.loads(json.dumps(measured, allow_nan=False)) == measured
