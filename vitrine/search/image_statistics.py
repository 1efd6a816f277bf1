"""Statistics of an image's pixels that distinguish products from noise, blanks, patterns, drawings and pages.

They are computed from a reduced image of `SIDE` pixels a side, whatever its size and format: how much detail there is
at each scale and where, how many colours, whether it repeats. Imports nothing heavy.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE: Final = 64
"""Pixels of a side of the reduced image."""
CELLS: Final = 4
"""Cells of a side, in which the amount of detail is measured."""
ORIENTATIONS: Final = 8
LEVELS: Final = 5
"""Number of scales, each half of the one before."""
SHORTEST_PERIOD: Final = 4
"""Pixels after which a repetition is one, and no smoothness."""
Floats = npt.NDArray[np.float64]


def image_statistics(image: Image.Image) -> Floats:
    """Return the statistics of an RGB image, float64 [F]."""
    pixels = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0), float) / 255
    light = pixels @ np.array([0.299, 0.587, 0.114])
    across, down = np.gradient(light, axis=1), np.gradient(light, axis=0)
    edges = np.hypot(across, down)
    return np.concatenate(
        [
            _tones(pixels, light),
            _details(light),
            _colours(pixels),
            _edges(edges),
            _directions(across, down, edges),
            _layout(pixels, light, edges),
            _spectrum(light),
        ]
    )


def _log(values: npt.ArrayLike) -> Floats:
    return np.log(np.atleast_1d(np.asarray(values, float)) + 1e-3)


def _tones(pixels: Floats, light: Floats) -> Floats:
    """Return mean and deviation of lightness and of saturation, and the shares of black and of white."""
    saturation = pixels.max(axis=2) - pixels.min(axis=2)
    extremes = (light < 0.05).mean(), (light > 0.95).mean()
    return np.array([light.mean(), light.std(), saturation.mean(), saturation.std(), *extremes])


def _details(light: Floats) -> Floats:
    """Return the logarithmic amount of detail at each scale, and the differences of neighbouring scales."""
    amounts = []
    for _ in range(LEVELS):
        half = light.reshape(len(light) // 2, 2, -1, 2).mean(axis=(1, 3))
        amounts.append((light - half.repeat(2, 0).repeat(2, 1)).std())
        light = half
    logarithms = _log([*amounts, light.std()])
    return np.concatenate([logarithms, np.diff(logarithms)])


def _colours(pixels: Floats) -> Floats:
    """Return the entropy of the colours, their logarithmic number, and the shares of the most frequent ones."""
    codes = (np.minimum(pixels * 8, 7).astype(int) * (64, 8, 1)).sum(axis=2)
    shares = np.sort(np.bincount(codes.ravel(), minlength=512))[::-1] / codes.size
    present = shares[shares > 0]
    return np.array([-(present * np.log(present)).sum(), np.log(len(present)), *np.cumsum(shares)[[0, 1, 2, 4]]])


def _edges(edges: Floats) -> Floats:
    """Return shares of flat and of steep places, and how unevenly steepness is distributed."""
    mean = edges.mean()
    shares = [(edges < 0.004).mean(), (edges < 0.02).mean(), (edges > 0.1).mean(), (edges > 0.25).mean()]
    return np.array([*shares, *_log([mean]), edges.std() / (mean + 1e-3)])


def _directions(across: Floats, down: Floats, edges: Floats) -> Floats:
    """Return the shares of the directions of edges, sorted, and their entropy."""
    angle = np.floor((np.arctan2(down, across) % np.pi) / np.pi * ORIENTATIONS).astype(int) % ORIENTATIONS
    weights = np.bincount(angle.ravel(), edges.ravel(), ORIENTATIONS) + 1e-3
    shares = np.sort(weights / weights.sum())[::-1]
    return np.array([*shares[:3], -(shares * np.log(shares)).sum()])


def _layout(pixels: Floats, light: Floats, edges: Floats) -> Floats:
    """Return how detail is distributed over cells, how the border differs from the centre, and symmetry."""
    size = SIDE // CELLS
    cells = edges.reshape(CELLS, size, CELLS, size).mean(axis=(1, 3))
    inner = np.zeros((SIDE, SIDE), bool)
    inner[SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4] = True
    rim = np.ones((SIDE, SIDE), bool)
    rim[SIDE // 12 : -SIDE // 12, SIDE // 12 : -SIDE // 12] = False
    difference = np.abs(pixels[inner].mean(axis=0) - pixels[rim].mean(axis=0)).max()
    centred = light - light.mean()
    symmetry = [(centred * np.flip(centred, axis)).mean() / (centred.var() + 1e-3) for axis in (0, 1)]
    spread = cells.std() / (cells.mean() + 1e-3)
    log_cells = np.sort(_log(cells.ravel()))
    ring = _log([edges[rim].mean()]) - _log([edges[inner].mean()])
    return np.array(
        [*log_cells[[0, 3, 7, 11, 15]], spread, *ring, pixels[rim].std(axis=0).max(), difference, *symmetry]
    )


def _spectrum(light: Floats) -> Floats:
    """Return the strongest repetition, its share of the power, the slope and the flatness of the spectrum."""
    centred = light - light.mean()
    window = np.hanning(SIDE)
    power = np.abs(np.fft.fft2(centred * window[:, np.newaxis] * window)) ** 2
    correlation = np.fft.ifft2(np.abs(np.fft.fft2(centred)) ** 2).real / (centred.var() * centred.size + 1e-2)
    lag = np.minimum(np.arange(SIDE), SIDE - np.arange(SIDE))
    far = np.hypot(lag[:, np.newaxis], lag) >= SHORTEST_PERIOD
    frequency = np.hypot(lag[:, np.newaxis], lag)
    bands = [power[(frequency >= low) & (frequency < low * 2)].mean() for low in (1, 2, 4, 8, 16)]
    total = power.sum() + 1e-6
    logs = np.log(np.array(bands) + 1e-6)
    slope = np.polyfit(np.arange(5), logs, 1)[0]
    flat = np.log(power[frequency > 0] + 1e-6).mean() - np.log(power[frequency > 0].mean() + 1e-6)
    return np.array([correlation[far].max(), correlation[far].std(), power[frequency >= 4].max() / total, slope, flat])
