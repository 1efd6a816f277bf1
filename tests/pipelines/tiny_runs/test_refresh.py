"""A catalogue run after the whole run: one product is new, one removed, and one has another title."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipelines.kinds import BLESSED_RUN_NODE
from pipelines.metadata.records import find_output
from pipelines.run_directory import RunDirectory
from tests.pipelines.tiny_runs.conftest import RESOLVERS, Clone, Step
from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.table import read_attribute_table
from vitrine.data.contract.files import read_catalogue, write_catalogue
from vitrine.search.index_files import products_file

TRAINING = {"ClipTrainer", "Transform", "Trainer", "LatestBlessedModel", "Evaluator", "JudgementExampleGen"}
NEW = {"product_id": "new", "title": "Unusual Walrus Teapot"}


@dataclass(frozen=True)
class Shop:
    """A copy of the run and of its catalogue, which has no judgements."""

    clone: Clone
    output: Path
    data: Path

    def refresh(self, *more: str) -> Step:
        attributes = ("--set", "data.attributes={size: keyword}", "--set", "data.currency=EUR")
        options = ("--set", f"data.dir={self.data}", *attributes, *more)
        return self.clone.run(*options, subcommand="refresh", output=self.output)

    def properties(self, kind: str) -> dict[str, Any]:
        return find_output(RunDirectory(self.output), "EmbeddingGen", f"{kind}_embeddings").properties


@pytest.fixture(scope="module")
def shop(clone: Clone, pushed: Step, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    assert pushed.returncode == 0
    folder = tmp_path_factory.mktemp("refresh")
    shop = Shop(clone, folder / "run", folder / "data")
    shutil.copytree(clone.output, shop.output)
    shop.data.mkdir()
    first, second, *others = read_catalogue(clone.folder / "data" / "sample").to_pylist()
    changed = first | {"title": "Extraordinary Zebra Umbrella"}
    rows = [changed, *others, second | NEW]
    # Attributes that the whole run did not have; the product that changed has none.
    sizes = [row | {"size": size} for row, size in zip(rows, ["", *["S", "M"] * len(rows)], strict=False)]
    write_catalogue(shop.data, pa.Table.from_pylist(sizes), ["size"])
    return shop


@pytest.fixture(scope="module")
def refreshed(shop: Shop) -> Step:
    return shop.refresh()


def test_a_new_version_is_pushed_and_nothing_is_trained(refreshed: Step, pushed: Step) -> None:
    assert refreshed.returncode == 0
    assert refreshed.report is not None
    assert (refreshed.report["kind"], refreshed.report["status"]) == ("refresh", "pushed")
    assert refreshed.text.startswith("# Catalogue run `sample`: pushed")
    assert refreshed.report["states"].keys() & TRAINING == set()
    assert len(set(refreshed.serving) - set(pushed.serving)) == 3


def test_the_new_version_is_compared_with_the_served_one_over_the_products_of_both(
    refreshed: Step, pushed: Step
) -> None:
    assert pushed.report is not None
    assert pushed.report["retrieval"]["served"] == {"not_compared": "no earlier version is served"}
    assert refreshed.report is not None
    served = refreshed.report["retrieval"]["served"]
    assert pushed.serving[-1] == f"product_search/{served['version']}"
    assert served["products"] == 59  # of 60, one is new and one removed
    assert refreshed.text.startswith(f"# Catalogue run `sample`: pushed; {refreshed.report['summary']}\n")


def test_only_new_and_changed_products_are_encoded(refreshed: Step, shop: Shop) -> None:
    assert "60 products: 1 new, 1 removed" in " ".join(refreshed.printed.split())
    products, queries = shop.properties("product"), shop.properties("query")
    assert (products["encoded"], products["reused"]) == (2, 58)
    assert (queries["encoded"], queries["reused"]) == (0, queries["count"])


def test_a_new_attribute_encodes_nothing_and_is_in_the_index(refreshed: Step, shop: Shop, pushed: Step) -> None:
    (pushed_before,) = (name for name in pushed.serving if name.startswith("index/"))
    (index,) = (name for name in set(refreshed.serving) - set(pushed.serving) if name.startswith("index/"))
    assert read_attribute_table(shop.output / "serving" / pushed_before).declared == {}
    table = read_attribute_table(shop.output / "serving" / index)
    assert table.declared == {"size": Attribute(type="keyword")}
    assert table.currency is not None
    assert table.currency.unique().to_pylist() == ["EUR"]
    assert sorted(table.columns["size"].unique().to_pylist(), key=str) == ["M", None, "S"]
    assert "attributes" not in parquet.read_schema(products_file(shop.output / "serving" / index)).names


def test_the_new_product_is_found_and_the_removed_one_is_not(vitrine_here, refreshed: Step, shop: Shop) -> None:
    removed = read_catalogue(shop.clone.folder / "data" / "sample")["product_id"][1].as_py()
    found = {}
    for output in (shop.clone.output, shop.output):
        done = vitrine_here("search", NEW["title"], "--serving", output / "serving", "-k", 60, "--json")
        assert done.returncode == 0, done.stderr
        found[output] = [result["product_id"] for result in json.loads(done.stdout)]
    assert "new" in found[shop.output]
    assert "new" not in found[shop.clone.output]
    assert removed not in found[shop.output]


def test_lineage_and_the_list_of_runs_tell_the_catalogue_run_from_the_whole_run(
    vitrine, refreshed: Step, shop: Shop
) -> None:
    runs = json.loads(vitrine("runs", "--output", shop.output, "--json").stdout)
    kinds = [(run["kind"], run["status"]) for run in runs]
    assert kinds[:2] == [("refresh", "pushed"), ("run", "pushed")]
    versions = [run["version"] for run in runs[:2]]
    newer, older = (
        json.loads(vitrine("lineage", "--version", version, "--output", shop.output, "--json").stdout)
        for version in versions
    )
    assert (newer["kind"], older["kind"]) == ("refresh", "run")
    assert newer["classifier"] == older["classifier"]
    folders = [data["folder"] for data in newer["data"]]
    assert str(shop.data / "catalogue") in folders
    assert any(folder.endswith("/judgements") for folder in folders)


def test_the_same_catalogue_again_runs_nothing(refreshed: Step, shop: Shop) -> None:
    again = shop.refresh()
    assert again.returncode == 0
    assert again.report is not None
    done = {node for node, state in again.report["states"].items() if state == "done"}
    assert done <= RESOLVERS | {BLESSED_RUN_NODE}
    assert again.serving == refreshed.serving


def test_a_catalogue_that_lost_products_is_stopped_and_the_served_version_stays(
    refreshed: Step, shop: Shop, tmp_path: Path
) -> None:
    half = read_catalogue(shop.data, ["size"]).slice(0, 30)
    write_catalogue(tmp_path, half, ["size"])
    stopped = Shop(shop.clone, shop.output, tmp_path).refresh()
    assert stopped.returncode == 3
    assert "of the 60 products that are served are gone, and refresh.max_removed allows 10.0%" in stopped.errors
    assert stopped.report is not None
    assert (stopped.report["kind"], stopped.report["status"]) == ("refresh", "failed")
    assert stopped.serving == refreshed.serving


def test_another_encoder_than_the_blessed_one_is_refused(refreshed: Step, shop: Shop) -> None:
    refused = shop.refresh("--set", "embedding.text_fields=[title]")
    assert refused.returncode == 2
    (line,) = refused.errors.strip().splitlines()
    assert line.startswith("error: encoder: the settings are not those of the blessed model; different: text_fields;")


def test_a_model_below_a_threshold_is_refused_as_in_the_whole_run(refreshed: Step, shop: Shop) -> None:
    refused = shop.refresh("--set", "retrieval.above_random=1.5")
    assert refused.returncode == 4
    assert refused.serving == refreshed.serving
