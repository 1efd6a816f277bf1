"""Changes that images of products undergo before shoppers search with them."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

_WHITE: Final = (255, 255, 255)
KEPT: Final = 0.6
"""Share of each side that a crop keeps."""
BLUR: Final = 0.02
"""Radius of the blur, as a share of the shorter side."""
NOISE: Final = 25.0
"""Standard deviation of the noise, of 255."""
QUALITY: Final = 10
"""Quality of the JPEG."""
TURNS: Final = (-30, -15, 15, 30)
"""Degrees of a rotation."""

Change = Callable[[Image.Image, np.random.Generator], Image.Image]


@dataclass(frozen=True)
class PictureKind:
    """A change of images. `name` is part of the figures' keys, `title` is for people, `change` changes one image."""

    name: str
    title: str
    change: Change

    def apply(self, images: list[Image.Image], seed: int) -> list[bytes]:
        """Return each image after the change, as the bytes of a file."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        return [encoded(self.change(image.convert("RGB"), rng)) for image in images]


def encoded(image: Image.Image) -> bytes:
    """Return an image as the bytes of a PNG."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    width, height = (max(1, round(KEPT * side)) for side in image.size)
    left, top = (int(rng.integers(whole - part + 1)) for whole, part in zip(image.size, (width, height), strict=True))
    return image.crop((left, top, left + width, top + height))


def _blur(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(BLUR * min(image.size)))


def _noise(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    return Image.fromarray(np.clip(pixels + rng.normal(0, NOISE, pixels.shape), 0, 255).astype(np.uint8))


def _jpeg(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return Image.open(file).convert("RGB")


def _rotation(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.rotate(TURNS[int(rng.integers(len(TURNS)))], Image.Resampling.BILINEAR, expand=True, fillcolor=_WHITE)


def _grey(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB")


def _mirror(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    return ImageOps.mirror(image)


def _screenshot(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    """Show the image as an application on a phone does: below a bar with a title, above one with buttons."""
    width, height = image.size
    screen = Image.new("RGB", (round(1.2 * width), round(1.9 * height)), (242, 242, 247))
    draw = ImageDraw.Draw(screen)
    bar = round(0.22 * height)
    draw.rectangle((0, 0, screen.width, bar), fill=(28, 28, 30))
    draw.text((bar // 4, bar // 3), "9:41   Photos", fill=_WHITE, font=ImageFont.load_default(max(10, bar // 3)))
    draw.rectangle((0, screen.height - bar, screen.width, screen.height), fill=_WHITE)
    for button in range(4):
        left = round((button + 0.3) * screen.width / 4)
        draw.ellipse(
            (left, screen.height - 3 * bar // 4, left + bar // 2, screen.height - bar // 4), fill=(0, 122, 255)
        )
    screen.paste(image, ((screen.width - width) // 2, (screen.height - height) // 2))
    return screen


def _text_over(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Write an advertisement over the image."""
    written = image.copy()
    words = ("SALE -50%", "NEW IN", "FREE SHIPPING", "© shop.example")[int(rng.integers(4))]
    size = max(10, image.height // 7)
    top = int(rng.integers(max(1, image.height - 2 * size)))
    draw = ImageDraw.Draw(written)
    draw.text(
        (image.width // 12, top), words, fill=(220, 20, 60), font=ImageFont.load_default(size), stroke_width=2,
        stroke_fill=_WHITE,
    )  # fmt: skip
    return written


CHANGES: Final = (
    PictureKind("crop", "crop to 60% of each side", _crop),
    PictureKind("blur", "blur", _blur),
    PictureKind("noise", "noise", _noise),
    PictureKind("jpeg", "JPEG of quality 10", _jpeg),
    PictureKind("rotation", "rotation by 15° or 30°", _rotation),
    PictureKind("grey", "greyscale", _grey),
    PictureKind("mirror", "mirror image", _mirror),
    PictureKind("screenshot", "screenshot of a phone", _screenshot),
    PictureKind("text_over", "text over it", _text_over),
)
