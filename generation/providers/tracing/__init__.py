"""Line drawings in pixels traced into technical flats."""

from generation.providers.tracing.flat import flat_of

__all__ = ["flat_of"]
