"""Addresses of products and their packs."""

from __future__ import annotations

from django.urls import path

from techpack import pages
from techpack.api import audit, pack, products, steps

app_name = "techpack"

urlpatterns = [
    path("products", pages.products, name="products"),
    path("products/start", pages.start, name="product-start"),
    path("products/idea", pages.idea, name="idea"),
    path("products/<str:product_id>", pages.workspace, name="workspace"),
    path("products/<str:product_id>/details", pages.details, name="details"),
    path("products/<str:product_id>/delete", pages.delete, name="delete"),
    path("products/<str:product_id>/restore", pages.restore, name="restore"),
    path("products/<str:product_id>/views", pages.add_view, name="add-view"),
    path("products/<str:product_id>/known-length", pages.known_length, name="known-length"),
    path("products/<str:product_id>/fields", pages.fields, name="fields"),
    path("products/<str:product_id>/run/<str:step>", pages.run, name="run"),
    path("products/<str:product_id>/stop/<str:job_id>", pages.stop, name="stop"),
    path("products/<str:product_id>/audit", pages.audit, name="audit"),
    path("products/<str:product_id>/audit.csv", pages.audit_csv, name="audit-csv"),
    path("products/<str:product_id>/audit.json", pages.audit_json, name="audit-json"),
    path("products/<str:product_id>/ask", pages.ask, name="ask"),
    path("products/<str:product_id>/drafts", pages.drafts, name="drafts"),
    path("products/<str:product_id>/retry/<str:job_id>", pages.retry, name="retry"),
    path("products/<str:product_id>/edits/<str:edit_id>/undo", pages.undo_edit, name="undo-edit"),
    path("products/<str:product_id>/pack", pages.document, name="document"),
    path("products/<str:product_id>/pack.pdf", pages.pdf, name="pdf"),
    path("views/<str:revision_id>", pages.view, name="view"),
    path("views/<str:revision_id>/change", pages.change_view, name="change-view"),
    path("views/<str:revision_id>/sentence", pages.change_photo, name="change-photo"),
    path("views/<str:revision_id>/undo", pages.undo_change, name="undo-change"),
    path("views/<str:revision_id>/scale", pages.scale, name="scale"),
    path("views/<str:revision_id>/outline", pages.outline, name="outline"),
    path("views/<str:revision_id>/landmarks", pages.landmarks, name="landmarks"),
]

api_urls = [
    path("products", products.Products.as_view(), name="api-products"),
    path("products/<str:product_id>", products.OneProduct.as_view(), name="api-product"),
    path(
        "products/<str:product_id>/restore", products.RestoreProduct.as_view(), name="api-restore"
    ),
    path("products/<str:product_id>/revisions", products.Revisions.as_view(), name="api-revisions"),
    path("products/<str:product_id>/tech-pack", pack.TechPack.as_view(), name="api-pack"),
    path(
        "products/<str:product_id>/tech-pack.json",
        pack.TechPackJson.as_view(),
        name="api-pack-json",
    ),
    path("products/<str:product_id>/tech-pack.pdf", pack.TechPackPdf.as_view(), name="api-pdf"),
    path("products/<str:product_id>/readiness", pack.ReadinessOf.as_view(), name="api-readiness"),
    path("products/<str:product_id>/audit", audit.Audit.as_view(), name="api-audit"),
    path("revisions/<str:revision_id>", products.OneRevision.as_view(), name="api-revision"),
    path("revisions/<str:revision_id>/scale", products.Scale.as_view(), name="api-scale"),
    path("revisions/<str:revision_id>/outline", products.OutlineOf.as_view(), name="api-outline"),
    path(
        "revisions/<str:revision_id>/landmarks", products.Landmarks.as_view(), name="api-landmarks"
    ),
    path("tech-pack-v2/category/detect", steps.Detect.as_view(), name="api-detect"),
    path("tech-pack-v2/base-views/analyze", steps.Analyze.as_view(), name="api-analyze"),
    path("tech-pack-v2/base-views/generate", steps.Generate.as_view(), name="api-generate"),
    path("tech-pack-v2/close-ups/generate", steps.CloseUps.as_view(), name="api-close-ups"),
    path("tech-pack-v2/sketches/generate", steps.Sketches.as_view(), name="api-sketches"),
    path("tech-pack-v2/edit", steps.Edit.as_view(), name="api-edit"),
    path("tech-pack-v2/edit/<str:edit_id>/undo", steps.UndoEdit.as_view(), name="api-undo-edit"),
    path("tech-pack-v2/regenerate", steps.Regenerate.as_view(), name="api-regenerate"),
    path(
        "tech-pack-v2/regenerate/<str:job_id>/undo",
        steps.UndoRegenerate.as_view(),
        name="api-undo-regenerate",
    ),
]
