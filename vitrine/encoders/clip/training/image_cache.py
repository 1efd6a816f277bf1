"""A file of the catalogue's decoded images; the system's page cache keeps as much of it in memory as fits."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitrine import progress
from vitrine.data.images.image_root import Folder
from vitrine.data.images.parallel_reading import UnreadableImage, read_images
from vitrine.encoders.images.preprocessing import Preprocessing, crop_image

REPORT_INTERVAL = 256


def decode_images(
    images: list[str], image_root: Folder, sizes: Preprocessing, file: Path
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Decode the images of a catalogue's column `image` into `file`, a raw array.

    Returns:
        Pixels, uint8 [N, S, S, 3] mapped from the file, black without an image; and bool [N], whether there is an
        image. An image that cannot be read counts as missing and is reported.
    """
    pixels = np.memmap(file, np.uint8, "w+", shape=(len(images), sizes.crop, sizes.crop, 3))
    has_image = np.zeros(len(images), bool)
    reasons = []
    rows = [row for row, image in enumerate(images) if image]
    paths = [images[row] for row in rows]
    decoded = read_images(paths, image_root, lambda image: crop_image(image, sizes))
    for number, (row, cropped) in enumerate(zip(rows, decoded, strict=True)):
        if isinstance(cropped, UnreadableImage):
            reasons.append(f"{images[row]}: {cropped.reason}")
        else:
            pixels[row], has_image[row] = cropped, True
        if number % REPORT_INTERVAL == 0:
            progress.report("decoding images", number, len(rows))
    if reasons:
        progress.note(f"{len(reasons)} images could not be decoded and count as missing, such as {reasons[0]}")
    return pixels, has_image
