"""Further pictures of a product: the catalogue's column `views`, a JSON list."""

import json
from collections.abc import Iterable
from typing import Final

MAX_VIEWS: Final = 10
"""How many a product may have."""


def parse_views(text: str) -> tuple[str, ...]:
    """Return paths or addresses of pictures, in their order, from a JSON list; none from "".

    Raises:
        ValueError: it is no list, has something else than text in it, or more than `MAX_VIEWS`; says which.
    """
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(view, str) for view in found):
        raise ValueError('is not a JSON list of paths or addresses, such as ["a.jpg", "b.jpg"]')
    if len(found) > MAX_VIEWS:
        raise ValueError(f"has {len(found)} pictures, which are more than the {MAX_VIEWS} allowed")
    try:
        "".join(found).encode()
    except UnicodeEncodeError:
        raise ValueError("has half of a surrogate pair") from None  # which JSON can spell, and UTF-8 cannot
    return tuple(found)


def format_views(views: Iterable[str]) -> str:
    """Return what `parse_views` reads, in ASCII; "" for none."""
    listed = list(views)
    return json.dumps(listed) if listed else ""


def product_images(image: str, views: str) -> list[str]:
    """Return a product's pictures, `image` first, each once.

    Raises:
        ValueError: as `parse_views`.
    """
    return list(dict.fromkeys(filter(None, (image, *parse_views(views)))))
