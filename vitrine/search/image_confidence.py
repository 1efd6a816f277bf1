"""The detection of image queries that show nothing a catalogue could have: noise, blanks, patterns, faces, pages.

Some product is always the closest to an image, and the vectors of an encoder that has seen products only do not tell a
blank from a cup. So the evidence is what the pixels look like (`vitrine.search.image_statistics`) beside the similarity
to the closest products. A ridge regression with a Gaussian kernel and without an intercept weighs it: the decision is
towards 1 near images of products, towards −1 near junk, and 0 for an image unlike both, which is accepted, as the
threshold is below 0. Drawn faces, which the statistics cannot tell from drawn products, are found by their layout
(`vitrine.search.drawn_faces`). `vitrine.search.build.image_calibration` fits it. Imports nothing heavy.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.errors import DataError
from vitrine.search.drawn_faces import shows_drawn_face
from vitrine.search.image_statistics import image_statistics

FILE: Final = "junk_images.npz"
"""The file beside `index.json`; it is missing where nothing is refused."""
NEIGHBOURS: Final = 10
"""Number of products whose mean similarity is evidence, beside that of the closest one."""
Floats = npt.NDArray[np.float64]
_ARRAYS: Final = {"mean": 1, "scale": 1, "support": 2, "weights": 1, "gamma": 0, "threshold": 0, "faces": 0}
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
    """A fitted detector, of evidence with F values and S examples.

    Attributes:
        mean, scale: mean and deviation of the evidence, float64 [F].
        support: standardised evidence of the examples, float64 [S, F].
        weights: float64 [S], mostly positive for images of products.
        gamma: the factor of the squared distance in the kernel.
        threshold: the decision value, below 0, below which an image is junk.
        faces: whether drawn faces are junk, which they are not where products show them.
    """

    mean: Floats
    scale: Floats
    support: Floats
    weights: Floats
    gamma: float
    threshold: float
    faces: bool = False

    def decision(self, evidence: Floats) -> Floats:
        """Return how far evidence [N, F] speaks for a product, float64 [N]."""
        standard = (evidence - self.mean) / self.scale
        distance = ((standard[:, np.newaxis] - self.support) ** 2).sum(axis=2)
        decided: Floats = np.exp(-self.gamma * distance) @ self.weights
        return decided

    def is_junk(self, encoded: bytes, similarities: npt.ArrayLike) -> bool:
        """Return whether an image that Pillow can decode shows nothing that the catalogue could have.

        `similarities` are those of `image_evidence`.
        """
        with Image.open(io.BytesIO(encoded)) as image:
            pixels = image.convert("RGB")
        evidence = image_evidence(pixels, similarities)
        return bool(self.decision(evidence[np.newaxis])[0] < self.threshold) or (
            self.faces and shows_drawn_face(pixels)
        )

    def write(self, directory: Path) -> None:
        """Write the detector into the folder of the index files."""
        np.savez_compressed(
            directory / FILE,
            mean=self.mean.astype(np.float32),
            scale=self.scale.astype(np.float32),
            support=self.support.astype(np.float32),
            weights=self.weights.astype(np.float32),
            gamma=np.float32(self.gamma),
            threshold=np.float32(self.threshold),
            faces=np.float32(self.faces),
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
    gamma, threshold, faces = (float(arrays[name]) for name in ("gamma", "threshold", "faces"))
    return ImageConfidence(arrays["mean"], arrays["scale"], support, arrays["weights"], gamma, threshold, bool(faces))
