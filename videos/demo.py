"""The demo's film: one product of three photos, filmed by the local studio."""

from __future__ import annotations

from typing import Any, Final

from core.errors import InvalidRequest
from generation.work import run_job
from techpack import demo
from techpack.models import Product
from videos import operations, queries
from videos.models import Video
from videos.movements import MOVEMENTS

STYLE_NO: Final = "SO-003"


def make_video(user: Any, product: Product) -> tuple[Video, bool] | None:
    """The film of that product with whether it was made now.

    None for every other product, and where the studio makes no films.
    """
    if product.style_no != STYLE_NO:
        return None
    if (known := queries.videos_of(user).filter(product=product).first()) is not None:
        return known, False
    wish = {"prompt": MOVEMENTS[0].words, "product_id": str(product.pk), "model": "studio"}
    try:
        video = operations.generate_video(user=user, data=wish)
    except InvalidRequest:
        return None
    run_job(job_id=video.job_id)
    demo.check_finished(video.job)
    return queries.video_of(user, video.video_id), True
