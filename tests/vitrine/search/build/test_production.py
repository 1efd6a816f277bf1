import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.embedding_folders import write_folder
from tests.vitrine.search import shop
from vitrine import progress
from vitrine.data.formats.arrow import vector_column
from vitrine.data.images.parallel_reading import read_bmp_images
from vitrine.search.build.production import SearchModelInputs, produce
from vitrine.search.exported_model import ExportedModel
from vitrine.search.products import Products
from vitrine.search.settings import ProductionSettings, SearchSettings

SETTINGS = SearchSettings(top_k=6, candidates=12)


def label(query: str, colour: str) -> str:
    return "E" if query.startswith(colour) else "I"


def inputs(images: Path) -> SearchModelInputs:
    """Return the shop with its images, and judgements of its mugs: E the mug of the colour, I all others."""
    encoder = shop.HashingEncoder()
    table, sides = shop.catalogue(), shop.sides(encoder)
    colours = [product_id.split("-")[0] for product_id in table["product_id"].to_pylist()]
    for colour in shop.COLOURS:
        (images / f"{colour}.png").write_bytes(shop.image_bytes(colour))
    table = table.append_column("image", pa.array([f"{colour}.png" for colour in colours]))
    queries = [f"{colour} mug" for colour in shop.COLOURS]
    judged = [
        {"query_id": str(number), "query": query, "product_id": f"{other}-mug", "esci_label": label(query, other)}
        for number, query in enumerate(queries)
        for other in shop.COLOURS
    ]
    ids = [str(number) for number in range(len(queries))]
    vectors = vector_column(encoder.encode_text(queries))
    return SearchModelInputs(
        Products.of(table, *sides),
        write_folder(images / "queries", pa.table({"query_id": ids, "query_vector": vectors})),
        pa.Table.from_pylist(judged),
        encoder,
        shop.save_classifier(images / "classifier"),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A produced search model in `model`, its index in `index`, and the images of its products in `images`."""
    folder = tmp_path_factory.mktemp("produced")
    (folder / "images").mkdir()
    settings = ProductionSettings(search=SETTINGS, image_root=str(folder / "images"))
    produce(inputs(folder / "images"), settings, folder / "model", folder / "index")
    return folder


def test_the_model_answers_texts_and_images(folder: Path) -> None:
    model = ExportedModel(folder / "model")
    assert model.search(["red mug"]).product_id[0][0] == "red-mug"
    (image,) = read_bmp_images(["blue.png"], folder / "images")
    assert all(product.startswith("blue") for product in model.search_images([image]).product_id[0][:3])


def test_the_model_has_warm_up_requests_of_both_kinds(folder: Path) -> None:
    requests = (folder / "model" / "assets.extra" / "tf_serving_warmup_requests").read_bytes()
    assert b"red mug" in requests
    assert b"search_image" in requests


def test_the_index_describes_the_model_that_was_written(folder: Path) -> None:
    description = json.loads((folder / "index" / "index.json").read_text())
    assert description["count"] == parquet.read_metadata(folder / "index" / "vectors.parquet").num_rows == 20
    assert description["settings"] == SETTINGS.model_dump()
    assert description["image_root"] == str(folder / "images")
    assert description["judged_by"].keys() == {"people"}
    assert 0 <= description["weights"]["blend"] <= 1
    background = description["confidence"]["text"]
    assert np.isfinite(background["mean"])
    assert background != {"mean": 0.0, "std": 1.0}  # measured on the model


def test_the_chosen_weights_are_noted(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    monkeypatch.setattr(progress, "note", notes.append)
    (tmp_path / "images").mkdir()
    produce(inputs(tmp_path / "images"), ProductionSettings(image_root=str(tmp_path / "images")),
            tmp_path / "model", tmp_path / "index")  # fmt: skip
    assert any(note.startswith("chosen on the train split: classifier's share") for note in notes)
