"""Technical flats drawn from a photo."""

from generation.providers.studio.sketch.drawing import draw

__all__ = ["draw"]
