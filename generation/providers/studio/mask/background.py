"""A model of what lies behind the product, fitted to the picture's border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.mask.frame import Frame
from generation.providers.studio.mask.regions import Grey, Mask, border_band

BAND = 0.035  # of the shorter side
CHANNELS = np.array([0.8, 1.3, 1.3], np.float32)  # light varies more than dye
FIT_PIXELS = 4000
SEED_RADIUS = 22  # Lab; border pixels this near to the commonest border colour start the fit
PLAIN_SHARE = 0.72  # of the border that the surface must explain
PLAIN_SPREAD = 8.5  # Lab; above this "explains" says nothing


@dataclass(frozen=True)
class Background:
    """A second-order Lab surface, and how the picture differs from it."""

    surface: NDArray[np.float32]  # (h, w, 3)
    spread: float  # robust sigma of the border's residual, at least 0.5
    explained: float  # share of the border that the surface explains
    distance: Grey  # weighted Lab distance of each pixel from the surface
    brightness: Grey  # L over the surface's L
    tint: Grey  # what no change of light on the surface explains of a pixel's chroma

    @property
    def is_plain(self) -> bool:
        """Whether the border is one smooth surface, so that differing means product."""
        return self.explained > PLAIN_SHARE and self.spread < PLAIN_SPREAD

    @property
    def threshold(self) -> float:
        """The distance from which a pixel is no longer plain background."""
        return float(np.clip(3.2 * self.spread, 1.6, 14))


def background_of(frame: Frame) -> Background:
    """Fit the surface, robustly against a product that touches the border."""
    band = border_band(frame.shape, BAND)
    terms = _terms(frame.shape)
    thin = max(1, int(band.sum()) // FIT_PIXELS)
    seen = frame.lab[band][::thin].astype(np.float64)
    coefficients, spread, residual = _fit(terms[band][::thin], seen)
    surface = (terms @ coefficients).astype(np.float32)
    difference = (frame.lab - surface) * CHANNELS
    brightness = (frame.lab[..., 0] / np.maximum(surface[..., 0], 5)).clip(0, 2).astype(np.float32)
    return Background(
        surface=surface,
        spread=spread,
        explained=float((residual < max(5.0, 3 * spread)).mean()),
        distance=np.linalg.norm(difference, axis=2),
        brightness=brightness,
        tint=_tint(frame.lab[..., 1:], surface[..., 1:], brightness),
    )


def _tint(chroma: NDArray[np.float32], surface: NDArray[np.float32], brightness: Grey) -> Grey:
    """Distance in a, b from the chroma that the surface shows when more or less light falls on it.

    Shade keeps between its share of the chroma and a little more than all of it; glare
    washes chroma out.
    """
    along = (chroma * surface).sum(axis=2) / np.maximum((surface**2).sum(axis=2), 1.0)
    least = np.where(brightness < 1, brightness, 0.2)
    share = np.clip(along, least, 1.3)
    return np.asarray(np.linalg.norm(chroma - share[..., None] * surface, axis=2))


def _terms(shape: tuple[int, int]) -> NDArray[np.float64]:
    """1, x, y, x², y², xy at every pixel, with x and y in -1..1."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = x / width * 2 - 1, y / height * 2 - 1
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=2)


def _fit(
    terms: NDArray[np.float64], seen: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Coefficients (6, 3), spread and residuals by reweighted least squares."""
    weight = (np.linalg.norm(seen - _commonest(seen), axis=1) < SEED_RADIUS).astype(float)
    coefficients = np.zeros((6, 3))
    coefficients[0] = np.median(seen, axis=0)
    residual = np.linalg.norm(seen - coefficients[0], axis=1)
    spread = 1.0
    for turn in range(6):
        if weight.sum() < 30:
            break
        order = 6 if turn > 1 else 3  # a plane first: a curved start chases the product
        rows = terms[:, :order] * weight[:, None]
        coefficients[:] = 0
        coefficients[:order] = np.linalg.lstsq(rows, seen * weight[:, None], rcond=None)[0]
        residual = np.linalg.norm(seen - terms @ coefficients, axis=1)
        trusted = residual[weight > 0.3]
        if not len(trusted):
            break
        spread = max(0.5, 1.48 * float(np.median(trusted)))
        weight = 1 / (1 + (residual / (2.5 * spread)) ** 4)
    return coefficients, spread, residual


def _commonest(seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """The commonest colour of the border, on a grid of 6 Lab units."""
    cells, counts = np.unique(np.round(seen / 6), axis=0, return_counts=True)
    return np.asarray(cells[counts.argmax()] * 6)


def border_noise(steps: Grey, band: Mask, percentile: float) -> float:
    """How steep the background itself gets, as a percentile over the border."""
    return float(np.percentile(steps[band], percentile))
