"""The catalogue's pictures, decoded once to a file of pixels: the system's page cache holds what fits."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitrine import progress
from vitrine.data.images import Folder, read_image, resolve_image
from vitrine.encoders.clip.preprocessing import Preprocessing, crop_picture
from vitrine.errors import DataError

EVERY = 256


def decode_pictures(
    images: list[str], image_root: Folder, sizes: Preprocessing, file: Path
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Decode what a catalogue's column `image` names into `file`, a raw array.

    Returns:
        Pixels, uint8 [N, S, S, 3] mapped from the file, black where there is no picture; and bool [N], whether there is
        one. A picture that cannot be read counts as missing, and is reported.
    """
    pixels = np.memmap(file, np.uint8, "w+", shape=(len(images), sizes.crop, sizes.crop, 3))
    pictured = np.zeros(len(images), bool)
    reasons = []
    for row, image in enumerate(images):
        if not image:
            continue
        try:
            pixels[row] = crop_picture(read_image(resolve_image(image, image_root).read_bytes()), sizes)
            pictured[row] = True
        except (DataError, OSError) as error:
            reasons.append(f"{image}: {getattr(error, 'strerror', None) or error}")
        if row % EVERY == 0:
            progress.report("decoding pictures", row, len(images))
    if reasons:
        progress.note(f"{len(reasons)} pictures could not be decoded and count as missing, such as {reasons[0]}")
    return pixels, pictured
