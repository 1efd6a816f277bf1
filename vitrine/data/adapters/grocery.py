"""A grocery shop: 81 packshots with real descriptions, photographs with little or no text, derived judgements.

Each class is a product with its packshot, name and description. Of each class, up to `PHOTOGRAPHS` photographs are
products too, as sellers without copywriters would list them: a third with the class's name, a third with that of its
group only ("Apple"), a third with no text at all. Which third depends on the photograph's path.
"""

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.adapters.dataset import Dataset
from vitrine.data.adapters.derived_judgements import judge
from vitrine.data.adapters.grocery_needs import BRANDS, Class, needs, spoken_name
from vitrine.data.columns import CATALOGUE
from vitrine.data.contract.derived_columns import string_table
from vitrine.data.formats import csv_reading
from vitrine.data.formats.csv_writing import one_line
from vitrine.data.formats.records import Fault, Records

PHOTOGRAPHS: Final = 12
"""Maximal number of photographs per class, for a catalogue of about a thousand products."""

CLASS_COLUMNS: Final = ("class_name", "class_id", "coarse_class_name", "iconic_image", "description")
PHOTO_COLUMNS: Final = ("image", "class_id")
DIALECT: Final = csv_reading.Dialect(newlines_in_values=True)


def read(input_dir: Path) -> Dataset:
    """Read `classes.csv`, `train.csv` and `val.csv`."""
    classes = csv_reading.read_whole(input_dir / "classes.csv", CLASS_COLUMNS, DIALECT)
    packs = _packshots(classes.table.to_pandas())
    files = [input_dir / name for name in ("train.csv", "val.csv")]
    photographs, faults = _photographs(files, packs)
    packs["category"] = packs["class_name"].map(photographs.groupby("class_name")["aisle"].first()).fillna("")
    products = [_records(packs, classes.path, classes.rows, classes.faults)]
    for path in files:
        rows = photographs[photographs["path"] == path]
        products.append(_records(rows, path, pa.array(rows["row"]), [fault for fault in faults if fault.path == path]))
    shelf = pd.concat([packs, photographs], ignore_index=True)
    judgements = judge(needs(_classes(shelf, packs)), shelf["product_id"].tolist(), classes.path)
    return Dataset(products, [judgements], input_dir / "images")


def _packshots(classes: pd.DataFrame) -> pd.DataFrame:
    packs = classes.rename(columns={"coarse_class_name": "group", "iconic_image": "image"})
    packs["product_id"] = "pack-" + packs["class_name"]
    packs["title"] = packs["class_name"].map(spoken_name)
    packs["brand"] = packs["title"].str.extract(f"^({'|'.join(BRANDS)}) ", expand=False).fillna("")
    return packs


def _photographs(paths: list[Path], packs: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the photographs that become products, and the faults of those with an unknown class."""
    faults: list[Fault] = []
    frames = []
    for path in paths:
        records = csv_reading.read_whole(path, PHOTO_COLUMNS, DIALECT)
        known = pc.is_in(records.table["class_id"], value_set=pa.array(packs["class_id"], pa.string()))
        unknown = list(records.where(pc.invert(known), "class_id", "is not in classes.csv"))
        good = records.without(unknown)
        faults += [*records.faults, *unknown]
        frames.append(good.table.to_pandas().assign(path=path, row=good.rows.to_numpy()))
    known_photographs = pd.concat(frames, ignore_index=True)
    known_photographs["order"] = [zlib.crc32(image.encode()) for image in known_photographs["image"]]
    chosen = known_photographs.sort_values(["order", "image"]).groupby("class_id").head(PHOTOGRAPHS).sort_index()
    return _listed(chosen.merge(packs[["class_id", "class_name", "group"]], on="class_id")), faults


def _listed(photographs: pd.DataFrame) -> pd.DataFrame:
    """Add the columns of a catalogue to photographs, as their sellers would list them; see the module's docstring."""
    folders = photographs["image"].str.split("/")
    photographs["product_id"] = folders.str[0] + "-" + folders.str[-1].str.rsplit(".", n=1).str[0]
    photographs["aisle"] = folders.str[1]
    # The order's remainder would be biased, since the chosen photographs are the smallest of their class.
    third = photographs["order"] // 7 % 3
    name, group = photographs["class_name"].map(spoken_name), photographs["group"].map(spoken_name)
    photographs["title"] = name.where(third == 0, group.where(third == 1, ""))
    photographs["category"] = photographs["aisle"].where(third < 2, "")
    return photographs


def _classes(shelf: pd.DataFrame, packs: pd.DataFrame) -> Iterator[Class]:
    products = shelf.groupby("class_name")["product_id"].agg(frozenset)
    names = (packs[column].tolist() for column in ("class_name", "group", "category", "brand"))
    for name, group, aisle, brand in zip(*names, strict=True):
        yield Class(name, group, aisle, brand, products[name])


def _records(frame: pd.DataFrame, path: Path, rows: pa.Array, faults: Sequence[Fault]) -> Records:
    columns = {
        name: one_line(pa.chunked_array([pa.array(frame[name], pa.string())])) for name in CATALOGUE if name in frame
    }
    return Records(string_table(columns, CATALOGUE, len(frame)), path, rows, faults)
