"""Galleries of products: image, title and a note for each."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from matplotlib.figure import Figure
from PIL import Image

from vitrine.data.columns import IMAGE, PRODUCT_ID
from vitrine.data.images.decoding import decode_image
from vitrine.data.images.image_root import Folder, resolve_image
from vitrine.errors import DataError

PIXELS: Final = 96
"""The longer side of a shown image."""
SIZE: Final = (1.55, 2.5)
"""Width and height of a tile in inches, with its row's heading."""
LETTERS: Final = 20
"""Letters that fit in the width of a tile."""
LINES: Final = 2
"""Lines of a title."""
HEADING: Final = (16, 3, 0.2)
"""Letters of a heading that fit in the width of a tile, most lines of a heading, and the height of one in inches."""


@dataclass(frozen=True)
class Tile:
    """One image and the lines under it; without an image, a grey square."""

    caption: str
    image: Image.Image | None = None


class ProductTiles:
    """The products of a catalogue as tiles."""

    def __init__(self, products: pa.Table, image_root: Folder) -> None:
        """Index `products` by `product_id`; they also have `title` and `image`, a path relative to `image_root`."""
        rows = products.select([PRODUCT_ID, "title", IMAGE]).to_pylist()
        self._rows = {row[PRODUCT_ID]: row for row in rows}
        self._image_root = image_root

    def tile(self, product_id: str, note: str = "") -> Tile:
        """Return the tile of a product, with `note` below the title. An image that cannot be read is left out."""
        row = self._rows[product_id]
        lines = textwrap.wrap(row["title"] or product_id, LETTERS, max_lines=LINES, placeholder=" …")
        notes = [line for part in note.splitlines() for line in textwrap.wrap(part, LETTERS)]
        return Tile("\n".join([*lines, *notes]), self._thumbnail(row[IMAGE]))

    def _thumbnail(self, path: str) -> Image.Image | None:
        if not path:
            return None
        try:
            image = decode_image(resolve_image(path, self._image_root).read_bytes())
        except (OSError, DataError):  # missing, damaged, or an address that was not downloaded
            return None
        image.thumbnail((PIXELS, PIXELS))
        return image


def gallery(rows: Mapping[str, Sequence[Tile]]) -> Figure:
    """Draw a row of tiles under each heading."""
    across = max(len(tiles) for tiles in rows.values())
    letters, most, line = HEADING
    headings = [textwrap.wrap(heading, letters * across, max_lines=most, placeholder=" …") for heading in rows]
    heights = [SIZE[1] + line * (len(lines) - 1) for lines in headings]
    figure = Figure(figsize=(SIZE[0] * across, sum(heights)), layout="constrained")
    parts = figure.subfigures(len(rows), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, lines, tiles in zip(parts, headings, rows.values(), strict=True):
        text = "\n".join(lines)
        part.suptitle(text, x=0.01, horizontalalignment="left", fontsize=11, fontweight="bold", parse_math=False)
        for axes, tile in zip(part.subplots(1, across, squeeze=False)[0], tiles, strict=False):
            axes.imshow(tile.image or Image.new("RGB", (PIXELS, PIXELS), "#e8e8e8"))
            axes.set_xlabel(tile.caption, fontsize=9, parse_math=False)
        for axes in part.axes:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        for axes in part.axes[len(tiles) :]:
            axes.set_visible(False)
    return figure
