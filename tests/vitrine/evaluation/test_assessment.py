import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.embedding_folders import write_folder
from tests.vitrine.evaluation.test_measure import HELD_OUT, TRAIN
from tests.vitrine.search import shop
from vitrine.data.formats.arrow import vector_column
from vitrine.evaluation.assessment import CandidateModel, assess
from vitrine.evaluation.served_version import ServedVersion
from vitrine.evaluation.settings import AssessmentSettings
from vitrine.evaluation.thresholds import RetrievalThresholds
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.index_files import products_file
from vitrine.search.settings import SearchSettings

FLOOR = {"accuracy": 0.5}


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> CandidateModel:
    """A text search model, with the other outputs of its run."""
    folder = tmp_path_factory.mktemp("candidate")
    sides = shop.sides(shop.HashingEncoder())
    classifier = shop.save_classifier(folder / "classifier")
    model = build_search_model(
        shop.catalogue(), *sides, shop.HashingEncoder(images=False), classifier, SearchSettings(top_k=6)
    )
    export_search_model(model, folder / "model")
    table = shop.catalogue()
    for name, value in (("image", ""), ("has_image", False)):
        table = table.append_column(name, pa.array([value] * table.num_rows))
    write_folder(folder / "products", table.append_column("text_vector", vector_column(sides[0])))
    (folder / "metrics.json").write_text(json.dumps({"query_only": FLOOR}))
    return CandidateModel(folder / "model", folder / "products", folder, TRAIN, HELD_OUT)


@pytest.mark.parametrize(("margin", "refused"), [(-1, 0), (2, 1)])
def test_a_candidate_is_evaluated_against_its_thresholds(
    candidate: CandidateModel, margin: float, refused: int
) -> None:
    thresholds = RetrievalThresholds(above_random=margin, above_similarity=-1)
    metrics = assess(candidate, AssessmentSettings(thresholds=thresholds), ["its classifier was refused"])
    assert metrics["refused"][0] == "its classifier was refused"
    assert len(metrics["refused"]) == 1 + refused
    assert metrics["counts"]["products"] == 20
    assert metrics["classifier"]["query_only"] == FLOOR


def judged(*pools: tuple[str, str]) -> pa.Table:
    """Return judgements of one query per pool: a colour, whose first products have these labels."""
    rows = []
    for number, (colour, labels) in enumerate(pools):
        query = {"query_id": f"q{number}", "query": f"{colour} mug"}
        products = [f"{colour}-mug", f"{colour}-shoe", f"{colour}-lamp"]
        rows += [
            {**query, "product_id": product, "esci_label": label}
            for product, label in zip(products, labels, strict=False)
        ]
    return pa.Table.from_pylist(rows)


COLOURS = ("red", "green", "blue", "white") * 2


@pytest.mark.parametrize(
    "pools",
    [
        pytest.param([(colour, "EEE") for colour in COLOURS], id="all exact"),
        pytest.param([(colour, "III") for colour in COLOURS], id="all irrelevant"),
        pytest.param([(colour, "E") for colour in COLOURS], id="one product a query"),
        pytest.param(list(zip(COLOURS, ("EEE", "SSS", "CC", "I") * 2, strict=True)), id="equal labels in a query"),
        pytest.param([("red", "IIE")], id="one query"),
        pytest.param([("red", "E")], id="one query with one product"),
    ],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_judgements_that_tell_no_model_apart_refuse_none(
    candidate: CandidateModel, pools: list[tuple[str, str]]
) -> None:
    thresholds = RetrievalThresholds(above_bm25=-1)  # searches of the whole catalogue have a meaning
    metrics = assess(replace(candidate, held_out=judged(*pools)), AssessmentSettings(thresholds=thresholds))
    assert metrics["refused"] == []
    named = [sentence.split(":", 1)[0] for sentence in metrics["not_applied"]]
    assert named[:2] == ["the margin +0.0200 of nDCG@10 above random order",
                         "the margin -0.0100 of nDCG@10 above similarity alone"]  # fmt: skip
    json.dumps(metrics, allow_nan=False)


def test_a_candidate_is_compared_with_the_served_version(candidate: CandidateModel, tmp_path: Path) -> None:
    table = shop.catalogue().select(["product_id"])
    parquet.write_table(table, products_file(tmp_path))
    served = ServedVersion("17", candidate.model, tmp_path)
    metrics = assess(replace(candidate, served=served), AssessmentSettings())
    assert metrics["retrieval"]["served"]["version"] == "17"
    assert metrics["retrieval"]["served"]["difference"]["value"] == 0


def test_images_are_found_below_their_root(candidate: CandidateModel) -> None:
    assert "image_search" not in assess(candidate, AssessmentSettings(image_root=str(Path("nowhere"))))
