"""Examples of image queries that calibrate the detection of junk images: products, flat figures, and generated junk.

A catalogue has few styles and shoppers send others, so flat figures of no product in particular are among what is
accepted. A product's own row is left out of the similarities of its image, since shoppers' photographs are not in the
catalogue.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine import progress
from vitrine.search.build.altered_images import ALTERATIONS, TRAINING_ONLY, alter
from vitrine.search.build.flat_figures import draw_figure
from vitrine.search.build.junk_images import KINDS, draw_junk
from vitrine.search.exported_model import ExportedModel
from vitrine.search.image_confidence import Floats, image_evidence

REAL: Final = 800
"""Number of altered images of products, of which a few for each product."""
FIGURES: Final = 400
FIGURE: Final = "figure"
"""The kind of figures, beside those of alterations and of junk."""
JUNK_PER_KIND: Final = 100
UNALTERED: Final = 1 / 7
"""Share of the images of products that are used as they are."""
ALTERED: Final = 1 / 2
"""Share of figures and of junk that is blurred, bordered and so on, as the images of products are."""
BATCH: Final = 64
"""Images in memory together, beside those of the products."""


@dataclass(frozen=True)
class Examples:
    """Evidence of N images.

    `evidence` float64 [N, F]; `group` int64 [N], the product or the figure of an image, -1 for junk; `kind` str [N],
    of the alteration or of the junk.
    """

    evidence: Floats
    group: npt.NDArray[np.int64]
    kind: npt.NDArray[np.str_]

    @property
    def is_real(self) -> npt.NDArray[np.bool_]:
        """A mask of the images of products and of figures, bool [N]."""
        return self.group >= 0


def image_examples(
    model: ExportedModel, images: Sequence[Image.Image], own: Sequence[set[str]], rng: np.random.Generator
) -> Examples:
    """Return the evidence of altered `images`, whose products are `own`, of figures, and of generated junk."""
    kinds: list[str] = []
    groups: list[int] = []
    evidence: list[Floats] = []
    drawn = _drawn(images, rng)
    total = REAL + FIGURES + JUNK_PER_KIND * len(KINDS)
    while batch := list(islice(drawn, BATCH)):
        progress.report("calibrating image queries", len(kinds), total)
        found = model.image_similarities([_bmp(image) for _, _, image in batch])
        for (kind, group, image), ids, similarities in zip(batch, *found, strict=True):
            others = ~np.isin(ids, sorted(own[group])) if 0 <= group < len(own) else np.ones(len(ids), bool)
            evidence.append(image_evidence(image, similarities[others]))
            kinds.append(kind)
            groups.append(group)
    progress.report("calibrating image queries", total, total)
    return Examples(np.stack(evidence), np.array(groups), np.array(kinds))


def _drawn(images: Sequence[Image.Image], rng: np.random.Generator) -> Iterator[tuple[str, int, Image.Image]]:
    """Yield kind, number of the product, or from there on of the figure (-1 for junk), and image of all examples."""
    alterations = list(ALTERATIONS)
    usual = [kind for kind in alterations if kind not in TRAINING_ONLY]
    for number in range(REAL):
        product = number % len(images)
        unaltered = rng.random() < UNALTERED
        kind = "none" if unaltered else str(rng.choice(alterations))
        yield kind, product, images[product] if unaltered else alter(kind, images[product], rng)
    for number in range(FIGURES):
        yield FIGURE, len(images) + number, _perhaps_altered(draw_figure(rng), alterations, rng)
    for kind in KINDS:
        for _ in range(JUNK_PER_KIND):
            yield kind, -1, _perhaps_altered(draw_junk(kind, rng), usual, rng)


def _perhaps_altered(image: Image.Image, kinds: Sequence[str], rng: np.random.Generator) -> Image.Image:
    return alter(str(rng.choice(kinds)), image, rng) if rng.random() < ALTERED else image


def _bmp(image: Image.Image) -> bytes:
    """Return an image in an encoding that every graph decodes."""
    buffer = io.BytesIO()
    image.save(buffer, "BMP")
    return buffer.getvalue()
