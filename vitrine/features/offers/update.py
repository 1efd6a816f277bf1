"""Updates of offers: merged with what the products have, committed to the log, and pushed to the online store."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import HIDDEN, PRODUCT_ID
from vitrine.errors import DataError
from vitrine.features.offers.attributes import Attributes, Kind, declare, read_attributes
from vitrine.features.offers.changes import Changes, OnError, check_changes, read_changes, records_of
from vitrine.features.offers.log import OfferLog
from vitrine.features.offers.online import OnlineOffers, open_offers, prepare_store
from vitrine.features.offers.served import offers_directory, served_ids
from vitrine.features.offers.settings import OfferSettings, read_offer_settings
from vitrine.features.store import FeatureStoreError

DEFAULTS: Final = OfferSettings()
WAIT_SECONDS: Final = 60.0
"""Seconds to wait for another writer."""


@dataclass(frozen=True)
class Update:
    """Summary of an update.

    Attributes:
        sequence: Its number in the log.
        products: The number of products that were changed.
        attributes: The names of the changed attributes.
        rejected: The number of rows that were left out.
        faults: The first of them, with the reason.
        unknown: The number of products that no served version has; their offers are kept for later versions.
        first_unknown: The id of the first of them.
        seconds: The duration.
    """

    sequence: int
    products: int
    attributes: list[str]
    rejected: int
    faults: list[str]
    unknown: int
    first_unknown: str | None
    seconds: float


def update_from_file(
    serving: Path,
    file: Path,
    on_error: OnError = "stop",
    declared: Mapping[str, Kind] = MappingProxyType({}),
    settings: OfferSettings = DEFAULTS,
    source: str | None = None,
) -> Update:
    """Change the offers of the products in a serving directory as a CSV file says; see `apply_update`.

    Args:
        serving: The serving directory.
        file: The CSV file.
        on_error: "stop" at the first invalid row, or "skip" invalid rows.
        declared: Further attributes to have from now on.
        settings: The settings of the store, used if there is none yet.
        source: A name for the log; by default the file's.
    """
    directory = offers_directory(serving)
    known = served_ids(serving)
    if declared:
        with OfferLog(directory).writing(WAIT_SECONDS):
            declare(directory, declared)
    changes = read_changes(file, read_attributes(directory), on_error)
    return apply_update(directory, changes, known, source or str(file), settings)


def update_from_rows(
    directory: Path,
    rows: Sequence[Mapping[str, Any]],
    known: pa.Array,
    source: str,
    settings: OfferSettings = DEFAULTS,
    wait_seconds: float = WAIT_SECONDS,
) -> Update:
    """Change offers as rows from JSON say: a missing key changes nothing, None withdraws a value; see `apply_update`.

    Raises:
        DataError: A row is invalid.
    """
    attributes = read_attributes(directory)
    changes = check_changes(records_of(rows, attributes), attributes)
    return apply_update(directory, changes, known, source, settings, wait_seconds)


def apply_update(
    directory: Path,
    changes: Changes,
    known: pa.Array,
    source: str,
    settings: OfferSettings = DEFAULTS,
    wait_seconds: float = WAIT_SECONDS,
) -> Update:
    """Change offers, all of them or none, and return when the online store has them. Readers have them earlier.

    Args:
        directory: The directory of the offers; it is made if it does not exist.
        changes: The changes.
        known: The ids of the served products, string [N].
        source: A name for the log, such as the file's.
        settings: The settings of the store, used if there is none yet.
        wait_seconds: The time to wait for another writer.

    Raises:
        DataError: No product is known.
        OffersBusyError: Another process is writing.
        FeatureStoreError: Feast is not installed, or the online store fails. Where the online store fails, the change
            is committed, unless it is the first: readers have it from the log, and the next update writes it there.
    """
    begun = time.perf_counter()
    if find_spec("feast") is None:
        raise FeatureStoreError(f"{directory}: offers cannot be changed from here, because Feast is not installed")
    unknown = changes.ids.filter(pc.invert(pc.is_in(changes.ids, value_set=known)))
    if len(unknown) == len(changes):
        raise DataError(f"{source}: none of its {len(changes):,} products is served; the first is {unknown[0]}")
    log = OfferLog(directory)
    with log.writing(wait_seconds):
        if not log.last():  # settings that are wrong refuse the first update
            prepare_store(directory, settings)
        sequence = log.commit(_merged(changes, log.present(changes.ids), read_attributes(directory)), source)
        try:
            prepare_store(directory, settings)
            with open_offers(directory) as offers:
                apply_committed(log, offers)
        except FeatureStoreError as error:
            raise FeatureStoreError(
                f"{error}; gateways show update {sequence} nevertheless, and the next update, or "
                "`vitrine catalogue restore`, writes it to the online store"
            ) from error
        log.compact()
    return Update(
        sequence=sequence,
        products=len(changes),
        attributes=list(changes.values),
        rejected=changes.rejected,
        faults=[str(fault) for fault in changes.faults],
        unknown=len(unknown),
        first_unknown=unknown[0].as_py() if len(unknown) else None,
        seconds=round(time.perf_counter() - begun, 3),
    )


def restore(directory: Path, settings: OfferSettings | None = None) -> int:
    """Write all offers to the online store again, from the log, and return the number of products.

    Args:
        directory: The directory of the offers.
        settings: The settings of another online store to change to; by default the store stays.

    Raises:
        FeatureStoreError: There are no offers, or the online store fails.
    """
    log = OfferLog(directory)
    if not log.last():
        raise FeatureStoreError(f"{directory}: there are no offers; `vitrine catalogue update` makes them")
    with log.writing(WAIT_SECONDS):
        prepare_store(directory, settings or read_offer_settings(directory), anew=True)
        last, rows = log.newest_rows(after=0)
        with open_offers(directory) as offers:
            offers.push(rows)
        log.mark_applied(last)
    return len(rows)


def apply_committed(log: OfferLog, offers: OnlineOffers) -> None:
    """Push the committed updates that the online store may lack."""
    for sequence in log.committed():
        if sequence > log.applied():
            offers.push(log.rows(sequence))
            log.mark_applied(sequence)


def _merged(changes: Changes, present: pa.Table, attributes: Attributes) -> pa.Table:
    """Return whole offers: the changes, and the `present` values, in the same order, of what they do not give."""
    columns = {PRODUCT_ID: changes.ids}
    for field in attributes.schema():
        if field.name != PRODUCT_ID:
            is_there = field.name in present.column_names
            columns[field.name] = (
                present[field.name].combine_chunks() if is_there else pa.nulls(len(changes), field.type)
            )
    for name, values in changes.values.items():
        columns[name] = pc.if_else(pa.array(changes.given[name]), values, columns[name])
    # Feast takes no rows without any value; besides, a product is shown unless it is hidden.
    columns[HIDDEN] = pc.fill_null(columns[HIDDEN], 0)
    return pa.table(columns, attributes.schema())
