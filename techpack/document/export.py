"""A product's pack as a file."""

from __future__ import annotations

import re

from core import storage
from techpack.document.pdf import render_pdf
from techpack.models import Product
from techpack.pack import merge
from techpack.pack.build import build
from techpack.readiness import readiness_of


def pdf_of(product: Product, *, drawn_by: str, unit: str = "") -> tuple[str, bytes]:
    """The file name and the PDF of the pack as it is now."""
    pack = merge.load(product)
    description = build(pack, readiness_of(pack), drawn_by=drawn_by, unit=unit)
    name = re.sub(r"[^A-Za-z0-9-]+", "-", product.style_no or product.name).strip("-")
    return f"{name or 'tech-pack'}.pdf", render_pdf(description, read=storage.read)
