"""Damaged datasets: each is prepared, or refused with one line and without any output."""

import functools
import gzip
import io
import json
import random
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from vitrine.data.adapters import ADAPTERS
from vitrine.data.prepare import prepare
from vitrine.errors import VitrineError

Files = dict[str, bytes]
QUERIES = 12
"""Enough queries for both splits."""


def lines(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def several(row: str) -> list[str]:
    return [row.format(n=n) for n in range(QUERIES)]


def a_sample() -> Files:
    catalogue = "product_id,title,description,brand,color,category,image,price"
    header = "query_id,query,product_id,esci_label"
    return {
        "catalogue/a.csv": lines(catalogue, "1,Red mug,,,,,1.png,4.5", '2,"Blue ""mug""",,,,,,'),
        "judgements/train/a.csv": lines(header, "q1,red mug,1,E", "q1,red mug,2,S"),
        "judgements/eval/a.csv": lines(f"{header},source", "q2,blue mug,2,E,survey"),
        "images/1.png": b"no image",
    }


def a_csv() -> Files:
    return {
        "catalogue.csv": lines("product_id,title,price", '1,"Red\nmug",4.5', "2,Blué mug,"),
        "judgements.csv": lines("query,product_id,esci_label", *several("mug {n},1,exact")),
    }


def a_crowdflower() -> Files:
    header = "id,query,product_title,product_description,median_relevance,relevance_variance"
    return {"judgements.csv": lines(header, *several('{n},mug {n},Mug,"Red <b>&amp;</b> {n}",4,0.4'))}


def an_eshop() -> Files:
    entry = {"Type": "Gear", "Brand": "Fjell", "Description": "A grey, waterproof pack.", "Price": 9.5}
    names = [f"{name} {kind}" for name in ("Summit", "Valley") for kind in ("Backpack", "Tent", "Bike Helmet")]
    entries = [entry | {"Id": number, "Name": name} for number, name in enumerate(names)]
    return {"catalog.json": json.dumps(entries, indent=1).encode(), "images/1.webp": b"no image"}


def a_grocery() -> Files:
    classes = ("Royal-Gala", "Granny-Smith", "Conference", "Lime", "Lemon", "Banana")
    header = "class_name,class_id,coarse_class_name,iconic_image,description"
    rows = [f'{name},{n},{name},iconic/{name}.jpg,"Good, {name}"' for n, name in enumerate(classes)]
    photographs = [f"train/Fruit/{name}/{n}.jpg,{n},{n}" for n, name in enumerate(classes)]
    header_of_photographs = "image,class_id,coarse_class_id"
    return {
        "classes.csv": lines(header, *rows),
        "train.csv": lines(header_of_photographs, *photographs),
        "val.csv": lines(header_of_photographs, "val/Fruit/Lime/9.jpg,3,3"),
    }


def an_esci() -> Files:
    examples = {
        "query": several("mug {n}"),
        "query_id": list(range(QUERIES)),
        "product_id": ["B1", "B2"] * (QUERIES // 2),
        "product_locale": ["us"] * QUERIES,
        "esci_label": ["E", "I"] * (QUERIES // 2),
        "small_version": [1] * QUERIES,
        "large_version": [1] * QUERIES,
        "split": (["train"] * 3 + ["test"]) * (QUERIES // 4),
    }
    names = ("product_title", "product_description", "product_bullet_point", "product_brand", "product_color")
    products = {"product_id": ["B1", "B2"], "product_locale": ["us", "us"]} | {name: ["Mug", None] for name in names}
    return {
        "shopping_queries_dataset_examples.parquet": as_parquet(examples),
        "shopping_queries_dataset_products.parquet": as_parquet(products),
        "shopping_queries_dataset_sources.csv": lines("query_id,source", *several("{n},other")),
    }


def a_sqid() -> Files:
    examples = parquet.read_table(io.BytesIO(an_esci()["shopping_queries_dataset_examples.parquet"])).to_pydict()
    features = {"clip_text_features": [[1.0] * 768] * QUERIES}
    products = {"product_id": ["B1", "B2"], "clip_text_features": [str([0.5] * 768)] * 2}
    return an_esci() | {
        "shopping_queries_dataset_examples.parquet": as_parquet(examples | {"split": ["test"] * QUERIES}),
        "product_image_urls.csv": lines("product_id,image_url", "B1,https://shop.example/1.jpg", "B2,"),
        "query_features.parquet": as_parquet({"query_id": list(range(QUERIES))} | features),
        "product_features.parquet": as_parquet(products | {"clip_image_features": [str([0.5] * 768), None]}),
    }


def as_parquet(columns: dict[str, list[Any]]) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def a_wands() -> Files:
    product = "product_id\tproduct_name\tproduct_class\tcategory hierarchy\tproduct_description\tproduct_features"
    return {
        "query.csv": lines("query_id\tquery\tquery_class", *several("{n}\tchair {n}\tChairs")),
        "product.csv": lines(
            product, "0\tstool\tStools\tFurniture / Stools\tok .\tcolor : red|a:1", "1\tdécor\t\t\t\t"
        ),
        "label.csv": lines("id\tquery_id\tproduct_id\tlabel", *several("{n}\t{n}\t1\tPartial"), "99\t1\t0\tExact"),
    }


def a_home_depot() -> Files:
    rows = several('{n},{n},"Stain® {n}","deck {n}",2.33')
    return {
        "train.csv": lines("id,product_uid,product_title,search_term,relevance", *rows).decode().encode("latin-1"),
        "product_descriptions.csv": lines("product_uid,product_description", *several('{n},"Covers “{n}” boards"')),
        "attributes.csv": lines("product_uid,name,value", *several('{n},"MFG Brand Name",Behr'), "1,Color,Red", ",,"),
    }


def an_abo() -> Files:
    def tagged(value: str) -> list[dict[str, Any]]:
        return [{"language_tag": "en_US", "value": value, "standardized_values": [value]}]

    listings = [
        {"item_id": f"B{n}", "main_image_id": f"{n}", "product_type": [{"value": f"KIND_{n % 5}"}]}
        | {"brand": tagged(f"Maker {n % 3}"), "color": tagged("Red"), "item_name": tagged(f"Thing {n}")}
        for n in range(QUERIES)
    ]
    return {
        "listings/metadata/listings_0.json.gz": gzip.compress(lines(*map(json.dumps, listings))),
        "images/metadata/images.csv.gz": gzip.compress(
            lines("image_id,height,width,path", *several("{n},9,9,{n}.jpg"))
        ),
        "images/small/1.jpg": b"no image",
    }


def a_shopify() -> Files:
    header = "shopify_product_id,title,images,preview_image,category"
    rows = several('{n},Thing {n},"[""{n}.jpg"", ""b.jpg""]",,Goods > Kind {n}')
    return {"products.csv": lines(header, *rows)}


MADE: dict[str, Callable[[], Files]] = {
    "sample": a_sample,
    "csv": a_csv,
    "crowdflower": a_crowdflower,
    "eshop": an_eshop,
    "grocery": a_grocery,
    "esci": an_esci,
    "sqid": a_sqid,
    "wands": a_wands,
    "home_depot": a_home_depot,
    "abo": an_abo,
    "shopify": a_shopify,
}

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(codec=None), max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
AWKWARD = (
    b"",
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\t",
    b"\0",
    b"\xff",
    b"\xe2\x80\xa8",
    b'""',
    b"[",
    b"{}",
    b"\\ud800",
    b" ",
    b"../",
)


def damaged(data: bytes, choose: st.DataObject) -> bytes:
    """Draw the damaged bytes of a file."""
    kind = choose.draw(st.sampled_from(["flip", "insert", "cut", "drop", "repeat", "swap", "json"]))
    place = choose.draw(st.integers(0, max(0, len(data) - 1)))
    if kind == "flip":
        return data[:place] + bytes([choose.draw(st.integers(0, 255))]) + data[place + 1 :]
    if kind == "insert":
        return data[:place] + choose.draw(st.sampled_from(AWKWARD)) + data[place:]
    if kind == "cut":
        return data[:place]
    rows = data.splitlines(keepends=True) or [b""]
    row = choose.draw(st.integers(0, len(rows) - 1))
    if kind == "drop":
        return b"".join(rows[:row] + rows[row + 1 :])
    if kind == "repeat":
        return b"".join([*rows[: row + 1], rows[row], *rows[row + 1 :]])
    value = json.dumps(choose.draw(JSON)).encode()
    if kind == "swap":  # a field of that row
        separator = b"\t" if b"\t" in rows[row] else b","
        fields = rows[row].rstrip(b"\n").split(separator)
        fields[choose.draw(st.integers(0, len(fields) - 1))] = value
        return b"".join([*rows[:row], separator.join(fields) + b"\n", *rows[row + 1 :]])
    return b"".join([*rows[:row], with_value(rows[row], value, place), *rows[row + 1 :]])


def with_value(row: bytes, value: bytes, seed: int) -> bytes:
    """Replace one JSON value in the row, or the whole row if it is not JSON."""
    try:
        document = json.loads(row)
    except ValueError:
        return value + b"\n"
    choose, inner, parents = random.Random(seed), document, []
    while isinstance(inner, dict | list) and inner and choose.random() < 0.9:
        key = choose.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        parents.append((inner, key))
        inner = inner[key]
    if not parents:
        return value + b"\n"
    parent, key = parents[-1]
    parent[key] = json.loads(value)
    return json.dumps(document).encode() + b"\n"


@functools.cache
def made(name: str) -> Files:
    return MADE[name]()


def refusal(name: str, files: Files, on_error: Any) -> str:
    """Prepare these files; return the one line with which they are refused, or ""."""
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "in", Path(folder) / "out"
        for place, data in files.items():
            (source / place).parent.mkdir(parents=True, exist_ok=True)
            (source / place).write_bytes(data)
        message = ""
        try:
            prepare(name, source, output, on_error)
        except VitrineError as error:
            message = str(error)
        left = {path.name for path in Path(folder).iterdir()}
    assert left == ({"in"} if message else {"in", "out"})
    assert len(message.splitlines()) <= 1
    return message


def test_every_adapter_is_here():
    assert set(MADE) == set(ADAPTERS)


@pytest.mark.parametrize("name", MADE)
def test_undamaged_files_are_prepared(name):
    assert refusal(name, made(name), "stop") == ""


@pytest.mark.parametrize("name", MADE)
@given(choose=st.data(), on_error=st.sampled_from(["stop", "skip"]))
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_damaged_files_are_prepared_or_refused(name, choose, on_error):
    files = dict(made(name))
    place = choose.draw(st.sampled_from(sorted(files)))
    for _ in range(choose.draw(st.integers(1, 3))):
        if place.endswith(".gz") and choose.draw(st.booleans()):
            try:
                inside = gzip.decompress(files[place])
            except (OSError, EOFError, zlib.error):
                continue
            files[place] = gzip.compress(damaged(inside, choose))
        else:
            files[place] = damaged(files[place], choose)
    refusal(name, files, on_error)
