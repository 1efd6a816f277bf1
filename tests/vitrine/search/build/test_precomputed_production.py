"""Production of search models on precomputed vectors, with more queries than calibration needs."""

import json
from pathlib import Path

import pytest

from tests.vitrine.search.precomputed_shop import QUERIES, produce_precomputed
from vitrine import progress
from vitrine.errors import DataError
from vitrine.search.build.production import KNOWN_ONLY
from vitrine.search.exported_model import ExportedModel
from vitrine.search.index_files import read_description


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The notes of progress."""
    notes: list[str] = []
    monkeypatch.setattr(progress, "note", notes.append)
    return notes


def test_without_a_text_encoder_the_known_queries_are_answered_and_no_query_is_junk(
    tmp_path: Path, notes: list[str]
) -> None:
    serving = produce_precomputed(tmp_path)
    model = ExportedModel(serving / "product_search" / "1")
    assert len(QUERIES) > 200
    assert model.search(["nice red mug"]).product_id[0][0] == "red-mug"
    with pytest.raises(DataError, match="has no precomputed vector"):
        model.search(["a red mug of nobody"])
    description = read_description(serving / "index" / "1")
    assert not description.any_text
    assert description.confidence.weights == (0, 0, 0)
    assert description.confidence.text.std != 1  # the background is measured with known queries
    assert KNOWN_ONLY in notes


def test_with_the_text_encoder_every_query_is_answered_and_junk_is_detected(tmp_path: Path, notes: list[str]) -> None:
    serving = produce_precomputed(tmp_path, new_queries=True)
    model = ExportedModel(serving / "product_search" / "1")
    assert model.search(["a red mug of nobody"]).product_id[0][0] == "red-mug"
    description = read_description(serving / "index" / "1")
    assert description.any_text
    assert max(description.confidence.weights) > 0
    assert KNOWN_ONLY not in notes


def test_vectors_of_images_alone_are_searched_by_known_queries(tmp_path: Path) -> None:
    serving = produce_precomputed(tmp_path, texts=False)
    (ids,) = ExportedModel(serving / "product_search" / "1").search(["nice red mug"]).product_id
    assert len({*ids} - {""}) == 6
    assert not any(product.startswith("white") for product in ids)  # which have no image
    weights = json.loads((serving / "index" / "1" / "index.json").read_text())["weights"]
    assert weights["text_query"]
