from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from vitrine.data import columns
from vitrine.data.formats.arrow import as_matrix
from vitrine.embeddings.encoding import KEY, ORIGIN, ProductEncoder, QueryEncoder
from vitrine.embeddings.known_vectors import KnownVectors, keys_of_column
from vitrine.embeddings.settings import EncodingSettings

DIMENSION = 4


class ColourEncoder:
    """An encoder whose image vectors are mean colours, and whose text vectors are counts of letters."""

    dimension, encodes_images, encodes_any_text = DIMENSION, True, True

    def __init__(self) -> None:
        self.lengths: list[list[int]] = []

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        self.lengths.append([len(text) for text in texts])
        counts = [[text.count(letter) for letter in "aeio"] for text in texts]
        return unit(np.array(counts) + 0.1)

    def encode_document(self, texts: Sequence[str]) -> np.ndarray:
        return self.encode_text(texts)

    def encode_image(self, images: Sequence[Image.Image]) -> np.ndarray:
        return unit(np.array([[*np.asarray(image).mean(axis=(0, 1)), 1.0] for image in images]))


class TextEncoder(ColourEncoder):
    encodes_images = False


def unit(matrix: np.ndarray) -> np.ndarray:
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


def catalogue(*rows: dict[str, object]) -> pa.RecordBatch:
    """Return products in the catalogue's columns, "" where a row lacks one."""
    return pa.RecordBatch.from_pylist([dict.fromkeys(columns.CATALOGUE[:-1], "") | row for row in rows])


def encode(
    tmp_path: Path,
    *rows: dict[str, object],
    encoder: ColourEncoder | None = None,
    earlier: pa.Table | None = None,
    **settings: object,
) -> tuple[pa.Table, ProductEncoder]:
    """Encode products, with the vectors that `earlier` returned; return the table and the encoder of rows."""
    products = ProductEncoder(
        encoder or ColourEncoder(),
        EncodingSettings(image_root=str(tmp_path / "images"), **settings),
        "new",
        known(earlier, columns.TEXT_VECTOR),
        known(earlier, columns.IMAGE_VECTOR),
    )
    return pa.Table.from_batches([products.encode(catalogue(*rows))]), products


def known(table: pa.Table | None, name: str) -> list[KnownVectors]:
    if table is None:
        return []
    return [KnownVectors(keys_of_column(table[KEY[name]]), as_matrix(table[name]), table[ORIGIN[name]])]


@pytest.fixture
def red(tmp_path: Path) -> str:
    return write_image(tmp_path, "red.png", (255, 0, 0))


def write_image(tmp_path: Path, name: str, colour: tuple[int, int, int]) -> str:
    (tmp_path / "images").mkdir(exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(tmp_path / "images" / name)
    return name


def vectors(table: pa.Table, column: str) -> dict[str, list[float]]:
    return dict(zip(table["product_id"].to_pylist(), as_matrix(table[column]).tolist(), strict=True))


def test_products_with_text_image_both_or_neither(tmp_path: Path, red: str) -> None:
    table, products = encode(
        tmp_path,
        {"product_id": "both", "title": "mug", "image": red},
        {"product_id": "text", "title": "bowl"},
        {"product_id": "image", "image": red},
        {"product_id": "nothing"},
    )
    has = {row["product_id"]: (row["has_text"], row["has_image"]) for row in table.to_pylist()}
    assert has == {
        "both": (True, True),
        "text": (True, False),
        "image": (False, True),
        "nothing": (False, False),
    }
    zeros = [0.0] * DIMENSION
    texts, images = vectors(table, "text_vector"), vectors(table, "image_vector")
    assert texts["image"] == texts["nothing"] == images["text"] == images["nothing"] == zeros
    assert images["both"] == images["image"] == pytest.approx([1.0, 0.0, 0.0, 1 / 255], abs=1e-4)
    assert np.linalg.norm([texts["both"], texts["text"]], axis=1) == pytest.approx(1.0)
    assert products.tally.undecodable == {}


def test_images_that_cannot_be_read_count_as_missing_and_are_reported(tmp_path: Path, red: str) -> None:
    (tmp_path / "images" / "torn.jpg").write_bytes(b"\xff\xd8\xff torn")
    table, products = encode(
        tmp_path,
        {"product_id": "1", "title": "mug", "image": "torn.jpg"},
        {"product_id": "2", "title": "mug", "image": "absent.png"},
        {"product_id": "3", "title": "mug", "image": "../secret.png"},
        {"product_id": "4", "title": "mug", "image": red},
    )
    assert table["has_image"].to_pylist() == [False, False, False, True]
    assert vectors(table, "image_vector")["1"] == [0.0] * DIMENSION
    undecodable = products.tally.undecodable
    assert sorted(undecodable) == ["1", "2", "3"]
    assert undecodable["1"].startswith("torn.jpg: ")
    assert undecodable["2"] == "absent.png: No such file or directory"
    assert undecodable["3"] == (f"../secret.png: image '../secret.png' leaves the image root {tmp_path / 'images'}")


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_a_product_with_several_images_gets_the_mean_of_their_vectors(tmp_path: Path, red: str, batch: int) -> None:
    write_image(tmp_path, "blue.png", (0, 0, 255))
    (tmp_path / "images" / "torn.jpg").write_bytes(b"\xff\xd8\xff torn")
    table, products = encode(
        tmp_path,
        {"product_id": "1", "image": red, "views": '["blue.png"]'},
        {"product_id": "2", "image": "torn.jpg", "views": '["absent.png", "blue.png"]'},
        {"product_id": "3", "image": red, "views": '["red.png"]'},
        batch=batch,
    )
    red_vector, blue_vector = unit(np.array([[255.0, 0, 0, 1], [0, 0, 255.0, 1]]))
    images = vectors(table, "image_vector")
    assert images["1"] == pytest.approx(unit((red_vector + blue_vector)[None])[0], abs=1e-6)
    assert images["2"] == pytest.approx(blue_vector, abs=1e-6)
    assert images["3"] == pytest.approx(red_vector, abs=1e-6)
    assert table["has_image"].to_pylist() == [True, True, True]
    assert table["image"].to_pylist() == [red, "blue.png", red]
    undecodable = products.tally.undecodable
    assert list(undecodable) == ["2"]
    assert undecodable["2"].startswith("torn.jpg: ")


def test_an_invalid_list_of_views_leaves_the_main_image_and_is_reported(tmp_path: Path, red: str) -> None:
    table, products = encode(tmp_path, {"product_id": "1", "image": red, "views": "blue.png"})
    assert table["has_image"].to_pylist() == [True]
    assert products.tally.undecodable["1"].startswith("views 'blue.png' is not a JSON list of paths or addresses")


def test_a_batch_of_only_broken_images_does_not_stop_the_next(tmp_path: Path, red: str) -> None:
    rows = [{"product_id": str(number), "image": "absent.png"} for number in range(3)]
    table, products = encode(tmp_path, *rows, {"product_id": "9", "image": red}, batch=2)
    assert (table["has_image"].to_pylist(), len(products.tally.undecodable)) == ([False, False, False, True], 3)


def test_a_text_encoder_opens_no_image(tmp_path: Path) -> None:
    row = {"product_id": "1", "title": "mug", "image": "absent.png"}
    table, products = encode(tmp_path, row, encoder=TextEncoder())
    assert (table["has_image"].to_pylist(), products.tally.undecodable) == ([False], {})


def test_queries_are_encoded_as_they_are() -> None:
    queries = QueryEncoder(ColourEncoder(), "new")
    rows = queries.encode(pa.record_batch({"query_id": ["q2", "q1"], "query": ["mug", ""]}))
    assert rows["query_id"].to_pylist() == ["q2", "q1"]
    assert rows.schema.field("query_vector").type == pa.list_(pa.float32(), DIMENSION)
    expected = ColourEncoder().encode_text(["mug", ""])
    np.testing.assert_array_equal(as_matrix(pa.chunked_array([rows["query_vector"]])), expected)
    assert (queries.tally.encoded, queries.tally.reused) == (2, 0)


class CountingEncoder(ColourEncoder):
    """An encoder that keeps what it was asked to encode."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.images = 0

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += texts
        return super().encode_text(texts) if texts else np.zeros((0, DIMENSION), np.float32)

    def encode_image(self, images: Sequence[Image.Image]) -> np.ndarray:
        self.images += len(images)
        return super().encode_image(images)


def test_what_has_not_changed_is_not_encoded_again(tmp_path: Path, red: str) -> None:
    rows = [{"product_id": str(number), "title": f"mug {number}", "image": red} for number in range(3)]
    first, _ = encode(tmp_path, *rows)
    rows[1]["title"] = "bowl"
    blue = write_image(tmp_path, "blue.png", (0, 0, 255))
    rows[2] |= {"image": blue}
    encoder = CountingEncoder()
    second, products = encode(tmp_path, *rows, {"product_id": "9", "title": "mug 0"}, encoder=encoder, earlier=first)
    assert (encoder.texts, encoder.images) == (["bowl"], 1)
    assert (products.tally.encoded, products.tally.reused) == (2, 5)
    fresh, _ = encode(tmp_path, *rows, {"product_id": "9", "title": "mug 0"})
    for name in (columns.TEXT_VECTOR, columns.IMAGE_VECTOR):
        np.testing.assert_array_equal(as_matrix(second[name]), as_matrix(fresh[name]))
    for name in (columns.HAS_TEXT, columns.HAS_IMAGE, columns.IMAGE, *KEY.values()):
        if name in second.column_names:
            assert second[name].to_pylist() == fresh[name].to_pylist()


def test_the_origin_of_a_vector_is_where_it_was_first_written(tmp_path: Path, red: str) -> None:
    row = {"product_id": "1", "title": "mug", "image": red}
    first, _ = encode(tmp_path, row)
    renamed = first.set_column(first.column_names.index("text_origin"), "text_origin", pa.array(["run 1"]))
    second, _ = encode(tmp_path, row, {"product_id": "2", "title": "bowl"}, earlier=renamed)
    assert second["text_origin"].to_pylist() == ["run 1", "new"]
    assert second["image_origin"].to_pylist() == ["new", ""]


def test_an_image_that_changed_under_its_name_is_encoded_again(tmp_path: Path, red: str) -> None:
    row = {"product_id": "1", "image": red}
    first, _ = encode(tmp_path, row)
    write_image(tmp_path, red, (0, 255, 0))
    second, products = encode(tmp_path, row, earlier=first)
    assert (products.tally.encoded, products.tally.reused) == (1, 0)
    assert vectors(second, "image_vector")["1"] == pytest.approx([0.0, 1.0, 0.0, 1 / 255], abs=1e-4)


def test_an_image_that_cannot_be_decoded_is_tried_and_reported_in_every_run(tmp_path: Path, red: str) -> None:
    (tmp_path / "images" / "torn.jpg").write_bytes(b"\xff\xd8\xff torn")
    row = {"product_id": "1", "image": "torn.jpg", "views": f'["{red}"]'}
    first, _ = encode(tmp_path, row)
    encoder = CountingEncoder()
    second, products = encode(tmp_path, row, encoder=encoder, earlier=first)
    assert list(products.tally.undecodable) == ["1"]
    assert encoder.images == 1
    assert second["image"].to_pylist() == [red]


def test_an_image_renamed_or_added_is_encoded_again(tmp_path: Path, red: str) -> None:
    rows = [{"product_id": name, "image": red} for name in ("same", "renamed", "added")]
    first, _ = encode(tmp_path, *rows)
    rows[1]["image"] = write_image(tmp_path, "copy.png", (255, 0, 0))
    rows[2]["views"] = '["copy.png"]'
    encoder = CountingEncoder()
    second, products = encode(tmp_path, *rows, encoder=encoder, earlier=first)
    assert (encoder.images, products.tally.encoded, products.tally.reused) == (3, 2, 1)
    assert second["image_origin"].to_pylist() == ["new"] * 3
    assert second["image"].to_pylist() == [red, "copy.png", red]


def test_a_product_with_views_only_keeps_its_image_when_nothing_is_encoded(tmp_path: Path, red: str) -> None:
    row = {"product_id": "1", "views": f'["{red}"]'}
    first, _ = encode(tmp_path, row)
    second, products = encode(tmp_path, row, earlier=first)
    assert products.tally.reused == 1
    assert first["image"].to_pylist() == second["image"].to_pylist() == [red]


def test_other_text_fields_encode_the_texts_that_they_change(tmp_path: Path) -> None:
    rows = [{"product_id": "1", "title": "mug", "brand": "Acme"}, {"product_id": "2", "title": "bowl"}]
    first, _ = encode(tmp_path, *rows, text_fields=("title",))
    encoder = CountingEncoder()
    encode(tmp_path, *rows, encoder=encoder, earlier=first, text_fields=("title", "brand"))
    assert encoder.texts == ["mug. Acme"]


def test_a_changed_query_is_encoded_and_others_are_known() -> None:
    rows = pa.record_batch({"query_id": ["1", "2"], "query": ["a", "e"]})
    first = QueryEncoder(ColourEncoder(), "run 1").encode(rows)
    encoder = CountingEncoder()
    queries = QueryEncoder(encoder, "run 2", known(pa.Table.from_batches([first]), columns.QUERY_VECTOR))
    second = queries.encode(pa.record_batch({"query_id": ["3", "1"], "query": ["e", "o"]}))
    assert (encoder.texts, queries.tally.encoded, queries.tally.reused) == (["o"], 1, 1)
    assert second["query_origin"].to_pylist() == ["run 1", "run 2"]
    expected = ColourEncoder().encode_text(["e", "o"])
    np.testing.assert_array_equal(as_matrix(pa.chunked_array([second["query_vector"]])), expected)


class PromptingEncoder(TextEncoder):
    """An encoder with a prompt of documents."""

    def encode_document(self, texts: Sequence[str]) -> np.ndarray:
        return self.encode_text([f"eee {text}" for text in texts])


def test_products_are_encoded_as_documents_and_queries_as_queries(tmp_path: Path) -> None:
    encoder = PromptingEncoder()
    table, _ = encode(tmp_path, {"product_id": "1", "title": "mug"}, encoder=encoder)
    np.testing.assert_allclose(table["text_vector"].to_pylist(), encoder.encode_document(["mug"]), atol=1e-6)
    rows = QueryEncoder(encoder, "new").encode(pa.record_batch({"query_id": ["1"], "query": ["mug"]}))
    np.testing.assert_allclose(rows["query_vector"].to_pylist(), encoder.encode_text(["mug"]), atol=1e-6)
