"""The pictures that could not be decoded: gathered from all shards, and left beside the vectors for the report."""

import json
from collections.abc import Iterable
from typing import Final

from apache_beam.io.filesystems import FileSystems

from vitrine import progress

UNDECODABLE_FILE: Final = "_undecodable.json"
"""Readers of Parquet folders pass over names with an underscore."""
Undecodable = dict[str, str]
"""Why the pictures of products could not be decoded, by the product's id."""


def merge(parts: Iterable[Undecodable]) -> Undecodable:
    """Return the reasons of all parts."""
    return {product: reason for part in parts for product, reason in part.items()}


def write(undecodable: Undecodable, directory: str) -> None:
    """Write the reasons to a directory or URI."""
    with FileSystems.create(f"{directory}/{UNDECODABLE_FILE}") as file:
        file.write(json.dumps(undecodable, indent=2, sort_keys=True).encode())


def note(directory: str) -> None:
    """Tell the person how many were written, and one of them."""
    with FileSystems.open(f"{directory}/{UNDECODABLE_FILE}") as file:
        undecodable: Undecodable = json.loads(file.read())
    if undecodable:
        example = next(iter(undecodable.values()))
        progress.note(
            f"pictures of {len(undecodable)} products could not be decoded and count as missing, such as {example}"
        )
