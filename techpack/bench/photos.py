"""The panel on a photo's page that changes it by a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from core import storage
from core.errors import ProviderUnavailable
from generation.providers.routes import routes_of
from techpack import queries
from techpack.bench.sentences import Change, changes_of, price_words
from techpack.models import Revision
from techpack.operations.views import REGENERATE

# What the embedded studio surely understands; a model takes any sentence.
SUGGESTIONS = (
    "replace the background with white",
    "make it navy",
    "brighter, with more contrast",
    "crop to the product",
    "straighten it",
    "rotate 90 degrees",
)
FREE_SUGGESTIONS = (
    "on a light grey background with a soft shadow",
    "in burgundy, everything else as it is",
    "remove the hanger",
)


@dataclass(frozen=True)
class PhotoChange:
    """The form, what runs, and the picture before and after."""

    change: Change
    words: str
    once: str
    price: str
    suggestions: tuple[str, ...]
    is_studio: bool
    before: str = ""  # address of the earlier picture
    after: str = ""


def change_of(revision: Revision, *, words: str = "") -> PhotoChange:
    """What the page says about changing this photo."""
    jobs = [job for job in queries.jobs_of(revision.product) if job.kind == REGENERATE]
    own = [job for job in jobs if job.input["revision_id"] == str(revision.pk)]
    is_studio = _asked() == "studio"
    before = _before(revision)
    return PhotoChange(
        change=changes_of([revision], jobs)[revision.pk],
        words=words or (own[0].input["words"] if own and own[0].status == "failed" else ""),
        once=own[0].pk.hex if own else "first",
        price=price_words(REGENERATE, {}),
        suggestions=SUGGESTIONS if is_studio else (*FREE_SUGGESTIONS, *SUGGESTIONS[:3]),
        is_studio=is_studio,
        before=storage.signed_url(before) if before else "",
        after=storage.signed_url(revision.image_key),
    )


def _asked() -> str:
    try:
        return routes_of(REGENERATE)[0][0]
    except ProviderUnavailable:
        return ""


def _before(revision: Revision) -> str:
    """The key of the picture that this one was made from; "" for a photo as it came."""
    if revision.source != Revision.Source.EDITED:
        return ""
    if revision.replaced:
        return str(revision.replaced[-1]["image_key"])
    return revision.made_from.image_key if revision.made_from else ""
