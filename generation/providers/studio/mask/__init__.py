"""Finds where the product is on a photo."""

from generation.providers.studio.mask.outline import find_outline
from generation.providers.studio.mask.polygons import rings

__all__ = ["find_outline", "rings"]
