"""Images of products as shoppers would send them: cropped, turned, blurred, compressed, with words over them.

They are the real images that calibrate the detection of junk images: a catalogue has no photographs by shoppers.
"""

import io
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps, ImageStat

from vitrine.search.build.junk_images import SIDE, random_colour

WINDOWS: Final = 5
"""Number of windows that a zoom is chosen from: one on a bare wall shows nothing."""
Alter = Callable[[Image.Image, np.random.Generator], Image.Image]


def alter(kind: str, image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return an RGB image altered in a kind of way, one of `ALTERATIONS`."""
    return ALTERATIONS[kind](image, rng)


def _cropped(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Keep a window with 65% to 95% of each side."""
    wide, high = (max(int(side * rng.uniform(0.65, 0.95)), 1) for side in image.size)
    left, top = (int(rng.integers(side - kept + 1)) for side, kept in zip(image.size, (wide, high), strict=True))
    return image.crop((left, top, left + wide, top + high))


def _blurred(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(max(image.size) * rng.uniform(0.005, 0.025)))


def _noisy(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Add normal noise of 5 to 40 levels of grey."""
    pixels = np.asarray(image, float)
    return Image.fromarray(np.clip(pixels + rng.normal(0, rng.uniform(5, 40), pixels.shape), 0, 255).astype(np.uint8))


def _compressed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Encode as JPEG of quality 5 to 30."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=int(rng.integers(5, 31)))
    return Image.open(buffer).convert("RGB")


def _turned(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Rotate by up to 30 degrees, or by quarters of a turn."""
    if rng.random() < 0.4:
        return image.rotate(90 * int(rng.integers(1, 4)), expand=True)
    return image.rotate(rng.uniform(-30, 30), Image.Resampling.BILINEAR, fillcolor=_corner(image))


def _grey(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB")


def _mirrored(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    return ImageOps.mirror(image)


def _bordered(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Add the bars of a screenshot above and below, or on all sides."""
    shares = rng.uniform(0.05, 0.35, 4) * (1, 1, *(rng.random(2) < 0.5))
    top, bottom, left, right = (int(share * max(image.size)) for share in shares)
    dark = (0, 0, 0) if rng.random() < 0.5 else (255, 255, 255)
    fill = dark if rng.random() < 0.7 else random_colour(rng)
    return ImageOps.expand(image, (left, top, right, bottom), fill)


def _captioned(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Write a few words over the image."""
    image = image.copy()
    size = max(int(image.height * rng.uniform(0.07, 0.16)), 6)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for _ in range(rng.integers(1, 4)):
        words = str(rng.choice(["SALE -50%", "NEW", "www.shop.example", "12:45", "Only today", "Free shipping"]))
        place = (image.width * rng.uniform(0, 0.4), image.height * rng.uniform(0, 0.85))
        draw.text(place, words, random_colour(rng), font)
    return image


def _lit(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Change brightness, contrast and saturation by up to 45%."""
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(rng.uniform(0.55, 1.45))
    return image


def _placed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Put the image, reduced, on a larger surface of one colour or with a texture."""
    side = int(max(image.size) * rng.uniform(1.1, 1.7))
    plain = Image.new("RGB", (side, side), _corner(image) if rng.random() < 0.5 else random_colour(rng))
    surface = plain if rng.random() < 0.4 else _clouds(rng).resize((side, side))
    surface.paste(image, (int(rng.integers(side - image.width + 1)), int(rng.integers(side - image.height + 1))))
    return surface


def _clouds(rng: np.random.Generator) -> Image.Image:
    """Draw clouds: noise whose amplitude falls with frequency to the power of −0.5 to −2.5, grey or coloured."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, np.newaxis], np.fft.rfftfreq(SIDE)[np.newaxis])
    frequency[0, 0] = 1
    amplitude = frequency ** -rng.uniform(0.5, 2.5)
    planes = [np.fft.irfft2(np.fft.rfft2(rng.normal(size=(SIDE, SIDE))) * amplitude) for _ in range(3)]
    if rng.random() < 1 / 3:
        planes = planes[:1] * 3
    stacked = np.stack([plane / plane.std() for plane in planes], axis=2)
    pixels = np.clip(128 + rng.uniform(25, 70) * stacked, 0, 255)
    return Image.fromarray(pixels.astype(np.uint8))


def _zoomed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Keep a window of 30% to 65% of each side, the one of several with the most detail, lit as from near."""
    sides = [max(int(side * rng.uniform(0.3, 0.65)), 1) for side in image.size]
    windows = []
    for _ in range(WINDOWS):
        left, top = (int(rng.integers(side - kept + 1)) for side, kept in zip(image.size, sides, strict=True))
        windows.append(image.crop((left, top, left + sides[0], top + sides[1])))
    return _lit(max(windows, key=lambda window: sum(ImageStat.Stat(window).stddev)).resize(image.size), rng)


def _piled(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Lay many turned and reduced copies of the image's middle over one another, as goods lie on a shelf."""
    wide, high = image.size
    middle = image.crop((wide // 6, high // 6, wide - wide // 6, high - high // 6))
    pile, share = middle.resize(image.size), rng.uniform(0.2, 0.55)
    for _ in range(int(3 / share**2)):
        copy = middle.resize((max(int(wide * share), 1), max(int(high * share), 1)))
        copy = ImageEnhance.Brightness(copy).enhance(rng.uniform(0.6, 1.2)).rotate(rng.uniform(-40, 40))
        mask = Image.new("L", copy.size)
        ImageDraw.Draw(mask).ellipse((0, 0, copy.width - 1, copy.height - 1), 255)
        pile.paste(copy, (int(rng.uniform(-share, 1) * wide), int(rng.uniform(-share, 1) * high)), mask)
    return pile


def _simplified(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Leave a few flat colours in other hues, without texture or thin lines, as in another hand's drawing."""
    hue, saturation, value = image.filter(ImageFilter.MedianFilter(int(rng.choice([3, 5, 7])))).convert("HSV").split()
    turn = int(rng.integers(256))
    hue = hue.point([(level + turn) % 256 for level in range(256)])
    flat = Image.merge("HSV", (hue, saturation, value)).convert("RGB").quantize(int(rng.integers(2, 8))).convert("RGB")
    return _stretched(flat, rng) if rng.random() < 0.5 else flat


def _dithered(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    """Leave black and white dots, as files of one bit do."""
    return image.convert("1").convert("RGB")


def _stretched(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Change the ratio of the sides by up to a half."""
    wide, high = (max(int(side * rng.uniform(0.65, 1)), 1) for side in image.size)
    return image.resize((wide, high), Image.Resampling.BICUBIC)


def _corner(image: Image.Image) -> tuple[int, ...]:
    return tuple(np.asarray(image)[:4, :4].mean(axis=(0, 1)).astype(int).tolist())


ALTERATIONS: Final[Mapping[str, Alter]] = {
    "crop": _cropped,
    "blur": _blurred,
    "noise": _noisy,
    "JPEG": _compressed,
    "rotation": _turned,
    "grey": _grey,
    "mirror": _mirrored,
    "border": _bordered,
    "words": _captioned,
    "light": _lit,
    "surface": _placed,
    "zoom": _zoomed,
    "pile": _piled,
    "simple": _simplified,
    "stretch": _stretched,
    "dither": _dithered,
}
"""The kinds of alterations."""
TRAINING_ONLY: Final = frozenset({"surface", "zoom", "pile", "simple", "stretch", "dither"})
"""Kinds that widen what is accepted, towards photographs that packshots do not resemble, and set no threshold: zoomed,
some packshots show a plain surface."""
