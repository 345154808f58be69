"""Where the end of a job leads: the workspace of its product, at what it made."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from generation.models import Job
from generation.notices import FAILED, PARTLY, REFUSED, SUCCEEDED, Lead
from techpack.models import Product
from techpack.operations.edits import EDIT
from techpack.operations.steps import ANALYZE, CLOSE_UPS, SKETCHES
from techpack.operations.views import GENERATE, REGENERATE

QUERY_LONGEST: Final = 300
LABELS: Final = {
    SUCCEEDED: "Open the result",
    PARTLY: "Retry what failed",
    FAILED: "Run it again",
    REFUSED: "Change what was refused",
}
AWAY: Final = frozenset({"QUOTA", "CONFIGURATION"})  # running it again would fail again
# Where what a step made is seen, and where it is run; the others are run on the rail of steps.
SEEN_AT: Final = {
    ANALYZE: "analysis",
    CLOSE_UPS: "close-ups",
    SKETCHES: "sketches",
    EDIT: "ask",
    REGENERATE: "views",
    GENERATE: "views",
}
RUN_AT: Final = {EDIT: "ask", REGENERATE: "views", GENERATE: "drafts"}
# What their statement line calls otherwise, as something that is done or fails.
STEPS: Final = {EDIT: "Edit", REGENERATE: "Photo change", GENERATE: "Drawn views"}


def lead_of(job: Job, outcome: str) -> Lead | None:
    """The workspace at the step's sheet; None where the product is gone."""
    if job.product_id is None:
        return None
    if not Product.objects.filter(pk=job.product_id, deleted_at__isnull=True).exists():
        return None
    is_away = outcome == FAILED and (job.error or {}).get("code") in AWAY
    place = RUN_AT.get(job.kind, "steps")
    if outcome == SUCCEEDED:
        place = SEEN_AT.get(job.kind, place)
    return Lead(
        link=f"{reverse('techpack:workspace', args=[job.product_id])}{_field_of(job)}#{place}",
        label="Open the product" if is_away else LABELS[outcome],
        step=STEPS.get(job.kind, ""),
    )


def _field_of(job: Job) -> str:
    """The query that opens the field which a sentence was about."""
    path = str(job.input.get("path", "")) if job.kind == EDIT else ""
    query = f"?{urlencode({'ask': path})}"
    return query if path and len(query) <= QUERY_LONGEST else ""
