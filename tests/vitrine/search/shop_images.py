"""Images of the shop and noise, and a detector that is fitted on both."""

import io

import numpy as np
from PIL import Image

from tests.vitrine.search.shop import COLOURS
from vitrine.search.build.image_calibration import fit
from vitrine.search.build.image_examples import Examples
from vitrine.search.image_confidence import ImageConfidence, image_evidence


def noise(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(256, size=(32, 32, 3), dtype=np.uint8))


def noise_bytes(seed: int = 0) -> bytes:
    """Return noise as a PNG file."""
    buffer = io.BytesIO()
    noise(seed).save(buffer, "PNG")
    return buffer.getvalue()


def shop_detector() -> ImageConfidence:
    """Return a detector for a shop whose products are blanks: it accepts them and refuses noise."""
    rng = np.random.default_rng(1)
    colours = [list(COLOURS.values())[number % len(COLOURS)] for number in range(60)]
    blanks = [Image.new("RGB", (16, 16), tuple(np.clip(colour + rng.integers(-9, 9, 3), 0, 255))) for colour in colours]
    images = [*blanks, *(noise(seed) for seed in range(100, 160))]
    evidence = np.stack([image_evidence(image, [rng.normal(2, 1)]) for image in images])
    group, kind = np.repeat([1, 0], 60) * np.tile(np.arange(60), 2) - np.repeat([0, 1], 60), np.repeat("none", 120)
    kind[60::2], kind[61::2] = "a", "b"
    return fit(Examples(evidence, group, kind))[0]
