from pathlib import Path

import pyarrow as pa

from benchmarks.refresh import change, write_encoder
from vitrine.data.contract.files import read_catalogue, write_catalogue
from vitrine.encoders.loading import load_encoder


def test_a_share_of_the_products_is_changed_added_and_removed(tmp_path: Path) -> None:
    before = {f"p{number}": f"mug {number}" for number in range(200)}
    write_catalogue(tmp_path, pa.table({"product_id": [*before], "title": [*before.values()]}))
    assert change(tmp_path, 0.1) == {"changed": 16, "new": 2, "removed": 2}
    after = read_catalogue(tmp_path)
    titles = dict(zip(after["product_id"].to_pylist(), after["title"].to_pylist(), strict=True))
    assert len(titles) == 200
    assert sum(titles.get(product, title) != title for product, title in before.items()) == 16
    assert len(titles.keys() - before.keys()) == len(before.keys() - titles.keys()) == 2


def test_one_layer_makes_an_encoder(tmp_path: Path) -> None:
    write_encoder(tmp_path / "encoder")
    encoder = load_encoder(tmp_path / "encoder")
    assert encoder.encode_text(["red mug", "blue bowl"]).shape == (2, 384)
