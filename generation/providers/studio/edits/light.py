"""The light of a whole photo: exposure, contrast, warmth, colourfulness."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio import oklab
from generation.providers.studio.edits.pixels import Grey, Picture, bgr_of, lab_of


@dataclass(frozen=True)
class Light:
    """What is changed: stops, and shares around 0 for the rest."""

    stops: float = 0.0
    contrast: float = 0.0
    warmth: float = 0.0
    saturation: float = 0.0

    @property
    def changes(self) -> bool:
        """Whether anything is asked."""
        return any((self.stops, self.contrast, self.warmth, self.saturation))


def relit(picture: Picture, light: Light) -> Picture:
    """The picture under other light; white stays white where it is made brighter."""
    gains = (1 - 0.16 * light.warmth, 1 + 0.01 * light.warmth, 1 + 0.12 * light.warmth)  # BGR
    tables = np.stack([_table(light, gain) for gain in gains], axis=1)
    result = np.asarray(cv2.LUT(picture, tables[:, None, :]), np.uint8)
    if light.saturation:
        lab = lab_of(result)
        lab[..., 1:] *= 1 + light.saturation
        result = np.asarray(np.clip(bgr_of(lab) + 0.5, 0, 255), np.uint8)
    return result


def _table(light: Light, gain: float) -> np.ndarray:
    tone = oklab.linear(np.arange(256) / 255) * gain
    tone = _exposed(tone, light.stops)
    shown = oklab.encoded(tone)
    return np.asarray(np.clip(_contrasted(shown, light.contrast) * 255 + 0.5, 0, 255), np.uint8)


def _exposed(tone: np.ndarray, stops: float) -> np.ndarray:
    """Brighter without burning out: the nearer to white, the less is added."""
    if stops <= 0:
        return tone * 2**stops
    gain = 2**stops
    return np.asarray(gain * tone / (1 + (gain - 1) * np.clip(tone, 0, 1)))


def _contrasted(shown: np.ndarray, contrast: float) -> np.ndarray:
    """An S around the middle that keeps black and white where they are."""
    if contrast == 0:
        return shown
    bent = shown + contrast * 0.6 * (shown - 0.5) * 4 * shown * (1 - shown)
    return np.asarray(np.clip(bent, 0, 1))


def around(picture: Grey, alpha: Grey, stops: float) -> Grey:
    """Only what lies behind the product brighter or darker; BGR 0..255 float."""
    lit = relit(np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8), Light(stops=stops))
    return np.asarray(picture + (1 - alpha)[..., None] * (lit - picture), np.float32)
