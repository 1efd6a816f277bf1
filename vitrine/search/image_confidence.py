"""The detection of image queries that show nothing a catalogue could have: noise, blanks, patterns, drawings, pages.

Some product is always the closest to an image, and the vectors of an encoder that has seen products only do not tell a
blank from a cup. So the evidence is what the pixels look like (`vitrine.search.image_statistics`) beside the similarity
to the closest products, and a support vector machine with a Gaussian kernel weighs it: images unlike all that it was
fitted on are near its intercept. `vitrine.search.build.image_calibration` fits it. Imports nothing heavy.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.errors import DataError
from vitrine.search.image_statistics import image_statistics

FILE: Final = "image_confidence.npz"
"""The file beside `index.json`; it is missing where nothing is refused."""
NEIGHBOURS: Final = 10
"""Number of products whose mean similarity is evidence, beside that of the closest one."""
Floats = npt.NDArray[np.float64]
_ARRAYS: Final = {"mean": 1, "scale": 1, "support": 2, "weights": 1, "intercept": 0, "gamma": 0, "threshold": 0}
"""The stored arrays, and their numbers of dimensions."""


def image_evidence(image: Image.Image, similarities: npt.ArrayLike) -> Floats:
    """Return the evidence of an RGB image, float64 [F].

    `similarities` [C], in any order, are those to the images of the products that were found; NaN for one without.
    """
    found = np.asarray(similarities, np.float64)
    best = np.sort(found[np.isfinite(found)])[::-1][:NEIGHBOURS]
    closeness = [best[0], best.mean()] if len(best) else [0.0, 0.0]
    return np.concatenate([image_statistics(image), closeness])


@dataclass(frozen=True)
class ImageConfidence:
    """A fitted detector, of evidence with F values and S support vectors.

    Attributes:
        mean, scale: mean and deviation of the evidence, float64 [F].
        support: standardised evidence, float64 [S, F].
        weights: float64 [S], positive for images of products.
        intercept: the decision value of an image unlike any other.
        gamma: the factor of the squared distance in the kernel.
        threshold: the decision value below which an image is junk.
    """

    mean: Floats
    scale: Floats
    support: Floats
    weights: Floats
    intercept: float
    gamma: float
    threshold: float

    def decision(self, evidence: Floats) -> Floats:
        """Return how far evidence [N, F] speaks for a product, float64 [N]."""
        standard = (evidence - self.mean) / self.scale
        distance = ((standard[:, np.newaxis] - self.support) ** 2).sum(axis=2)
        decided: Floats = np.exp(-self.gamma * distance) @ self.weights + self.intercept
        return decided

    def is_junk(self, encoded: bytes, similarities: npt.ArrayLike) -> bool:
        """Return whether an image that Pillow can decode shows nothing that the catalogue could have.

        `similarities` are those of `image_evidence`.
        """
        with Image.open(io.BytesIO(encoded)) as image:
            evidence = image_evidence(image.convert("RGB"), similarities)
        return bool(self.decision(evidence[np.newaxis])[0] < self.threshold)

    def write(self, directory: Path) -> None:
        """Write the detector into the folder of the index files."""
        np.savez_compressed(
            directory / FILE,
            mean=self.mean.astype(np.float32),
            scale=self.scale.astype(np.float32),
            support=self.support.astype(np.float32),
            weights=self.weights.astype(np.float32),
            intercept=np.float32(self.intercept),
            gamma=np.float32(self.gamma),
            threshold=np.float32(self.threshold),
        )


def read_image_confidence(directory: Path) -> ImageConfidence | None:
    """Read the detector in the folder of the index files; None if it has none.

    Raises:
        DataError: the file is not as `ImageConfidence.write` writes it.
    """
    path = directory / FILE
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name], np.float64) for name in _ARRAYS}
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DataError(f"{path}: {error}; run the pipeline again") from None
    support = arrays["support"]
    shapes = {**dict.fromkeys(("mean", "scale"), support.shape[1:]), "weights": support.shape[:1]}
    matching = all(arrays[name].shape == shape for name, shape in shapes.items())
    if not matching or any(arrays[name].ndim != dimensions for name, dimensions in _ARRAYS.items()):
        raise DataError(f"{path}: its arrays do not match; run the pipeline again")
    numbers = {name: float(arrays[name]) for name in ("intercept", "gamma", "threshold")}
    return ImageConfidence(arrays["mean"], arrays["scale"], support, arrays["weights"], **numbers)
