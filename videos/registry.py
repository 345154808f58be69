"""Films as the rooms below know them: a kind of job and a quote."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from credits import quotes
from generation import kinds, notices
from generation.models import Job
from generation.providers.filming import OPERATION
from videos import leads, offers, operations, settling, work


def register_all() -> None:
    """Register the kind, its pricer, and where its end leads and is seen."""
    kinds.register(
        kinds.Kind(
            OPERATION,
            offers.LABEL,
            work.film,
            present,
            retry=operations.again,
            by_plan=False,
            refusals_are_free=True,
            deadline_s=lambda: settings.VIDEO_DEADLINE_S,
            check_cancel=settling.check_cancel,
            ended=settling.ended,
        )
    )
    quotes.register(OPERATION, offers.quoted, label=offers.LABEL)
    notices.lead_by(leads.lead_of, kind=OPERATION)
    notices.shown_on(leads.page_of, kind=OPERATION)


def present(job: Job) -> dict[str, Any]:
    """A film's job names the film."""
    return dict(job.result or {})
