"""The photos that a film is to stay true to, as they are when its making begins."""

from __future__ import annotations

from typing import Final

from generation.errors import Failure, ProviderError
from generation.providers.protocols import View
from techpack import queries as techpack
from techpack.models import Revision
from techpack.seeing import view_of
from videos.models import Video

VIEWS_MOST: Final = 6


def views_of(video: Video) -> list[View]:
    """The photo that was chosen first, then the product's others, its front before its sides.

    Raises ProviderError (``invalid_request``) where the product or that photo was deleted since:
    what somebody took away is shown to nobody. Whether there is a product in a photo is the
    provider's to say: the outline that we found, or did not, is no proof.
    """
    product, chosen = video.product, video.revision
    if video.job.product_id is not None and (product is None or product.deleted_at is not None):
        raise _gone("product", "Make a video of another product")
    if video.job.input.get("revision_id") and (chosen is None or chosen.deleted_at is not None):
        raise _gone("photo", "Choose another photo")
    others: list[Revision] = []
    if product is not None:
        current = techpack.revisions_of(product)
        others = sorted(current, key=lambda row: techpack.view_rank(row.view_type))
    first = [chosen] if chosen else []
    rows = [*first, *(row for row in others if row.pk != video.revision_id)]
    return [view_of(row) for row in rows[:VIEWS_MOST]]


def _gone(what: str, advice: str) -> ProviderError:
    return ProviderError(
        Failure.USER_INPUT,
        f"the {what} of a film is gone",
        words=f"The {what} of this video was deleted. Nothing was charged.",
        suggestions=[advice],
        code="invalid_request",
    )
