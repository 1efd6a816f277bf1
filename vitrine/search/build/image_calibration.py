"""Calibration of `ImageConfidence` on an exported search model, with altered images of products and generated junk.

A product's own row is left out of the similarities of its image, since shoppers' photographs are not in the catalogue.
The threshold is chosen, and everything reported is measured, by cross-validation: no image of the same product, and no
junk of the same kind, is among those that a detector was fitted on.
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
from vitrine.data.images.image_root import Folder
from vitrine.data.images.parallel_reading import read_images
from vitrine.search.build.altered_images import ALTERATIONS, TRAINING_ONLY, alter
from vitrine.search.build.junk_images import KINDS, draw_junk
from vitrine.search.exported_model import ExportedModel
from vitrine.search.image_confidence import Floats, ImageConfidence, image_evidence

MIN_IMAGES: Final = 100
"""Minimal number of products with a readable image; with fewer, no image query is refused."""
MAX_IMAGES: Final = 600
"""Maximal number of products whose images are read."""
REAL: Final = 800
"""Number of altered images of products, of which a few for each product."""
JUNK_PER_KIND: Final = 50
REFUSED_IMAGES: Final = 0.005
"""Share of the images of products that the threshold refuses."""
UNALTERED: Final = 1 / 7
"""Share of the images of products that are used as they are."""
ALTERED_JUNK: Final = 1 / 2
"""Share of the junk that is blurred, bordered and so on, as the images of products are."""
FOLDS: Final = 4
BATCH: Final = 64
"""Images in memory together, beside those of the products."""
PENALTY: Final = 3.0
"""Weight of the errors of the support vector machine, chosen by cross-validation on four catalogues."""
READ_SIDE: Final = 256
"""Pixels of the longer side of the images that are altered; encoders take about as many."""


@dataclass(frozen=True)
class Examples:
    """Evidence of N images.

    `evidence` float64 [N, F]; `group` int64 [N], the product of an image, -1 for junk; `kind` str [N], of the
    alteration or of the junk.
    """

    evidence: Floats
    group: npt.NDArray[np.int64]
    kind: npt.NDArray[np.str_]

    @property
    def is_real(self) -> npt.NDArray[np.bool_]:
        """A mask of the images of products, bool [N]."""
        return self.group >= 0


@dataclass(frozen=True)
class Refusals:
    """Shares of images that are refused by detectors that have not seen the like.

    `real` are images of products, `junk` all junk of kinds that were seen, and `unseen` the junk of each kind by a
    detector that saw none of that kind.
    """

    real: float
    junk: float
    unseen: dict[str, float]

    def __str__(self) -> str:
        worst = min(self.unseen, key=lambda kind: self.unseen[kind])
        mean = float(np.mean(list(self.unseen.values())))
        return (
            f"image queries that show no product are refused: {self.junk:.0%} of generated ones, {mean:.0%} of kinds "
            f"that were left out (least of '{worst}', {self.unseen[worst]:.0%}), and {self.real:.1%} of the catalogue's"
        )


def measure_image_confidence(
    model: ExportedModel, product_ids: Sequence[str], images: Sequence[str], image_root: Folder, seed: int = 0
) -> ImageConfidence | None:
    """Calibrate the detection of junk images; None, which is noted, for a catalogue with too few images.

    Args:
        model: the exported search model.
        product_ids: the ids of the products with an image.
        images: the image of each of these products, as the catalogue names it.
        image_root: the root of relative image paths.
        seed: the seed of the choice of products, of the alterations and of the junk.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(images))[:MAX_IMAGES].tolist() if len(images) >= MIN_IMAGES else []
    read = read_images([images[row] for row in chosen], image_root, _reduced)
    readable = [(row, image) for row, image in zip(chosen, read, strict=True) if isinstance(image, Image.Image)]
    if len(readable) < MIN_IMAGES:
        progress.note(
            f"no image query is refused: the catalogue has {len(readable)} readable images of products, and the "
            f"detection of those that show no product needs {MIN_IMAGES}"
        )
        return None
    same: dict[str, set[str]] = {}
    for product_id, name in zip(product_ids, images, strict=True):
        same.setdefault(name, set()).add(product_id)
    examples = _examples(model, [image for _, image in readable], [same[images[row]] for row, _ in readable], rng)
    confidence, refusals = fit(examples)
    progress.note(str(refusals))
    return confidence


def fit(examples: Examples) -> tuple[ImageConfidence, Refusals]:
    """Fit the detector, choose its threshold, and measure what is refused by detectors that have not seen the like."""
    real, kind = examples.is_real, examples.kind
    fold = np.where(real, examples.group, np.arange(len(kind))) % FOLDS
    decisions = np.zeros(len(kind))
    for held_out in range(FOLDS):
        decisions[fold == held_out] = _detector(examples, fold != held_out).decision(
            examples.evidence[fold == held_out]
        )
    usual = real & ~np.isin(kind, sorted(TRAINING_ONLY))
    threshold = float(np.quantile(decisions[usual], REFUSED_IMAGES))
    unseen = {}
    for junk_kind in dict.fromkeys(kind[~real].tolist()):
        left_out = ~real & (kind == junk_kind)
        refused = _detector(examples, ~left_out).decision(examples.evidence[left_out]) < threshold
        unseen[junk_kind] = float(refused.mean())
    refused = decisions < threshold
    refusals = Refusals(float(refused[usual].mean()), float(refused[~real].mean()), unseen)
    return _detector(examples, np.ones(len(kind), bool), threshold), refusals


def _detector(examples: Examples, used: npt.NDArray[np.bool_], threshold: float = 0.0) -> ImageConfidence:
    """Fit a detector on the examples that are `used`, bool [N]."""
    from sklearn.svm import SVC  # type: ignore[import-untyped]

    evidence = examples.evidence[used]
    mean, scale = evidence.mean(axis=0), np.maximum(evidence.std(axis=0), 1e-6)
    gamma = 1 / evidence.shape[1]
    machine = SVC(C=PENALTY, gamma=gamma, class_weight="balanced")
    machine.fit((evidence - mean) / scale, examples.is_real[used])
    return ImageConfidence(
        mean, scale, machine.support_vectors_, machine.dual_coef_[0], float(machine.intercept_[0]), gamma, threshold
    )


def _examples(
    model: ExportedModel, images: Sequence[Image.Image], own: Sequence[set[str]], rng: np.random.Generator
) -> Examples:
    """Return the evidence of altered `images`, whose products are `own`, and of generated junk."""
    kinds: list[str] = []
    groups: list[int] = []
    evidence: list[Floats] = []
    drawn = _drawn(images, rng)
    total = REAL + JUNK_PER_KIND * len(KINDS)
    while batch := list(islice(drawn, BATCH)):
        progress.report("calibrating image queries", len(kinds), total)
        found = model.image_similarities([_bmp(image) for _, _, image in batch])
        for (kind, group, image), ids, similarities in zip(batch, *found, strict=True):
            others = ~np.isin(ids, sorted(own[group])) if group >= 0 else np.ones(len(ids), bool)
            evidence.append(image_evidence(image, similarities[others]))
            kinds.append(kind)
            groups.append(group)
    progress.report("calibrating image queries", total, total)
    return Examples(np.stack(evidence), np.array(groups), np.array(kinds))


def _drawn(images: Sequence[Image.Image], rng: np.random.Generator) -> Iterator[tuple[str, int, Image.Image]]:
    """Yield kind, number of the product (-1 for junk) and image of all examples."""
    alterations = list(ALTERATIONS)
    usual = [kind for kind in alterations if kind not in TRAINING_ONLY]
    for number in range(REAL):
        product = number % len(images)
        unaltered = rng.random() < UNALTERED
        kind = "none" if unaltered else str(rng.choice(alterations))
        yield kind, product, images[product] if unaltered else alter(kind, images[product], rng)
    for kind in KINDS:
        for _ in range(JUNK_PER_KIND):
            image = draw_junk(kind, rng)
            yield kind, -1, alter(str(rng.choice(usual)), image, rng) if rng.random() < ALTERED_JUNK else image


def _reduced(image: Image.Image) -> Image.Image:
    image.thumbnail((READ_SIDE, READ_SIDE), Image.Resampling.LANCZOS)
    return image


def _bmp(image: Image.Image) -> bytes:
    """Return an image in an encoding that every graph decodes."""
    buffer = io.BytesIO()
    image.save(buffer, "BMP")
    return buffer.getvalue()
