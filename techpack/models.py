"""Products, their photos, and what was found on them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.ids import uuid7

VIEW_TYPES = (
    "front",
    "back",
    "side",
    "left",
    "right",
    "top",
    "bottom",
    "interior",
    "detail",
    "other",
)


def no_list() -> list[Any]:
    """An empty list of its own."""
    return []


class Product(models.Model):
    """A thing to be made; its pack is computed from the rows that point here."""

    class Unit(models.TextChoices):
        CM = "cm", "cm"
        MM = "mm", "mm"
        INCH = "in", "inches"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="products")
    name = models.CharField(max_length=200, default="Untitled product")
    description = models.TextField(max_length=4000, blank=True)
    style_no = models.CharField("style no.", max_length=60, blank=True)
    season = models.CharField(max_length=60, blank=True)
    brand = models.CharField(max_length=120, blank=True)
    sizes = models.JSONField(default=no_list, blank=True)  # empty: the template's run
    sample_size = models.CharField(max_length=20, blank=True)
    unit = models.CharField(max_length=2, choices=Unit.choices, blank=True)  # empty: the template's

    category = models.CharField(max_length=40, blank=True)  # a template's id
    subcategory = models.CharField(max_length=60, blank=True)
    category_source = models.CharField(max_length=8, blank=True)  # ai, user
    category_confidence = models.FloatField(null=True, blank=True)
    category_guess = models.JSONField(default=dict, blank=True)  # the whole answer

    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-updated_at"])]

    def __str__(self) -> str:
        return self.name


class Revision(models.Model):
    """One photo of a product from one side; ``version`` counts per view."""

    class Source(models.TextChoices):
        UPLOAD = "upload"
        GENERATED = "generated"
        EDITED = "edited"

    class Stage(models.TextChoices):
        SAMPLE = "sample"
        FINAL = "final"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="revisions")
    view_type = models.CharField(max_length=10, choices=[(v, v) for v in VIEW_TYPES])
    is_view_guessed = models.BooleanField(default=False)
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    image_key = models.CharField(max_length=200)
    thumbnail_key = models.CharField(max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    image_hash = models.CharField(max_length=64)
    original_name = models.CharField(max_length=120, blank=True)
    notes = models.JSONField(default=no_list, blank=True)  # what intake said, e.g. first frame only
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.UPLOAD)
    stage = models.CharField(max_length=8, blank=True)  # a Stage, of one that was never a photo
    made_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="made_into")
    job = models.ForeignKey("generation.Job", models.SET_NULL, null=True, related_name="revisions")
    prompt = models.TextField(blank=True)  # the sentence that it was made by
    replaced = models.JSONField(default=no_list, blank=True)  # pictures that it had before
    outline = models.JSONField(null=True, blank=True)  # score, rings, wornByPerson
    strokes = models.JSONField(default=dict, blank=True)  # keep, remove: drawn by a person
    landmarks = models.JSONField(default=dict, blank=True)  # name → [x, y]: placed by a person
    scale = models.JSONField(null=True, blank=True)  # from, to, length_um, code
    geometry = models.JSONField(null=True, blank=True)  # landmarks, anchors, measuring lines
    created_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "view_type", "version"], name="revision_version_once"
            ),
            models.UniqueConstraint(
                fields=["product", "view_type"],
                condition=Q(is_current=True, deleted_at__isnull=True),
                name="revision_one_current_per_view",
            ),
        ]
        indexes = [models.Index(fields=["product", "view_type", "-version"])]

    def __str__(self) -> str:
        return f"{self.view_type} {self.version}"

    @property
    def is_photo(self) -> bool:
        """It was taken of the thing itself, however it was edited since."""
        return not self.stage

    @property
    def um_per_px(self) -> float | None:
        """Micrometres per pixel of the stored picture, once a known length was given."""
        if not self.scale:
            return None
        (x0, y0), (x1, y1) = self.scale["from"], self.scale["to"]
        return float(self.scale["length_um"]) / float(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)


class Analysis(models.Model):
    """What was seen in one photo. The newest of a revision is shown."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="analyses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="analyses")
    revision = models.ForeignKey(Revision, models.CASCADE, related_name="analyses")
    job = models.ForeignKey("generation.Job", models.SET_NULL, null=True, related_name="analyses")
    view_type = models.CharField(max_length=10)
    image_hash = models.CharField(max_length=64)
    cache_key = models.CharField(max_length=64)
    category = models.CharField(max_length=40, blank=True)
    raw_data = models.JSONField(default=dict)  # as the provider answered: what a cache hit reuses
    analysis_data = models.JSONField(default=dict)  # with lengths at the photo's scale
    model_used = models.CharField(max_length=80)
    tokens_used = models.PositiveIntegerField(default=0)
    processing_time_ms = models.PositiveIntegerField(default=0)
    confidence_score = models.FloatField(default=0)
    is_cached = models.BooleanField(default=False)
    status = models.CharField(max_length=12, default="completed")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "analyses"
        indexes = [
            models.Index(fields=["user", "cache_key"]),
            models.Index(fields=["revision", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.view_type} analysis {self.id}"


class CloseUp(models.Model):
    """A detail shot and what it shows."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="close_ups")
    job = models.ForeignKey("generation.Job", models.SET_NULL, null=True, related_name="close_ups")
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="close_ups")
    image_key = models.CharField(max_length=200)
    thumbnail_key = models.CharField(max_length=200)
    shot_metadata = models.JSONField(default=dict)
    analysis_data = models.JSONField(default=dict)
    order = models.PositiveSmallIntegerField()
    is_current = models.BooleanField(default=True)
    made_from = models.JSONField(default=dict)  # the inputs' fingerprints: tells what is stale
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(
                fields=["product", "order"], condition=Q(is_current=True), name="close_up_current"
            )
        ]

    def __str__(self) -> str:
        return str(self.shot_metadata.get("name", self.id))


class Sketch(models.Model):
    """A technical flat: the drawing, and where callouts and measures sit on it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="sketches")
    job = models.ForeignKey("generation.Job", models.SET_NULL, null=True, related_name="sketches")
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="sketches")
    view_type = models.CharField(max_length=10)
    drawing = models.JSONField(default=dict)  # strokes in a view box
    callouts = models.JSONField(default=no_list)
    measurements = models.JSONField(default=no_list)
    svg_key = models.CharField(max_length=200)
    image_key = models.CharField(max_length=200)
    is_current = models.BooleanField(default=True)
    made_from = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "sketches"
        constraints = [
            models.UniqueConstraint(
                fields=["product", "view_type"],
                condition=Q(is_current=True),
                name="sketch_one_current_per_view",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.view_type} sketch"


class TypedValue(models.Model):
    """A value that a person typed, or asked for in a sentence: laid over whatever AI finds.

    ``revision`` is set where the value belongs to one view's analysis alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="typed_values")
    revision = models.ForeignKey(
        Revision, models.CASCADE, null=True, blank=True, related_name="typed_values"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    section = models.CharField(max_length=24)
    entry_id = models.CharField(max_length=80)
    field = models.CharField(max_length=40)
    value = models.JSONField()
    provenance = models.CharField(max_length=8, default="user")  # user, ai
    confidence = models.FloatField(default=1.0)
    job = models.ForeignKey("generation.Job", models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "revision", "section", "entry_id", "field"],
                nulls_distinct=False,
                name="typed_value_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.section}.{self.entry_id}.{self.field}"


class FieldEdit(models.Model):
    """A field that was changed by a sentence, so that it can be undone.

    ``before`` and ``after`` are as shown; ``typed_before`` is the typed value that was replaced,
    null where there was none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="field_edits")
    revision = models.ForeignKey(Revision, models.CASCADE, null=True, related_name="field_edits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    job = models.OneToOneField("generation.Job", models.SET_NULL, null=True, related_name="edit")
    section = models.CharField(max_length=24)
    entry_id = models.CharField(max_length=80)
    field = models.CharField(max_length=40)
    words = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    typed_before = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["product", "-id"], name="field_edit_newest")]

    def __str__(self) -> str:
        return f"{self.section}.{self.entry_id}.{self.field}"
