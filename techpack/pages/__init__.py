"""The pages of products: each parses, calls one verb, answers."""

from techpack.pages.audit import audit, audit_csv, audit_json
from techpack.pages.document import document, pdf
from techpack.pages.products import delete, details, products, restore, start
from techpack.pages.sentences import (
    ask,
    change_photo,
    drafts,
    idea,
    retry,
    undo_change,
    undo_edit,
)
from techpack.pages.views import (
    add_view,
    change_view,
    known_length,
    landmarks,
    outline,
    scale,
    view,
)
from techpack.pages.workspace import fields, run, stop, workspace

__all__ = [
    "add_view",
    "ask",
    "audit",
    "audit_csv",
    "audit_json",
    "change_photo",
    "change_view",
    "delete",
    "details",
    "document",
    "drafts",
    "fields",
    "idea",
    "known_length",
    "landmarks",
    "outline",
    "pdf",
    "products",
    "restore",
    "retry",
    "run",
    "scale",
    "start",
    "stop",
    "undo_change",
    "undo_edit",
    "view",
    "workspace",
]
