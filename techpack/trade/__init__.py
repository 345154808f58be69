"""The trade's knowledge as data: templates by category, stitches, seams, tolerances."""

from techpack.trade.loader import (
    CATEGORIES,
    names,
    stitches,
    subcategories,
    template,
    template_for,
)
from techpack.trade.models import (
    BomDefault,
    ConstructionDefault,
    PointOfMeasure,
    Stitch,
    StitchBook,
    Template,
)
from techpack.trade.tolerances import ToleranceUm, graded_um, iso_2768, to_um, tolerance_of

__all__ = [
    "CATEGORIES",
    "BomDefault",
    "ConstructionDefault",
    "PointOfMeasure",
    "Stitch",
    "StitchBook",
    "Template",
    "ToleranceUm",
    "graded_um",
    "iso_2768",
    "names",
    "stitches",
    "subcategories",
    "template",
    "template_for",
    "to_um",
    "tolerance_of",
]
