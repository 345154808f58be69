"""Product pictures from words: parametric templates, said to be such."""

from generation.providers.studio.samples.make import make_view

__all__ = ["make_view"]
