"""Benchmark of the maps of images: whether the marked patches are those that the similarity depends on.

    python -m benchmarks.explanations SERVING DATA [--pairs 150] [--steps 16]

SERVING is the serving directory of a run, and DATA has the contract's files. The pairs are held-out queries with
products that are exact and have an image. *Deletion* paints the patches of a product's image in the colour of its
border, from the most relevant one on, and *insertion* puts them into an image of that colour; the similarity to the
query is measured after every step (Petsiuk, Das and Saenko 2018, "RISE"). Its mean over the steps is the area under
the curve: a good map has a small one of deletion and a large one of insertion. The baselines delete in a random order,
and in the order of the distance from the centre. Intervals are bootstrapped over the pairs.

For the sample, striped mugs are also drawn, with the mask of their stripes: the same drawing with stripes in the
mug's own colour differs in the stripes only. The lift is the share of the relevance that lies on stripes by the share
of the image that they cover.
"""

import argparse
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.data.columns import IMAGE, PRODUCT_ID
from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.data.images.decoding import decode_image
from vitrine.data.images.image_root import resolve_image
from vitrine.data.sample.attributes import COLOUR
from vitrine.data.sample.drawing.product_image import draw_product
from vitrine.data.sample.label_rules import Traits
from vitrine.markdown import table
from vitrine.metrics.bootstrap import estimate
from vitrine.saved_model.session import SavedModelSession
from vitrine.search.exported_model import MODEL_NAME
from vitrine.search.local_client import newest_version

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
BATCH: Final = 64
MUGS: Final = 8
"""Striped mugs of each colour."""


class Maps:
    """The signatures of a search model that embed and explain images."""

    def __init__(self, serving: Path) -> None:
        self._session = SavedModelSession(serving / MODEL_NAME / str(newest_version(serving)))

    def embed_text(self, text: str) -> Floats:
        """Return the vector of a text, float64 [D]."""
        answer = self._session.signature("embed_text").run({"query": _strings([text.encode()])})
        return np.asarray(answer["embedding"][0], np.float64)

    def embed_images(self, images: list[Pixels]) -> Floats:
        """Return the vectors of images, float64 [N, D]."""
        signature = self._session.signature("embed_image")
        parts = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        found = [signature.run({"image_bytes": _strings([_encoded(each) for each in part])}) for part in parts]
        return np.concatenate([np.asarray(each["embedding"], np.float64) for each in found])

    def relevance(self, query: str, image: Pixels) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Return the relevance of patches, float64 [G, G], and the patch of each pixel, [H, W], -1 outside of all."""
        given = {"query": _strings([query.encode()]), "image_bytes": _strings([_encoded(image)])}
        answer = self._session.signature("explain_image").run(given)
        relevance = np.asarray(answer["relevance"][0], np.float64)
        share, keeps_ratio = float(answer["region_share"][0]), bool(answer["keeps_ratio"][0])
        return relevance, patch_of_pixels(image.shape[:2], len(relevance), share, keeps_ratio)


def patch_of_pixels(shape: tuple[int, ...], grid: int, share: float, keeps_ratio: bool) -> npt.NDArray[np.int64]:
    """Return the number of each pixel's patch, row by row, int64 [H, W]; -1 outside of the patches."""
    sides = [share * (min(shape[:2]) if keeps_ratio else length) for length in shape[:2]]
    rows, columns = (
        np.floor((np.arange(length) + 0.5 - (length - side) / 2) / side * grid).astype(np.int64)
        for length, side in zip(shape[:2], sides, strict=True)
    )
    inside = ((rows >= 0) & (rows < grid))[:, np.newaxis] & ((columns >= 0) & (columns < grid))
    return np.where(inside, rows[:, np.newaxis] * grid + columns, -1)


def curves(maps: Maps, query: str, image: Pixels, steps: int, seed: int) -> dict[str, tuple[float, float]]:
    """Return the areas under the curves of deletion and insertion by the order of the patches."""
    relevance, patches = maps.relevance(query, image)
    count, grid = relevance.size, len(relevance)
    centre = np.hypot(*(axis - (grid - 1) / 2 for axis in np.mgrid[:grid, :grid])).ravel()
    orders = {
        "the map": np.argsort(-relevance.ravel(), kind="stable"),
        "random": np.random.default_rng(seed).permutation(count),
        "from the centre": np.argsort(centre, kind="stable"),
    }
    sizes = np.unique(np.linspace(0, count, min(steps, count) + 1).round().astype(int))
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    blank = np.broadcast_to(np.median(border, axis=0).astype(np.uint8), image.shape)
    images = []
    for order in orders.values():
        for size in sizes:
            taken = np.isin(patches, order[:size])[:, :, np.newaxis]
            images += [np.where(taken, blank, image), np.where(taken, image, blank)]
    similarity = (maps.embed_images(images) @ maps.embed_text(query)).reshape(len(orders), len(sizes), 2)
    return {name: (float(area[0]), float(area[1])) for name, area in zip(orders, similarity.mean(axis=1), strict=True)}


def striped_mug(colour: str, seed: int) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """Draw a striped mug, uint8 [H, W, 3], and return the mask of its stripes, bool [H, W]."""
    traits, plain = Traits("mug", colour, "striped"), replace(COLOUR[colour], ink=COLOUR[colour].paint)
    image = np.asarray(draw_product(traits, np.random.default_rng(seed)))
    # The stripes' ink is shaded differently from the paint: what changes with the ink are the stripes.
    with patch.dict(COLOUR, {colour: plain}):
        without = np.asarray(draw_product(traits, np.random.default_rng(seed)))
    return image, np.abs(image.astype(int) - without).sum(axis=2) > 30


def stripe_lifts(maps: Maps, query: str) -> Floats:
    """Return the lift of each drawn mug: relevance on its stripes by their share of the image."""
    lifts = []
    for seed in range(MUGS):
        for colour in COLOUR:
            image, stripes = striped_mug(colour, seed)
            relevance, patches = maps.relevance(query, image)
            covered = np.array([stripes[patches == place].mean() for place in range(relevance.size)])
            lifts.append((relevance.ravel() @ covered) / covered.mean())
    return np.array(lifts)


def exact_pairs(data: Path, count: int) -> list[tuple[str, Pixels]]:
    """Return up to `count` held-out queries with images of products that are exact, in a fixed random order."""
    catalogue = read_catalogue(data)
    images = dict(zip(catalogue[PRODUCT_ID].to_pylist(), catalogue[IMAGE].to_pylist(), strict=True))
    judged = read_judgements(data, "eval").to_pylist()
    exact = [each for each in judged if each["esci_label"] == "E" and images.get(each["product_id"])]
    order = np.random.default_rng(0).permutation(len(exact))[:count]
    return [(exact[at]["query"], _read(data / "images", images[exact[at]["product_id"]])) for at in order]


def areas_table(areas: Mapping[str, Floats]) -> str:
    """Return the areas [pairs, 2] of each order as a Markdown table, with intervals of the differences to the map."""
    rows = []
    for name, found in areas.items():
        gaps = [""] * 2 if name == "the map" else [str(estimate(gap)) for gap in (found - areas["the map"]).T]
        rows.append([name, *(f"{area:.3f}" for area in found.mean(axis=0)), *gaps])
    return table(["order", "deletion", "insertion", "deletion − the map's", "insertion − the map's"], rows)


def _read(root: Path, reference: str) -> Pixels:
    return np.asarray(decode_image(resolve_image(reference, root).read_bytes()))


def _encoded(image: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "BMP")
    return buffer.getvalue()


def _strings(values: list[bytes]) -> npt.NDArray[np.object_]:
    return np.array(values, dtype=object)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="Measure the maps of images.")
    parser.add_argument("serving", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pairs", type=int, default=150)
    parser.add_argument("--steps", type=int, default=16)
    options = parser.parse_args()
    maps = Maps(options.serving)
    pairs = exact_pairs(options.data, options.pairs)
    found = [curves(maps, query, image, options.steps, seed) for seed, (query, image) in enumerate(pairs)]
    print(f"{len(pairs)} pairs\n")
    print(areas_table({name: np.array([each[name] for each in found]) for name in found[0]}))
    rows = []
    for query in ("striped mug", "striped", "mug"):
        lifts = stripe_lifts(maps, query)
        rows.append([query, str(estimate(lifts)), f"{np.mean(lifts > 1):.0%}"])
    print(table(["query", "lift of the stripes", "mugs with a lift above 1"], rows))


if __name__ == "__main__":
    main()
