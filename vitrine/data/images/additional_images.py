"""Additional images of a product: the catalogue's column `views`, a JSON list."""

import json
from collections.abc import Iterable
from typing import Final

MAX_VIEWS: Final = 10
"""Maximal number of additional images of a product."""


def parse_views(text: str, most: int | None = MAX_VIEWS) -> tuple[str, ...]:
    """Parse a JSON list of image paths or addresses; "" is an empty list.

    Raises:
        ValueError: the text is not a list of strings, or has more than `most`; the message says which.
    """
    try:
        views = json.loads(text or "[]")
    except (ValueError, RecursionError):
        views = None
    if not isinstance(views, list) or not all(isinstance(view, str) for view in views):
        raise ValueError('is not a JSON list of paths or addresses, such as ["a.jpg", "b.jpg"]')
    if most is not None and len(views) > most:
        raise ValueError(f"has {len(views)} images, which are more than the {most} allowed")
    try:
        "".join(views).encode()
    except UnicodeEncodeError:
        raise ValueError("has half of a surrogate pair") from None  # which JSON can spell, and UTF-8 cannot
    return tuple(views)


def format_views(views: Iterable[str]) -> str:
    """Format a list for `parse_views`, in ASCII; "" for an empty one."""
    listed = list(views)
    return json.dumps(listed) if listed else ""


def product_images(image: str, views: str, most: int | None = MAX_VIEWS) -> list[str]:
    """Return a product's images, the main one first, each once.

    Raises:
        ValueError: as `parse_views`.
    """
    return list(dict.fromkeys(filter(None, (image, *parse_views(views, most)))))
