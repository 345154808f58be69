"""Products, their photos and what was found on them."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from techpack.models import Analysis, CloseUp, Product, Revision, Sketch, TypedValue


class RevisionInline(TabularInline):
    """The photos of a product."""

    model = Revision
    fields = ("view_type", "version", "is_current", "width", "height", "created_at")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    """Products."""

    list_display = ("name", "style_no", "category", "user", "updated_at", "deleted_at")
    list_filter = ("category", "category_source")
    search_fields = ("id", "name", "style_no", "user__email")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    inlines = (RevisionInline,)


@admin.register(Revision)
class RevisionAdmin(ModelAdmin):
    """Photos."""

    list_display = ("product", "view_type", "version", "is_current", "source", "created_at")
    list_filter = ("view_type", "source")
    search_fields = ("id", "product__id", "product__name", "image_hash")
    list_select_related = ("product",)
    raw_id_fields = ("product",)


@admin.register(Analysis)
class AnalysisAdmin(ModelAdmin):
    """Analyses."""

    list_display = ("product", "view_type", "model_used", "confidence_score", "created_at")
    list_filter = ("model_used", "view_type")
    search_fields = ("id", "product__id", "product__name", "user__email")
    list_select_related = ("product",)
    raw_id_fields = ("product", "user", "revision", "job")


@admin.register(CloseUp)
class CloseUpAdmin(ModelAdmin):
    """Close-ups."""

    list_display = ("product", "order", "is_current", "created_at")
    search_fields = ("id", "product__id", "product__name")
    list_select_related = ("product",)
    raw_id_fields = ("product", "revision", "job")


@admin.register(Sketch)
class SketchAdmin(ModelAdmin):
    """Flats."""

    list_display = ("product", "view_type", "is_current", "created_at")
    search_fields = ("id", "product__id", "product__name")
    list_select_related = ("product",)
    raw_id_fields = ("product", "revision", "job")


@admin.register(TypedValue)
class TypedValueAdmin(ModelAdmin):
    """What people typed over."""

    list_display = ("product", "section", "entry_id", "field", "user", "at")
    search_fields = ("product__id", "product__name", "entry_id", "user__email")
    list_select_related = ("product", "user")
    raw_id_fields = ("product", "revision", "user")
