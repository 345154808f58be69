"""What a tech pack says, sheet by sheet, ready to be shown.

`techpack/pack.py` fills a :class:`Pack` from the database; the screen templates and
:func:`techpack.document.pdf.render_pdf` both walk :attr:`Pack.sheets`. Nothing here
calculates: every figure is text, formatted in the pack's unit by the caller, and an
empty text is shown as a dash. No Django, no files: pictures are named by storage key.

On screen::

    {% for sheet in pack.sheets %}
      <section class="sheet" id="{{ sheet.kind }}"> … {{ sheet.body }} {{ sheet.title_block }}

where ``sheet.kind`` is one of ``cover flats bom measures construction colours close-ups``
and ``sheet.body`` is the dataclass of that kind below.
"""

from techpack.document.description.pack import (
    Body,
    Pack,
    Sheet,
    TitleBlock,
)
from techpack.document.description.sheets import (
    BomRow,
    BomSheet,
    CloseUp,
    CloseUpsSheet,
    Colour,
    ColoursSheet,
    ConstructionRow,
    ConstructionSheet,
    Cover,
    Criticality,
    FlatsSheet,
    FlatView,
    MeasuresSheet,
    PomRow,
    ScaleBar,
    Status,
)
from techpack.document.description.values import (
    MEANINGS,
    NOTHING,
    WORDS,
    Fact,
    Picture,
    Provenance,
    Source,
    Swatch,
    Unit,
    Value,
    sources_of,
)

__all__ = [
    "MEANINGS",
    "NOTHING",
    "WORDS",
    "Body",
    "BomRow",
    "BomSheet",
    "CloseUp",
    "CloseUpsSheet",
    "Colour",
    "ColoursSheet",
    "ConstructionRow",
    "ConstructionSheet",
    "Cover",
    "Criticality",
    "Fact",
    "FlatView",
    "FlatsSheet",
    "MeasuresSheet",
    "Pack",
    "Picture",
    "PomRow",
    "Provenance",
    "ScaleBar",
    "Sheet",
    "Source",
    "Status",
    "Swatch",
    "TitleBlock",
    "Unit",
    "Value",
    "sources_of",
]
