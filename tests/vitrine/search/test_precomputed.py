"""Search models of precomputed vectors, which answer known queries and refuse others with a reason."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.vitrine.search.shop import HashingEncoder
from vitrine.data.vectors.files import ProductVectors, QueryVectors, write_vector_files
from vitrine.encoders.precomputed import PrecomputedEncoder
from vitrine.errors import DataError
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.exported_model import ExportedModel
from vitrine.search.settings import SearchSettings

QUERIES = ["red mug", "blue shoe"]


@pytest.fixture(scope="module")
def model(products, sides, classifier_dir, tmp_path_factory) -> ExportedModel:
    folder: Path = tmp_path_factory.mktemp("precomputed")
    queries = QueryVectors(pa.array(["1", "2"]), pa.array(QUERIES), HashingEncoder().encode_text(QUERIES))
    text, image, has_text, has_image = sides
    sold = ProductVectors(products["product_id"].combine_chunks(), text, image, has_text, has_image)
    write_vector_files(folder / "vectors", "some/model", text.shape[1], [queries], [sold])
    encoder = PrecomputedEncoder(folder / "vectors")
    module = build_search_model(products, *sides, encoder, classifier_dir, SearchSettings(top_k=6, candidates=12))
    export_search_model(module, folder / "model", QUERIES)
    return ExportedModel(folder / "model")


def test_known_queries_are_answered_and_scored(model: ExportedModel) -> None:
    assert [ids[0] for ids in model.search(QUERIES).product_id] == ["red-mug", "blue-shoe"]
    assert not model.searches_images
    scores = model.score(["red mug", "red mug"], ["red-mug", "green-lamp"])
    assert np.all(np.diff(scores) < 0)


def test_a_new_query_is_an_error_that_names_the_missing_encoder(model: ExportedModel) -> None:
    for diversity in (None, 0.5):
        with pytest.raises(DataError) as raised:
            model.search(["red mug", "green [mug]"], diversity)
        assert str(raised.value) == (
            "'green [mug]' has no precomputed vector, and this model answers no other queries; set encoder.text to "
            "the encoder that made the vectors, and run the pipeline again"
        )
