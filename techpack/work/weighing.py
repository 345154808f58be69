"""How sure a new analysis is: weighed against its photo, the other views and the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from generation.models import Job
from techpack import measuring, queries
from techpack.confidence import Picture, weighed
from techpack.models import Analysis, Product, Revision
from techpack.photo_quality import quality_of

_CALIBRATED: Final = "studio-"  # models whose figures were measured, wherever they run


def is_calibrated(model: str) -> bool:
    """Whether the figures of ``provider:model`` are taken as they are."""
    return model.partition(":")[2].startswith(_CALIBRATED)


def measure_photo(job: Job, operation: str, revision: Revision, data: bytes) -> None:
    """Keep the photo's quality with its outline, where a model is asked that does not know it.

    Outside of any transaction. An outline that a person corrects meanwhile stays theirs.
    """
    known = revision.outline
    if known is None or "picture" in known or is_calibrated(job.routes.get(operation, "")):
        return
    found = quality_of(data, known)
    if found is None:
        return
    revision.outline = {**known, "picture": asdict(found)}
    Revision.objects.filter(pk=revision.pk, outline=known).update(outline=revision.outline)


def weigh(product: Product, rows: Sequence[Analysis]) -> None:
    """Write the confidence of analyses that were just stored, from their answers as they came."""
    latest = queries.latest_analyses(product)
    for row in rows:
        others = [other.raw_data for other in latest if other.revision_id != row.revision_id]
        data = weighed(
            {**row.raw_data, "dimensions": row.analysis_data.get("dimensions", [])},
            picture=_picture(row.revision),
            others=others,
            template=measuring.template_of(product),
            is_calibrated=is_calibrated(row.model_used),
        )
        confidence = data.pop("confidence")
        if (data, confidence) != (row.analysis_data, row.confidence_score):
            row.analysis_data, row.confidence_score = data, confidence
            row.save(update_fields=["analysis_data", "confidence_score"])


def _picture(revision: Revision) -> Picture | None:
    found: dict[str, Any] | None = (revision.outline or {}).get("picture")
    return Picture(**found) if found else None
