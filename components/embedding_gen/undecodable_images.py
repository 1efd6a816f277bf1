"""The images that could not be decoded, collected from all shards and stored beside the vectors for the report."""

import json
from collections.abc import Iterable
from typing import Final

from apache_beam.io.filesystems import FileSystems

from vitrine import progress

UNDECODABLE_FILE: Final = "_undecodable.json"
"""Readers of Parquet folders ignore names that start with an underscore."""
Undecodable = dict[str, str]
"""The reason why a product's image could not be decoded, by the product's id."""


def merge(parts: Iterable[Undecodable]) -> Undecodable:
    """Merge the reasons of all shards."""
    return {product: reason for part in parts for product, reason in part.items()}


def write(undecodable: Undecodable, directory: str) -> None:
    """Write the reasons to a directory or URI."""
    with FileSystems.create(f"{directory}/{UNDECODABLE_FILE}") as file:
        file.write(json.dumps(undecodable, indent=2, sort_keys=True).encode())


def note(directory: str) -> None:
    """Note in the run's output how many images could not be decoded, with one example."""
    with FileSystems.open(f"{directory}/{UNDECODABLE_FILE}") as file:
        undecodable: Undecodable = json.loads(file.read())
    if undecodable:
        example = next(iter(undecodable.values()))
        progress.note(
            f"images of {len(undecodable)} products could not be decoded and count as missing, such as {example}"
        )
