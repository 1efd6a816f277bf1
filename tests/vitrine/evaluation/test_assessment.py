import json
from pathlib import Path

import pyarrow as pa
import pytest

from tests.embedding_folders import write_folder
from tests.vitrine.evaluation.test_measure import HELD_OUT, TRAIN
from tests.vitrine.search import shop
from vitrine.data.formats.arrow import vector_column
from vitrine.evaluation.assessment import CandidateModel, assess
from vitrine.evaluation.settings import AssessmentSettings
from vitrine.evaluation.thresholds import RetrievalThresholds
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
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


def test_images_are_found_below_their_root(candidate: CandidateModel) -> None:
    assert "image_search" not in assess(candidate, AssessmentSettings(image_root=str(Path("nowhere"))))
