"""Calibration of `ImageConfidence` on an exported search model: images of products against generated junk.

To refuse an image of a product is worse than to answer junk, so only what is near known junk is refused. The threshold
is chosen, and everything reported is measured, by cross-validation: no image of the same product is among those that a
detector was fitted on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine import progress
from vitrine.data.images.image_root import Folder
from vitrine.data.images.parallel_reading import read_images
from vitrine.search.build.altered_images import TRAINING_ONLY
from vitrine.search.build.image_examples import FIGURE, Examples, image_examples
from vitrine.search.drawn_faces import shows_drawn_face
from vitrine.search.exported_model import ExportedModel
from vitrine.search.image_confidence import ImageConfidence

MIN_IMAGES: Final = 100
"""Minimal number of products with a readable image; with fewer, no image query is refused."""
MAX_IMAGES: Final = 600
"""Maximal number of products whose images are read."""
REFUSED_IMAGES: Final = 0.005
"""Maximal share of the images of products that are refused, and that may show a drawn face if these are junk."""
NEAR_JUNK: Final = -0.4
"""The highest threshold, towards the −1 of junk from the 0 of images unlike any example: on catalogues of drawings,
groceries and clothing it accepts photographs and drawings that the catalogue has not the like of."""
FOLDS: Final = 4
RIDGE: Final = 0.3
"""Weight of the squared norm."""
READ_SIDE: Final = 256
"""Pixels of the longer side of the images that are altered; encoders take about as many."""


@dataclass(frozen=True)
class Refusals:
    """Shares of images that are refused by detectors that were not fitted on them: products, and junk by kind."""

    real: float
    junk: dict[str, float]

    def __str__(self) -> str:
        least = min(self.junk, key=lambda kind: self.junk[kind])
        return (
            f"image queries that show no product are refused: {np.mean(list(self.junk.values())):.0%} of generated "
            f"ones (least of '{least}', {self.junk[least]:.0%}), and {self.real:.1%} of the catalogue's"
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
    examples = image_examples(model, [image for _, image in readable], [same[images[row]] for row, _ in readable], rng)
    confidence, refusals = fit(examples)
    progress.note(str(refusals))
    with_face = float(np.mean([shows_drawn_face(image) for _, image in readable]))
    if with_face > REFUSED_IMAGES:
        progress.note(f"drawn faces are not refused: {with_face:.1%} of the catalogue's images show one")
    return replace(confidence, faces=with_face <= REFUSED_IMAGES)


def fit(examples: Examples) -> tuple[ImageConfidence, Refusals]:
    """Fit the detector, choose its threshold, and measure what detectors that have not seen it refuse."""
    real, kind = examples.is_real, examples.kind
    fold = np.where(real, examples.group, np.arange(len(kind))) % FOLDS
    decisions = np.zeros(len(kind))
    for held_out in range(FOLDS):
        decisions[fold == held_out] = _detector(examples, fold != held_out).decision(
            examples.evidence[fold == held_out]
        )
    usual = real & ~np.isin(kind, [*sorted(TRAINING_ONLY), FIGURE])
    threshold = min(float(np.quantile(decisions[usual], REFUSED_IMAGES)), NEAR_JUNK)
    refused = decisions < threshold
    junk = {each: float(refused[~real & (kind == each)].mean()) for each in dict.fromkeys(kind[~real].tolist())}
    detector = _detector(examples, np.ones(len(kind), bool), threshold)
    return detector, Refusals(float(refused[usual].mean()), junk)


def _detector(examples: Examples, used: npt.NDArray[np.bool_], threshold: float = 0.0) -> ImageConfidence:
    """Fit a detector on the examples that are `used`, bool [N]."""
    from sklearn.kernel_ridge import KernelRidge  # type: ignore[import-untyped]

    evidence, real = examples.evidence[used], examples.is_real[used]
    mean, scale = evidence.mean(axis=0), np.maximum(evidence.std(axis=0), 1e-6)
    gamma = 1 / evidence.shape[1]
    balanced = np.where(real, 0.5 / real.mean(), 0.5 / (1 - real.mean()))
    support = (evidence - mean) / scale
    ridge = KernelRidge(alpha=RIDGE, kernel="rbf", gamma=gamma)
    ridge.fit(support, np.where(real, 1.0, -1.0), sample_weight=balanced)
    return ImageConfidence(mean, scale, support, ridge.dual_coef_, gamma, threshold)


def _reduced(image: Image.Image) -> Image.Image:
    image.thumbnail((READ_SIDE, READ_SIDE), Image.Resampling.LANCZOS)
    return image
