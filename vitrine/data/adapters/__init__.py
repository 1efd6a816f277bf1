"""The registry of adapters, which convert a dataset's layout to records of the contract. It imports them lazily."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vitrine.data.adapters.dataset import Dataset

ADAPTERS: Final = {
    "esci": "Amazon's Shopping Queries Dataset: shopping_queries_dataset_{examples,products}.parquet",
    "sqid": "SQID, ESCI's test split with images and CLIP vectors: ESCI's files, "
    "{product_image_urls,supp_product_image_urls}.csv, {query,product}_features.parquet",
    "sample": "a folder already in the contract's layout, such as the output of `vitrine sample`",
    "csv": "your catalogue and judgements, or an export of a shop's system (Shopify, WooCommerce, Magento, Google)",
    "crowdflower": "graded results of web shops: judgements.csv",
    "eshop": "a small outdoor shop with images: catalog.json, images/; derived judgements",
    "grocery": "groceries, packshots and photographs: classes.csv, train.csv, val.csv, images/; derived judgements",
    "wands": "Wayfair's WANDS: query.csv, product.csv, label.csv",
    "home_depot": "the Home Depot's graded results: train.csv, product_descriptions.csv, attributes.csv if any",
    "abo": "Amazon Berkeley Objects: listings/metadata/, images/metadata/, images/small/; derived judgements",
    "shopify": "products of Shopify shops: products.csv, judgements.csv if any; otherwise derived judgements",
}
"""The content of each dataset's input folder. The module of the same name has `read(input_dir, ...) -> Dataset`."""


SETTINGS: Final = {
    "csv": (
        "CsvSettings",
        (
            *("catalogue_file", "judgements_file", "queries_file", "columns", "labels", "raters", "images"),
            *("delimiter", "encoding", "quoting", "escape", "html", "decimal", "group", "attributes"),
        ),
    ),
    "esci": ("EsciSettings", ("locales", "version")),
}
"""The settings class and its fields, of the adapters that have settings."""


def adapter_settings(name: str, fields: Mapping[str, object]) -> dict[str, object]:
    """Return the keyword arguments of the adapter `name` for `fields`, whose names are in `SETTINGS`.

    Raises:
        ConfigError: a field has a value that is not allowed.
    """
    if name not in SETTINGS:
        return {}
    module = importlib.import_module(f"vitrine.data.adapters.{name}")
    return {"settings": getattr(module, SETTINGS[name][0])(**fields)}


def open_dataset(name: str, input_dir: Path, **settings: object) -> "Dataset":
    """Open the input folder with the adapter `name`; `settings` are the adapter's keyword arguments.

    Raises:
        DataError: the folder lacks the adapter's files, or they have another format.
    """
    if name not in ADAPTERS:
        raise ValueError(f"dataset {name!r} is not one of {', '.join(ADAPTERS)}")
    dataset: Dataset = importlib.import_module(f"vitrine.data.adapters.{name}").read(input_dir, **settings)
    return dataset
