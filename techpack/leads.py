"""Where the end of a job leads: the workspace of its product, at what it made."""

from __future__ import annotations

from typing import Final

from django.urls import reverse

from generation.models import Job
from generation.notices import FAILED, PARTLY, REFUSED, SUCCEEDED, Lead
from techpack.models import Product
from techpack.operations.steps import ANALYZE, CLOSE_UPS, SKETCHES

LABELS: Final = {
    SUCCEEDED: "Open the result",
    PARTLY: "Retry what failed",
    FAILED: "Run it again",
    REFUSED: "Change what was refused",
}
AWAY: Final = frozenset({"QUOTA", "CONFIGURATION"})  # running it again would fail again
SHEETS: Final = {ANALYZE: "analysis", CLOSE_UPS: "close-ups", SKETCHES: "sketches"}


def lead_of(job: Job, outcome: str) -> Lead | None:
    """The workspace at the step's sheet; None where the product is gone."""
    if job.product_id is None:
        return None
    if not Product.objects.filter(pk=job.product_id, deleted_at__isnull=True).exists():
        return None
    is_away = outcome == FAILED and (job.error or {}).get("code") in AWAY
    label = "Open the product" if is_away else LABELS[outcome]
    sheet = SHEETS.get(job.kind, "")
    # What was made is on its sheet; what is to be run stands on the rail of steps, above all.
    place = f"#{sheet}" if outcome == SUCCEEDED and sheet else "#steps"
    return Lead(reverse("techpack:workspace", args=[job.product_id]) + place, label)
