"""Offers in Feast's online store: read and pushed in batches."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import yaml

from vitrine.data.columns import PRODUCT_ID
from vitrine.features import views
from vitrine.features.offers.attributes import Attributes, read_attributes
from vitrine.features.offers.definitions import PUSH_SOURCE, offer_definitions
from vitrine.features.offers.settings import OfferSettings
from vitrine.features.store import FeatureStoreError, open_store, suppressed_output, translated_errors
from vitrine.files.replacing import write_text

READ_ROWS: Final = 1000
"""Products of one request to the online store: larger ones take longer for each product."""
PUSH_ROWS: Final = 10_000
"""Products of one push, which bounds memory."""


def prepare_store(directory: Path, settings: OfferSettings, anew: bool = False) -> None:
    """Write Feast's configuration if there is none, and apply the definitions if they have changed.

    Args:
        directory: The directory of the offers.
        settings: The settings of the store.
        anew: Replace the configuration and apply the definitions in any case.

    Raises:
        FeatureStoreError: The online store cannot be reached.
    """
    config = directory / views.CONFIG
    is_new = not config.exists()
    if anew or is_new:
        write_text(config, yaml.safe_dump(settings.feature_store(), sort_keys=False))
    try:
        _apply_definitions(directory, anew or is_new)
        if is_new:  # Redis is not called before a row is read or written
            with open_offers(directory) as offers:
                offers.read(["any"])
    except FeatureStoreError:
        if is_new:
            config.unlink()
        raise


def _apply_definitions(directory: Path, anew: bool) -> None:
    attributes = read_attributes(directory)
    with suppressed_output(), open_store(directory) as store:
        registered = {view.name: view for view in store.list_feature_views()}.get(views.PRODUCT_OFFER)
        if anew or registered is None or {field.name for field in registered.features} != set(attributes.kinds):
            with _translated(store, directory):
                store.apply(offer_definitions(attributes))


@contextmanager
def open_offers(directory: Path) -> Iterator["OnlineOffers"]:
    """Open the offers in `directory`, and close them afterwards.

    Raises:
        FeatureStoreError: There are none; the methods raise it when the online store fails.
    """
    with open_store(directory) as store:
        yield OnlineOffers(store, directory, read_attributes(directory))


class OnlineOffers:
    """The open online store of offers, with the attributes that it had when it was opened."""

    def __init__(self, store: Any, directory: Path, attributes: Attributes) -> None:
        self._store = store
        self._directory = directory
        self.attributes = attributes

    def read(self, ids: Sequence[str]) -> pa.Table:
        """Return the offers of products in order, with nulls where a product has no value; see `Attributes.schema`."""
        schema = self.attributes.schema()
        references = [f"{views.PRODUCT_OFFER}:{name}" for name in self.attributes.kinds]
        tables = [schema.empty_table()]
        for start in range(0, len(ids), READ_ROWS):
            entities = [{PRODUCT_ID: product_id} for product_id in ids[start : start + READ_ROWS]]
            with _translated(self._store, self._directory):
                features = self._store.get_online_features(features=references, entity_rows=entities).to_dict()
            tables.append(pa.table([pa.array(features[field.name], field.type) for field in schema], schema))
        return pa.concat_tables(tables).combine_chunks()

    def push(self, rows: pa.Table) -> None:
        """Write whole offers, which have an event time; an attribute that was declared since has no value."""
        for field in self.attributes.schema():
            if field.name not in rows.column_names:
                rows = rows.append_column(field, pa.nulls(len(rows), field.type))
        for start in range(0, len(rows), PUSH_ROWS):
            # Feast converts by way of pandas, which has a type for integers with missing values.
            frame = rows.slice(start, PUSH_ROWS).to_pandas(types_mapper=_nullable)
            with _translated(self._store, self._directory):
                self._store.push(PUSH_SOURCE, frame)


@contextmanager
def _translated(store: Any, directory: Path) -> Iterator[None]:
    try:
        with translated_errors(store, directory):
            yield
    except sqlite3.Error as error:
        raise FeatureStoreError(f"{directory}: the online store, sqlite, failed: {error}") from error


def _nullable(kind: pa.DataType) -> Any:
    import pandas as pd

    return pd.Int64Dtype() if pa.types.is_int64(kind) else None
