"""The catalogue's pictures, decoded once to a file of pixels: the system's page cache holds what fits."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitrine import progress
from vitrine.data.images.image_root import Folder
from vitrine.data.images.parallel_reading import UnreadableImage, read_images
from vitrine.encoders.clip.preprocessing import Preprocessing, crop_picture

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
    rows = [row for row, image in enumerate(images) if image]
    named = [images[row] for row in rows]
    found = read_images(named, image_root, lambda picture: crop_picture(picture, sizes))
    for number, (row, picture) in enumerate(zip(rows, found, strict=True)):
        if isinstance(picture, UnreadableImage):
            reasons.append(f"{images[row]}: {picture.reason}")
        else:
            pixels[row], pictured[row] = picture, True
        if number % EVERY == 0:
            progress.report("decoding pictures", number, len(rows))
    if reasons:
        progress.note(f"{len(reasons)} pictures could not be decoded and count as missing, such as {reasons[0]}")
    return pixels, pictured
