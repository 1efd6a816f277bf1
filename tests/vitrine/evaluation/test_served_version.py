from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.vitrine.evaluation.test_measure import HELD_OUT, TRAIN, export
from tests.vitrine.search import shop
from vitrine.evaluation.measure import Catalogue, measure
from vitrine.evaluation.metrics_file import ServedFigures
from vitrine.evaluation.retrieval import HeldOutQueries
from vitrine.evaluation.served_version import ServedVersion, compare_with_served
from vitrine.search.index_files import products_file


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue of the search tests, without images."""
    table = shop.catalogue()
    for name, value in (("image", ""), ("has_image", False)):
        table = table.append_column(name, pa.array([value] * table.num_rows))
    return Catalogue(table, tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> ServedVersion:
    folder = tmp_path_factory.mktemp("served")
    model = export(folder, catalogue, images=False)
    (folder / "index").mkdir()
    parquet.write_table(catalogue.table.select(["product_id"]), products_file(folder / "index"))
    return ServedVersion("17", model, folder / "index")


def compared(served: ServedVersion, catalogue: Catalogue) -> ServedFigures:
    return measure(served.model, catalogue, TRAIN, HELD_OUT, served=served)["retrieval"]["served"]


def test_a_model_is_no_different_from_itself(served: ServedVersion, catalogue: Catalogue) -> None:
    figures = compared(served, catalogue)
    assert (figures["version"], figures["queries"], figures["products"]) == ("17", 2, 20)
    assert figures["search_model"] == figures["served"]
    assert figures["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0, "p_value": 1.0}
    assert figures["unjudged@10"]["search_model"] == figures["unjudged@10"]["served"]


@pytest.mark.parametrize("missing", ["model", "index"])
def test_a_served_version_whose_files_are_gone_is_a_reason_not_to_compare(
    served: ServedVersion, tmp_path: Path, missing: str
) -> None:
    gone = replace(served, **{missing: tmp_path})
    figures = compare_with_served(gone, HeldOutQueries.sample(HELD_OUT), {}, [])
    assert figures["version"] == "17"
    assert figures["not_compared"].startswith(f"the served version 17 fails: {tmp_path}")
