"""Download of the images that products name by address, with a report."""

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
    """Download the images that a catalogue names by address, and replace the addresses with the files' paths.

    Writes `images/`, `images.csv` and, last, the catalogue. A failed image is ordinary: its product keeps the address,
    and the next run tries again.

    Raises:
        DataError: the catalogue breaks the contract, or the folder cannot be written.
        NetworkError: no address answered. Catalogue and report are unchanged.
    """
    references = catalogue_references(data_dir)
    rows = _download(data_dir, _with_addresses(references, data_dir), limits, policy, progress)
    replacements = {
        before: row.path or row.url
        for row, before in zip(rows, references, strict=True)
        if row.url and (row.path or row.url) != before.image
    }
    if replacements:
        replace_references(data_dir, replacements)
    return summarise(rows)


def download_listed(
    list_file: Path, output: Path, limits: Limits, policy: AddressPolicy, progress: Progress
) -> Summary:
    """Download the images of a list of products and addresses into `output/images`; the report maps products to files.

    Raises:
        DataError: the list cannot be read, or the folder written.
        NetworkError: no address answered.
    """
    return summarise(_download(output, listed_references(list_file), limits, policy, progress))


def _with_addresses(references: Sequence[ImageReference], data_dir: Path) -> list[ImageReference]:
    """Return the references with the address instead of the path for each file of an earlier run."""
    earlier = {ImageReference(row.product_id, row.path): row.url for row in read_report(data_dir)}
    return [ImageReference(item.product_id, earlier.get(item, item.image)) for item in references]


def _download(
    folder: Path, references: Sequence[ImageReference], limits: Limits, policy: AddressPolicy, progress: Progress
) -> list[Row]:
    addresses = dict.fromkeys(repair_url(image) for _, image in references if _is_address(image))
    try:
        with checkpoint_in(folder) as checkpoint, ImageStore(folder / "images") as store:
            cached = {
                url: stored for url, stored in checkpoint.stored.items() if url in addresses and store.holds(stored)
            }
            missing = [url for url in addresses if url not in cached]
            fetched = asyncio.run(WorkerPool(limits, store, checkpoint, progress).fetch(missing, policy))
            if not cached:
                _check_network(fetched)
            rows = _rows(references, cached, fetched)
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


def _rows(
    references: Sequence[ImageReference], cached: Mapping[str, Stored], fetched: Mapping[str, Fetched]
) -> list[Row]:
    paths = {stored.path for stored in cached.values()}
    rows = []
    for product, image in references:
        if not _is_address(image):
            rows.append(Row(product, "", LOCAL if image else NONE, path=image))
            continue
        url = repair_url(image)
        result = cached[url] if url in cached else fetched[url]
        if isinstance(result, ImageFailure):
            rows.append(Row(product, image, FAILED, detail=str(result)))
            continue
        outcome = CACHED if url in cached else DUPLICATE if result.path in paths else DOWNLOADED
        paths.add(result.path)
        rows.append(Row(product, image, outcome, result.bytes, result.path))
    return rows
