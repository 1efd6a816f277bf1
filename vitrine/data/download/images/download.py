"""Pictures from the web into a folder: all that products name, with a report on each product."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from vitrine.data.download.images.address_policy import AddressPolicy
from vitrine.data.download.images.amazon_urls import repair_url
from vitrine.data.download.images.checkpoint import checkpoint_in
from vitrine.data.download.images.failure import NETWORK, ImageFailure
from vitrine.data.download.images.image_references import (
    ImageReference,
    catalogue_references,
    listed_references,
    replace_references,
)
from vitrine.data.download.images.limits import Limits
from vitrine.data.download.images.report import (
    CACHED,
    DOWNLOADED,
    DUPLICATE,
    FAILED,
    LOCAL,
    NONE,
    Row,
    Summary,
    read_report,
    summarise,
    write_report,
)
from vitrine.data.download.images.store import ImageStore, Stored
from vitrine.data.download.images.worker_pool import Fetched, Progress, WorkerPool
from vitrine.errors import DataError, NetworkError


def download_for_catalogue(data_dir: Path, limits: Limits, policy: AddressPolicy, progress: Progress) -> Summary:
    """Download the pictures that a data folder's catalogue names by their addresses, and name the files instead.

    Writes `images/`, `images.csv` and, last, the catalogue. A picture that cannot be had is ordinary: its product keeps
    the address, and the next run tries again.

    Raises:
        DataError: the catalogue breaks the contract, or the folder cannot be written.
        NetworkError: no address answered. Catalogue and report are as they were.
    """
    named = catalogue_references(data_dir)
    rows = _download(data_dir, _with_addresses(named, data_dir), limits, policy, progress)
    changed = {
        before: row.path or row.url
        for row, before in zip(rows, named, strict=True)
        if row.url and (row.path or row.url) != before.image
    }
    if changed:
        replace_references(data_dir, changed)
    return summarise(rows)


def download_listed(
    list_file: Path, output: Path, limits: Limits, policy: AddressPolicy, progress: Progress
) -> Summary:
    """Download the pictures of a list of products and addresses into `output/images`; the report says which is whose.

    Raises:
        DataError: the list cannot be read, or the folder written.
        NetworkError: no address answered.
    """
    return summarise(_download(output, listed_references(list_file), limits, policy, progress))


def _with_addresses(named: Sequence[ImageReference], data_dir: Path) -> list[ImageReference]:
    """The products, with the address again for each file that an earlier run put there."""
    earlier = {ImageReference(row.product_id, row.path): row.url for row in read_report(data_dir)}
    return [ImageReference(one.product_id, earlier.get(one, one.image)) for one in named]


def _download(
    folder: Path, named: Sequence[ImageReference], limits: Limits, policy: AddressPolicy, progress: Progress
) -> list[Row]:
    addresses = dict.fromkeys(repair_url(image) for _, image in named if _is_address(image))
    try:
        with checkpoint_in(folder) as checkpoint, ImageStore(folder / "images") as store:
            had = {url: stored for url, stored in checkpoint.stored.items() if url in addresses and store.holds(stored)}
            missing = [url for url in addresses if url not in had]
            fetched = asyncio.run(WorkerPool(limits, store, checkpoint, progress).fetch(missing, policy))
            if not had:
                _check_network(fetched)
            rows = _rows(named, had, fetched)
            write_report(folder, rows)
    except OSError as error:
        raise DataError(f"{error.filename or folder}: {error.strerror or error}") from error
    return rows


def _is_address(image: str) -> bool:
    return "://" in image and not image.startswith("file:")


def _check_network(fetched: Mapping[str, Fetched]) -> None:
    failures = [result for result in fetched.values() if isinstance(result, ImageFailure) and result.kind in NETWORK]
    if failures and len(failures) == len(fetched):
        raise NetworkError(
            f"none of the {len(fetched):,} addresses could be reached, and nothing was changed; look at the network. "
            f"The first was {next(iter(fetched))}: {next(iter(fetched.values()))}"
        )


def _rows(named: Sequence[ImageReference], had: Mapping[str, Stored], fetched: Mapping[str, Fetched]) -> list[Row]:
    paths = {stored.path for stored in had.values()}
    rows = []
    for product, image in named:
        if not _is_address(image):
            rows.append(Row(product, "", LOCAL if image else NONE, path=image))
            continue
        url = repair_url(image)
        result = had[url] if url in had else fetched[url]
        if isinstance(result, ImageFailure):
            rows.append(Row(product, image, FAILED, detail=str(result)))
            continue
        outcome = CACHED if url in had else DUPLICATE if result.path in paths else DOWNLOADED
        paths.add(result.path)
        rows.append(Row(product, image, outcome, result.bytes, result.path))
    return rows
