from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow.compute as pc
import pytest

from tests.vitrine.categories.shop import SIZES, NamingEncoder, direction, judgements, write_catalogue
from vitrine.categories.cross_fitting import CrossFitted, cross_fit
from vitrine.categories.data import CategoryData
from vitrine.categories.examples import Input
from vitrine.categories.measurement import measure
from vitrine.categories.predictions import predictions
from vitrine.categories.settings import CategorySettings, Imbalance
from vitrine.categories.zero_shot import nearest_names

SETTINGS = CategorySettings(folds=3, epochs=12, batch_size=32, min_products=5)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CategoryData:
    folder = tmp_path_factory.mktemp("shop")
    write_catalogue(folder, extra={"Garden > Rakes": 2}, unlabelled=3)
    return read(folder)


def read(folder: Path, settings: CategorySettings = SETTINGS, fields: tuple[str, ...] = ("title",)) -> CategoryData:
    folders = folder / "products", folder / "queries"
    read = CategoryData.read(*folders, judgements(), NamingEncoder(), fields, settings, folder)  # type: ignore[arg-type]
    assert isinstance(read, CategoryData), read
    return read


def fitted(data: CategoryData, settings: CategorySettings = SETTINGS) -> CrossFitted:
    return cross_fit(settings, data.classes.names, data.source, data.examples, data.classes.label, data.group)


def test_products_count_once_by_all_their_inputs_and_queries_by_their_exact_products(data: CategoryData) -> None:
    products = data.examples.take(data.examples.kind != Input.QUERY)
    weight = np.bincount(products.row, products.weight)
    assert set(np.round(weight[data.classes.labelled], 5).tolist()) == {1.0}
    queries = data.examples.take(data.examples.kind == Input.QUERY)
    assert [data.classes.names[label] for label in queries.label] == list(SIZES)
    assert data.classes.left_out == {"Garden > Rakes": 2}


@pytest.mark.parametrize("imbalance", get_args(Imbalance))
def test_every_treatment_learns_the_categories(data: CategoryData, imbalance: Imbalance) -> None:
    result = fitted(data, SETTINGS.model_copy(update={"imbalance": imbalance}))
    hits = result.ranked[:, 0] == data.examples.label
    assert hits.mean() > 0.9
    classes, probability = result.head.best(np.stack([direction(name) for name in data.classes.names]))
    assert classes[:, 0].numpy().tolist() == [0, 1, 2]
    assert probability[:, 0].numpy().min() > 0.5


def test_a_hidden_layer_learns_them_too(data: CategoryData) -> None:
    result = fitted(data, SETTINGS.model_copy(update={"hidden": 8, "epochs": 40}))
    assert (result.ranked[:, 0] == data.examples.label).mean() > 0.9


def test_the_same_seed_gives_the_same_head(data: CategoryData) -> None:
    first, second = fitted(data), fitted(data)
    for before, after in zip(first.head.weights(), second.head.weights(), strict=True):
        np.testing.assert_allclose(before, after, atol=1e-5)


def test_texts_are_read_without_the_category_that_they_would_tell(tmp_path: Path) -> None:
    write_catalogue(tmp_path)
    with_category, without = read(tmp_path, fields=("title", "category")), read(tmp_path)
    rows = np.array([0, 100])
    named = NamingEncoder().encode_text(["Mugs 0", "Hats 100"])
    np.testing.assert_array_equal(with_category.source.gather(Input.TEXT, rows), named)
    assert np.abs(without.source.gather(Input.TEXT, rows) - named).max() > 0.01
    assert not with_category.leaks


def test_large_catalogues_give_a_sample_that_keeps_small_classes(tmp_path: Path) -> None:
    write_catalogue(tmp_path)
    sample = read(tmp_path, SETTINGS.model_copy(update={"max_products": 55}))
    assert sample.classes.counts.sum() == 55
    assert sample.classes.counts.min() >= 5


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"min_products": 50}, "1 categories with at least 50 products"),
        ({"min_labelled": 103}, "102 distinct products have a"),
    ],
)
def test_too_few_products_are_a_reason(tmp_path: Path, settings: dict[str, int], reason: str) -> None:
    write_catalogue(tmp_path)
    given = SETTINGS.model_copy(update=settings)
    read = CategoryData.read(
        tmp_path / "products", tmp_path / "queries", judgements(), NamingEncoder(), ("title",), given, tmp_path
    )  # type: ignore[arg-type]
    assert isinstance(read, str)
    assert reason in read


def test_the_figures_have_the_head_above_its_floors(data: CategoryData) -> None:
    result = fitted(data)
    zero_shot = nearest_names(NamingEncoder(), data.classes.names, data.source, data.examples, 3)  # type: ignore[arg-type]
    measured = measure(data, result, zero_shot)
    figures = measured.figures
    assert (figures["classes"], figures["products"], figures["without_category"]) == (3, 102, 3)
    assert figures["left_out"] == {"Garden > Rakes": 2}
    assert set(figures["inputs"]) == {"text", "image", "both", "query"}
    for name in ("text", "image", "both"):
        by_input = figures["inputs"][name]
        assert by_input["head"]["macro_f1"] > by_input["majority"]["macro_f1"] + 0.5
        assert by_input["levels"][0] > 0.9
    assert figures["inputs"]["both"]["count"] == 51
    assert measured.per_class["products"].tolist() == [60, 30, 12]
    assert measured.confusion.to_numpy().sum() == 102
    assert sum(each["count"] for each in figures["confusions"]) == 102 - np.trace(measured.confusion)


def test_predictions_of_products_without_a_category_are_the_heads(data: CategoryData) -> None:
    table = predictions(data, fitted(data))
    assert table.num_rows == 107
    rows = table.slice(104).to_pylist()
    assert [row["class"] for row in rows] == [None] * 3
    assert [row["text_category"] for row in rows] == ["Home > Mugs"] * 3
    assert [row["image_category"] is None for row in rows] == [False, True, False]
    assert all(0 < row["text_probability"] <= 1 for row in rows)


def test_without_exact_judgements_products_alone_are_examples(tmp_path: Path) -> None:
    write_catalogue(tmp_path)
    irrelevant = judgements().filter(pc.equal(judgements()["esci_label"], "I"))
    given = CategoryData.read(
        tmp_path / "products", tmp_path / "queries", irrelevant, NamingEncoder(), ("title",), SETTINGS, tmp_path
    )  # type: ignore[arg-type]
    assert isinstance(given, CategoryData)
    assert not (given.examples.kind == Input.QUERY).any()
