from collections.abc import Sequence
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from components.embedding_gen.settings import Settings
from components.embedding_gen.undecodable_images import Undecodable
from hypothesis import given
from PIL import Image

from components.embedding_gen.encode import DeduplicateAndShard, EncodeShard, distinct
from vitrine.data import columns
from vitrine.data.formats.arrow import as_features, as_matrix

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

    def encode_image(self, images: Sequence[Image.Image]) -> np.ndarray:
        return unit(np.array([[*np.asarray(image).mean(axis=(0, 1)), 1.0] for image in images]))


class TextEncoder(ColourEncoder):
    encodes_images = False


def unit(matrix: np.ndarray) -> np.ndarray:
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


class Shard(EncodeShard):
    """EncodeShard with a given encoder instead of a checkpoint to load."""

    def __init__(self, id_column: str, encoder: ColourEncoder, directory: Path, **settings: object) -> None:
        super().__init__(id_column, "", str(directory), Settings(image_root=str(directory / "images"), **settings))
        self._encoder = encoder


def catalogue(*rows: dict[str, object]) -> pa.RecordBatch:
    """Return products as ExampleGen's examples are read: missing cells are missing lists."""
    schema = pa.schema([(name, pa.float32() if name == columns.PRICE else pa.string()) for name in columns.CATALOGUE])
    return as_features(pa.RecordBatch.from_pylist(list(rows), schema))


def encode(tmp_path: Path, *rows: dict[str, object], encoder: ColourEncoder | None = None, **settings: object):
    (batch,) = (
        rows for _, rows in DeduplicateAndShard("product_id", columns.CATALOGUE[:-1], 1).process(catalogue(*rows))
    )
    shard = Shard("product_id", encoder or ColourEncoder(), tmp_path, **settings)
    (undecodable,) = shard.process((0, [batch]))
    (path,) = tmp_path.glob("*.parquet")
    return pa.parquet.read_table(path), undecodable


@pytest.fixture
def red(tmp_path: Path) -> str:
    return write_image(tmp_path, "red.png", (255, 0, 0))


def write_image(tmp_path: Path, name: str, colour: tuple[int, int, int]) -> str:
    (tmp_path / "images").mkdir(exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(tmp_path / "images" / name)
    return name


def vectors(table: pa.Table, column: str) -> dict[str, list[float]]:
    return dict(zip(table["product_id"].to_pylist(), as_matrix(table[column]).tolist(), strict=True))


@given(st.lists(st.text("abc", max_size=2)))
def test_distinct_keeps_the_first_row_of_each_id_in_order(ids: list[str]) -> None:
    rows = pa.table({"id": pa.array(ids, pa.string()), "row": pa.array(range(len(ids)), pa.int64())})
    assert distinct(rows, "id")["row"].to_pylist() == [ids.index(key) for key in dict.fromkeys(ids)]


@given(st.lists(st.text("0123456789", min_size=1, max_size=3), min_size=1), st.integers(1, 5))
def test_each_id_goes_to_one_shard_whichever_batch_it_comes_in(ids: list[str], shards: int) -> None:
    sharding = DeduplicateAndShard("query_id", ("query_id", "query"), shards)
    batch = as_features(pa.record_batch({"query_id": ids, "query": ids}))
    shards_of_id: dict[str, set[int]] = {}
    for half in (batch.slice(0, len(ids) // 2), batch.slice(len(ids) // 2)):
        for number, rows in sharding.process(half) if half.num_rows else ():
            assert 0 <= number < shards
            for query_id in rows["query_id"].to_pylist():
                shards_of_id.setdefault(query_id, set()).add(number)
    assert set(shards_of_id) == set(ids)
    assert all(len(numbers) == 1 for numbers in shards_of_id.values())


def test_a_batch_in_which_nothing_has_a_price_has_the_same_columns() -> None:
    sharding = DeduplicateAndShard("product_id", columns.CATALOGUE[:-1], 1)
    ((_, with_price),) = sharding.process(catalogue({"product_id": "1", "price": 2.5}))
    ((_, without),) = sharding.process(catalogue({"product_id": "2"}))
    unknown = as_features(pa.record_batch({"product_id": ["3"]}))
    ((_, bare),) = sharding.process(unknown)
    assert with_price.schema == without.schema == bare.schema
    assert [rows["price"].to_pylist() for rows in (with_price, without, bare)] == [[2.5], [None], [None]]


def test_products_with_text_image_both_or_neither(tmp_path: Path, red: str) -> None:
    table, undecodable = encode(
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
    assert undecodable == {}


def test_images_that_cannot_be_read_count_as_missing_and_are_reported(tmp_path: Path, red: str) -> None:
    (tmp_path / "images" / "torn.jpg").write_bytes(b"\xff\xd8\xff torn")
    table, undecodable = encode(
        tmp_path,
        {"product_id": "1", "title": "mug", "image": "torn.jpg"},
        {"product_id": "2", "title": "mug", "image": "absent.png"},
        {"product_id": "3", "title": "mug", "image": "../secret.png"},
        {"product_id": "4", "title": "mug", "image": red},
    )
    assert table["has_image"].to_pylist() == [False, False, False, True]
    assert vectors(table, "image_vector")["1"] == [0.0] * DIMENSION
    assert sorted(undecodable) == ["1", "2", "3"]
    assert undecodable["1"].startswith("torn.jpg: ")
    assert undecodable["2"] == "absent.png: No such file or directory"
    assert undecodable["3"] == (f"../secret.png: image '../secret.png' leaves the image root {tmp_path / 'images'}")


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_a_product_with_several_images_gets_the_mean_of_their_vectors(tmp_path: Path, red: str, batch: int) -> None:
    write_image(tmp_path, "blue.png", (0, 0, 255))
    (tmp_path / "images" / "torn.jpg").write_bytes(b"\xff\xd8\xff torn")
    table, undecodable = encode(
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
    assert list(undecodable) == ["2"]
    assert undecodable["2"].startswith("torn.jpg: ")


def test_an_invalid_list_of_views_leaves_the_main_image_and_is_reported(tmp_path: Path, red: str) -> None:
    table, undecodable = encode(tmp_path, {"product_id": "1", "image": red, "views": "blue.png"})
    assert table["has_image"].to_pylist() == [True]
    assert undecodable["1"].startswith("views 'blue.png' is not a JSON list of paths or addresses")


def test_a_batch_of_only_broken_images_does_not_stop_the_next(tmp_path: Path, red: str) -> None:
    rows = [{"product_id": str(number), "image": "absent.png"} for number in range(3)]
    table, undecodable = encode(tmp_path, *rows, {"product_id": "9", "image": red}, batch=2)
    assert (table["has_image"].to_pylist(), len(undecodable)) == ([False, False, False, True], 3)


def test_a_text_encoder_opens_no_image(tmp_path: Path) -> None:
    row = {"product_id": "1", "title": "mug", "image": "absent.png"}
    table, undecodable = encode(tmp_path, row, encoder=TextEncoder())
    assert (table["has_image"].to_pylist(), undecodable) == ([False], {})


def test_vectors_stay_with_their_products_while_batches_go_by_length(tmp_path: Path) -> None:
    titles = {str(number): "aeio"[number % 4] * (1 + number * 7 % 10) for number in range(10)}
    encoder = ColourEncoder()
    table, _ = encode(
        tmp_path, *({"product_id": key, "title": title} for key, title in titles.items()), encoder=encoder, batch=3
    )
    assert [len(lengths) for lengths in encoder.lengths] == [3, 3, 3, 1]
    assert [length for lengths in encoder.lengths for length in lengths] == sorted(map(len, titles.values()))
    expected = ColourEncoder().encode_text([titles[key] for key in table["product_id"].to_pylist()])
    np.testing.assert_array_equal(as_matrix(table["text_vector"]), expected)


def test_queries_are_encoded_as_they_are(tmp_path: Path) -> None:
    shard = Shard("query_id", ColourEncoder(), tmp_path)
    batches = [pa.record_batch({"query_id": ["q2", "q1"], "query": ["mug", ""]}),
               pa.record_batch({"query_id": ["q2"], "query": ["mug"]})]  # fmt: skip
    undecodable: list[Undecodable] = list(shard.process((0, batches)))
    table = pa.parquet.read_table(tmp_path / "part-00000-of-00001.parquet")
    assert table["query_id"].to_pylist() == ["q1", "q2"]
    assert table.schema.field("query_vector").type == pa.list_(pa.float32(), DIMENSION)
    np.testing.assert_array_equal(as_matrix(table["query_vector"]), ColourEncoder().encode_text(["", "mug"]))
    assert undecodable == [{}]
