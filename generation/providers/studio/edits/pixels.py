"""Quick OKLab for whole photos: float32, tables instead of powers."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import oklab

Grey = NDArray[np.float32]
Picture = NDArray[np.uint8]  # (h, w, 3) BGR
Lab = NDArray[np.float32]  # (..., 3) OKLab

QUALITY = 94
STEPS = 16384

_LINEAR = oklab.linear(np.arange(256) / 255).astype(np.float32)
_ENCODED = (oklab.encoded(np.arange(STEPS + 1) / STEPS) * 255).astype(np.float32)
TO_CONES = oklab.TO_CONES.astype(np.float32)
_TO_LAB = oklab.TO_OKLAB.astype(np.float32)
_FROM_CONES = np.linalg.inv(oklab.TO_CONES).astype(np.float32)
_FROM_LAB = np.linalg.inv(oklab.TO_OKLAB).astype(np.float32)


def decoded(data: bytes) -> Picture:
    """A stored picture in its own size; it is upright sRGB already, a cut-out goes on white."""
    raw = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if raw is None:
        raise ValueError("not a picture")
    if raw.dtype != np.uint8:
        raw = cv2.convertScaleAbs(raw, alpha=1 / 257)
    if raw.ndim == 2:
        return np.asarray(cv2.cvtColor(raw, cv2.COLOR_GRAY2BGR), np.uint8)
    if raw.shape[2] == 3:
        return np.asarray(raw, np.uint8)
    alpha = raw[..., 3:].astype(np.float32) / 255
    return np.asarray(raw[..., :3] * alpha + 255 * (1 - alpha) + 0.5, np.uint8)


def encoded(picture: Picture) -> bytes:
    """JPEG without colour subsampling, so that edges of colour stay sharp."""
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    return bytes(cv2.imencode(".jpg", picture, options)[1])


def lab_of(bgr: NDArray[np.uint8] | Grey) -> Lab:
    """OKLab of BGR 0..255, whole numbers or not."""
    if bgr.dtype == np.uint8:
        light = _LINEAR[bgr[..., ::-1]]
    else:
        shown = np.clip(np.asarray(bgr[..., ::-1], np.float64), 0, 255)
        light = oklab.linear(shown / 255).astype(np.float32)
    cones = np.cbrt(light.reshape(-1, 3) @ TO_CONES.T)
    return np.asarray((cones @ _TO_LAB.T).reshape(bgr.shape), np.float32)


def bgr_of(lab: Lab) -> Grey:
    """BGR 0..255 as float32; what the screen cannot show loses chroma, not hue."""
    flat = lab.reshape(-1, 3)
    light = _light(flat)
    outside = np.flatnonzero((light.max(axis=1) > 1.002) | (light.min(axis=1) < -0.002))
    if len(outside):
        light[outside] = _light(_shown(flat[outside]))
    steps = np.clip(light * STEPS + 0.5, 0, STEPS).astype(np.int32)
    return np.asarray(_ENCODED[steps].reshape(lab.shape)[..., ::-1], np.float32)


def _light(lab: Lab) -> Grey:
    cones = lab @ _FROM_LAB.T
    return np.asarray((cones * cones * cones) @ _FROM_CONES.T, np.float32)


def _shown(lab: Lab) -> Lab:
    """The colours with as much of their chroma as sRGB has, by halving."""
    low = np.zeros(len(lab), np.float32)
    high = np.ones(len(lab), np.float32)
    bounded = lab.copy()
    bounded[:, 0] = np.clip(lab[:, 0], 0, 1)
    for _ in range(6):
        middle = (low + high) / 2
        light = _light(bounded * np.stack([np.ones_like(middle), middle, middle], axis=1))
        fits = (light.max(axis=1) <= 1.002) & (light.min(axis=1) >= -0.002)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return np.asarray(bounded * np.stack([np.ones_like(low), low, low], axis=1), np.float32)


def lab_of_hex(code: str) -> Lab:
    """OKLab (3,) of ``#rrggbb``."""
    return oklab.to_oklab(oklab.from_hex(code)).astype(np.float32)
