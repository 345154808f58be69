"""A flat as SVG: the drawing, its numbered callouts, its lines of measure. Pure; no database."""

from techpack.flats.shapes import Callout, Flat, Line, Measurement, drawing_from_json
from techpack.flats.svg import compose

__all__ = ["Callout", "Flat", "Line", "Measurement", "compose", "drawing_from_json"]
