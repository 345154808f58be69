"""What the answers look like, for the schema."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
    Serializer,
    URLField,
    UUIDField,
)

from core.media import MediaField
from techpack.models import VIEW_TYPES


def page(item: type[Serializer[Any]], name: str) -> type[Serializer[Any]]:
    """A cursor page of an item."""
    fields = {
        "next": URLField(allow_null=True),
        "previous": URLField(allow_null=True),
        "results": item(many=True),
    }
    return type(name, (Serializer,), fields)


class Product(Serializer):
    """A product."""

    id = UUIDField()
    name = CharField()
    description = CharField()
    style_no = CharField()
    season = CharField()
    brand = CharField()
    sizes = ListField(child=CharField())
    sample_size = CharField()
    unit = CharField(allow_null=True)
    category = CharField(allow_null=True)
    subcategory = CharField(allow_null=True)
    category_source = CharField(allow_null=True)
    category_confidence = FloatField(allow_null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()


class RevisionUpload(Serializer):
    """A photo by multipart."""

    image = serializers.FileField()
    view_type = serializers.ChoiceField(choices=VIEW_TYPES, required=False)


class DetectUpload(Serializer):
    """A photo by multipart, kept only for the job."""

    image = serializers.FileField()


class KnownLength(Serializer):
    """A length that a person gave."""

    value = FloatField()
    unit = CharField()


def point() -> ListField:
    """``[x, y]``."""
    return ListField(child=FloatField(), min_length=2, max_length=2)


class Scale(Serializer):
    """The known dimension of a photo, its points in pixels of the stored picture."""

    to = point()
    length = KnownLength()
    code = CharField(allow_null=True, help_text="the point of measure, where one was named")

    def get_fields(self) -> dict[str, Any]:
        """With ``from``, which is no name in Python."""
        return {"from": point(), **super().get_fields()}


class Revision(Serializer):
    """A photo of a product."""

    id = UUIDField()
    product_id = UUIDField()
    view_type = CharField()
    is_view_guessed = BooleanField()
    version = IntegerField()
    is_current = BooleanField()
    image_url = MediaField()
    thumbnail_url = MediaField()
    width = IntegerField()
    height = IntegerField()
    image_hash = CharField()
    source = CharField()  # type: ignore[assignment]  # a field of that name
    stage = CharField(allow_null=True, help_text="sample or final, of one that was never a photo")
    is_photo = BooleanField()
    made_from = UUIDField(allow_null=True)
    prompt = CharField()
    notes = ListField(child=CharField())
    scale = Scale(allow_null=True)
    created_at = DateTimeField()


class Outline(Serializer):
    """An outline."""

    score = FloatField()
    verdict = serializers.ChoiceField(choices=["good", "check", "unreliable"])
    rings = ListField(child=ListField(child=ListField(child=FloatField())))
    worn_by_person = BooleanField()


class LostPart(Serializer):
    """A part that failed, with the words of its error."""

    id = CharField()
    view_type = CharField()
    error = JSONField()


class Paid(Serializer):
    """What every step's answer ends with; ``failed`` only where a part failed."""

    credits_used = FloatField()
    reservation_id = UUIDField(allow_null=True)
    job_id = UUIDField()
    status = serializers.ChoiceField(choices=["partly_succeeded"], required=False)
    failed = LostPart(many=True, required=False)


class Alternative(Serializer):
    """What else it could be."""

    category = CharField()
    subcategory = CharField()
    confidence = FloatField()


class Detected(Paid):
    """A category."""

    category = CharField()
    subcategory = CharField()
    confidence = FloatField()
    alternatives = Alternative(many=True)
    because = CharField()
    model_used = CharField()


def entries() -> ListField:
    """Entries or rows, each with fields of its own."""
    return ListField(child=DictField())


class AnalysisData(Serializer):
    """What was found; each entry has ``id, name, value, confidence, provenance`` and its own."""

    materials = entries()
    dimensions = entries()
    colors = entries()
    construction = entries()
    designElements = entries()
    other = DictField()


class Analysis(Serializer):
    """An analysed view."""

    id = UUIDField()
    revision_id = UUIDField()
    view_type = CharField()
    image_hash = CharField()
    analysis_data = AnalysisData()
    confidence_score = FloatField()
    model_used = CharField()
    tokens_used = IntegerField()
    processing_time_ms = IntegerField()
    cached = BooleanField()
    status = CharField()


class Analyzed(Paid):
    """Analysed views."""

    analyses = Analysis(many=True)


class CloseUp(Serializer):
    """A detail shot."""

    id = UUIDField()
    image_url = MediaField()
    thumbnail_url = MediaField()
    shot_metadata = JSONField()
    analysis_data = JSONField()
    order = IntegerField()


class ClosedUp(Paid):
    """Detail shots."""

    plan = ListField(child=DictField())
    generated_images = CloseUp(many=True)


class Callout(Serializer):
    """A number on a flat and the construction row it stands for."""

    id = CharField()
    number = IntegerField()
    label = CharField()  # type: ignore[assignment]  # a field of that name
    anchor = point()
    text = CharField()
    rowId = CharField()
    provenance = CharField()
    confidence = FloatField(allow_null=True)


class Measurement(Serializer):
    """A line of measure on a flat; without a value as long as it is unknown."""

    id = CharField()
    code = CharField()
    name = CharField()
    to = point()
    isSure = BooleanField()
    value = FloatField(required=False)
    unit = CharField()
    uncertainty = FloatField(required=False)
    provenance = CharField()
    status = serializers.ChoiceField(choices=["measured", "estimated", "assumed", "unknown"])

    def get_fields(self) -> dict[str, Any]:
        """With ``from``, which is no name in Python."""
        return {"from": point(), **super().get_fields()}


class Sketch(Serializer):
    """A technical flat."""

    id = UUIDField()
    view_type = CharField()
    image_url = MediaField()
    svg_url = MediaField()
    width = FloatField()
    height = FloatField()
    note = CharField()
    assumed = ListField(child=CharField())
    callouts = Callout(many=True)
    measurements = Measurement(many=True)


class Sketched(Paid):
    """Technical flats."""

    sketches = Sketch(many=True)


class Generated(Paid):
    """Drafts or final views."""

    stage = serializers.ChoiceField(choices=["sample", "final"])
    revisions = Revision(many=True)


class Edited(Paid):
    """A field before and after; lengths are numbers in ``unit``."""

    revision_id = UUIDField(allow_null=True)
    field_path = CharField()
    entry_id = CharField()
    old_value = JSONField(allow_null=True)
    new_value = JSONField(allow_null=True)
    unit = CharField(allow_null=True)
    provenance = serializers.ChoiceField(choices=["user", "ai"], allow_null=True)
    confidence = FloatField(allow_null=True)
    because = CharField()
    analysis_id = UUIDField(allow_null=True)
    edit_id = UUIDField(allow_null=True)
    undone = BooleanField()
    model_used = CharField()
    tokens_used = IntegerField()


class EditUndone(Serializer):
    """A field that has its old value again."""

    edit_id = UUIDField()
    revision_id = UUIDField(allow_null=True)
    field_path = CharField()
    old_value = JSONField(allow_null=True)
    new_value = JSONField(allow_null=True)
    undone = BooleanField()


class EarlierPicture(Serializer):
    """What a photo looked like before."""

    revision_id = UUIDField()
    image_url = MediaField()
    thumbnail_url = MediaField()


class Regenerated(Paid):
    """A changed photo; without an analysis where only that failed."""

    revision = Revision(allow_null=True)
    analysis = Analysis(allow_null=True)
    mode = serializers.ChoiceField(choices=["new", "replace"])
    before = EarlierPicture(allow_null=True)
    note = CharField()
    warnings = ListField(child=CharField())
    did = ListField(child=CharField())
    keeps_scale = BooleanField()
    model_used = CharField()
    undone = BooleanField()


class RegenerateUndone(Serializer):
    """The photo that stands there again."""

    job_id = UUIDField()
    revision = Revision()
    undone = BooleanField()


class Finding(Serializer):
    """A blocker or warning."""

    code = CharField()
    message = CharField()
    field_path = CharField()
    section = CharField()


class Stale(Serializer):
    """An output whose inputs changed."""

    output = CharField()
    because = CharField()
    credits = FloatField()


class Readiness(Serializer):
    """What still blocks a factory."""

    score = IntegerField()
    status = serializers.ChoiceField(choices=["draft", "ready"])
    blockers = Finding(many=True)
    warnings = Finding(many=True)
    stale = Stale(many=True)


class Template(Serializer):
    """The template that the pack follows."""

    id = CharField()
    variant = CharField(allow_null=True)


class TechPack(Serializer):
    """The whole pack. Rows hold cells of ``{value, provenance, …}`` by column."""

    schema = CharField()
    product = Product()
    revision = CharField()
    units = CharField()
    template = Template()
    sample_size = CharField()
    sizes = ListField(child=CharField())
    materials = entries()
    colors = entries()
    design_elements = entries()
    bom = entries()
    points_of_measure = entries()
    construction = entries()
    close_ups = CloseUp(many=True)
    sketches = Sketch(many=True)
    views = Revision(many=True)
    readiness = Readiness()


ProductPage = page(Product, "ProductPage")
RevisionPage = page(Revision, "RevisionPage")
