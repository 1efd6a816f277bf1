"""A run on precomputed vectors: without an encoder or image files, with additional images and a missing category."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.conftest import log_end
from vitrine.data.contract.files import read_catalogue, read_judgements, write_catalogue, write_judgements
from vitrine.data.images.additional_images import format_views
from vitrine.data.vectors.files import ProductVectors, QueryVectors, VectorFiles, write_vector_files
from vitrine.gateway.catalogue.product_table import ProductTable
from vitrine.search.build.calibration import MIN_QUERIES

DIMENSION = 8


@dataclass(frozen=True)
class Run:
    """A run's process, directories and precomputed vectors."""

    done: subprocess.CompletedProcess[str]
    output: Path
    data: Path
    vectors: VectorFiles

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads((self.output / "report.json").read_text(encoding="utf-8"))
        return report


def unit(matrix: np.ndarray) -> np.ndarray:
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


def write_vectors(data: Path, judgements: Path) -> VectorFiles:
    """Write vectors of the products in `data` and of the judged queries near the centres of categories."""
    rng = np.random.default_rng(3)
    products = read_catalogue(data)
    categories = products["category"].to_pylist()
    centres = {category: rng.normal(size=DIMENSION) for category in sorted(set(categories))}
    product_vectors = unit(
        np.array([centres[category] for category in categories]) + 0.3 * rng.normal(size=(products.num_rows, DIMENSION))
    )
    has_image = np.array([bool(image) for image in products["image"].to_pylist()])
    row = {product: number for number, product in enumerate(products["product_id"].to_pylist())}
    judged = pa.concat_tables([read_judgements(judgements, "train"), read_judgements(judgements, "eval")]).to_pylist()
    exact = {pair["query_id"]: row.get(pair["product_id"], 0) for pair in judged if pair["esci_label"] == "E"}
    texts = {pair["query_id"]: pair["query"] for pair in judged}
    query_vectors = unit(
        np.array([product_vectors[exact.get(query, 0)] for query in texts])
        + 0.2 * rng.normal(size=(len(texts), DIMENSION))
    )
    queries = QueryVectors(pa.array(texts.keys()), pa.array(texts.values()), query_vectors)
    catalogue_vectors = ProductVectors(
        products["product_id"].combine_chunks(),
        product_vectors,
        product_vectors * has_image[:, None],
        np.ones(products.num_rows, np.bool_),
        has_image,
    )
    return write_vector_files(data / "vectors", "some/clip", DIMENSION, [queries], [catalogue_vectors])


def worded_in_many_ways(judgements: pa.Table) -> pa.Table:
    """Return the judgements for each query's text alone and after each of some words: more than calibration needs."""
    tables = []
    for number, word in enumerate(("", "nice ", "new ", "good ", "the ", "some ", "my ")):
        rows = [
            row | {"query_id": f"{row['query_id']}-{number}", "query": word + row["query"]}
            for row in judgements.to_pylist()
        ]
        tables.append(pa.Table.from_pylist(rows, judgements.schema))
    return pa.concat_tables(tables)


def without_category(products: pa.Table) -> pa.Table:
    """Return the products, of which the first one has no category."""
    categories = ["", *products["category"].to_pylist()[1:]]
    return products.set_column(products.column_names.index("category"), "category", pa.array(categories))


@pytest.fixture(scope="module")
def run(vitrine, tiny_data: Path, tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("precomputed")
    data, output = folder / "data", folder / "run"
    data.mkdir()
    write_judgements(data, "eval", read_judgements(tiny_data, "eval"))
    write_judgements(data, "train", worded_in_many_ways(read_judgements(tiny_data, "train")))
    products = read_catalogue(tiny_data)
    address = "https://images.example/"
    views = [format_views([f"{address}{number}?back"]) for number in range(products.num_rows)]
    images = [image and address + image for image in products["image"].to_pylist()]
    for name, values in {"image": images, "views": views}.items():
        products = products.set_column(products.column_names.index(name), name, pa.array(values))
    write_catalogue(data, products)
    vectors = write_vectors(data, data)
    write_catalogue(data, without_category(products))
    return Run(vitrine("run", "--config", tiny_config, "--output", output, *options(data)), output, data, vectors)


def options(data: Path) -> list[str]:
    """Return the options of a run on the data and vectors in a folder; 60 products need small batches."""
    changes = {"data.dir": data, "encoder.kind": "precomputed", "encoder.source": data / "vectors"}
    changes |= {"categories.batch_size": 16}
    return [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]


def test_the_model_is_pushed_with_the_fingerprint_of_the_vectors(run: Run) -> None:
    assert run.done.returncode == 0, f"{run.done.stderr}\n{log_end(run.output)}"
    assert run.report["status"] == "pushed"
    assert len(read_judgements(run.data, "train")["query"].unique()) > 2 * MIN_QUERIES
    printed = " ".join((run.done.stdout + run.done.stderr).split())
    assert "only the queries that have vectors are answered" in printed
    assert "encoder.text is not set" in printed
    assert run.report["encoder"] == {
        "fingerprint": run.vectors.fingerprint, "dimension": DIMENSION, "undecodable_images": {}
    }  # fmt: skip


def test_the_precomputed_vectors_are_used(run: Run) -> None:
    ranking = run.report["ranking"]
    assert ranking["similarity"]["ndcg@10"]["value"] > ranking["random"]["ndcg@10"]["value"] + 0.1


def test_the_product_without_a_category_has_a_predicted_one_that_is_marked(
    vitrine_here, run: Run, tiny_data: Path
) -> None:
    product_id, category = (read_catalogue(tiny_data)[name][0].as_py() for name in ("product_id", "category"))
    assert run.report["categories"]["without_category"] == 1
    (index,) = (run.output / "serving" / "index").iterdir()
    columns = ["product_id", "category", "category_predicted", "category_probability"]
    table = parquet.read_table(index / "vectors.parquet", columns=columns)
    rows = {row["product_id"]: row for row in table.to_pylist()}
    product = rows.pop(product_id)
    assert (product["category"], product["category_predicted"]) == ("", category)
    assert {(row["category_predicted"], row["category_probability"]) for row in rows.values()} == {(None, None)}

    served = ProductTable.read(index / "vectors.parquet")
    (row,) = served.at(served.rows([product_id]))
    assert (row["category"], row["category_predicted"]) == (category, True)

    audit = json.loads(vitrine_here("catalogue", "audit", "--run", run.output, "--json").stdout)
    (missing,) = [finding for finding in audit if finding["finding"] == "missing"]
    assert (missing["product_id"], missing["predicted"]) == (product_id, category)


def test_a_query_that_has_a_vector_is_answered_and_another_is_refused_in_a_line(
    vitrine, vitrine_here, run: Run
) -> None:
    known = read_judgements(run.data, "eval")["query"][0].as_py()
    answered = vitrine_here("search", known, "--serving", run.output / "serving", "-k", 3, "--json")
    assert answered.returncode == 0, answered.stderr
    assert len(json.loads(answered.stdout)) == 3
    refused = vitrine("search", "a query of nobody", "--serving", run.output / "serving")
    assert refused.returncode == 2
    (line,) = refused.stderr.strip().splitlines()
    assert "'a query of nobody' has no precomputed vector" in line
    assert "set encoder.text to the encoder that made the vectors" in line


def test_a_catalogue_run_reads_the_vectors_of_new_products(
    vitrine, vitrine_here, run: Run, tiny_config: Path, tmp_path: Path
) -> None:
    products = read_catalogue(run.data)
    new = products.slice(1, 1).set_column(0, "product_id", pa.array(["new"]))
    write_catalogue(tmp_path, pa.concat_tables([products.slice(1), new]))
    vectors = write_vectors(tmp_path, run.data)
    done = vitrine("refresh", "--config", tiny_config, "--output", run.output, *options(tmp_path))
    assert done.returncode == 0, f"{done.stderr}\n{log_end(run.output)}"
    assert run.report["encoder"]["fingerprint"] == vectors.fingerprint != run.vectors.fingerprint
    known = read_judgements(run.data, "eval")["query"][0].as_py()
    found = json.loads(vitrine_here("search", known, "--serving", run.output / "serving", "-k", 60, "--json").stdout)
    ids = {result["product_id"] for result in found}
    assert products["product_id"][0].as_py() not in ids
    assert "new" in ids
