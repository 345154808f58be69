"""Films as the pages show them: how each stands, what it cost, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from django.utils.text import slugify

from core import storage
from core.ids import uuid7
from core.money import shown, worded
from generation.models import Job
from generation.notices import FREE
from videos import retention
from videos.models import Video
from videos.movements import split, title_of

NAME_LONGEST: Final = 80
# What the words are to blame for: running the same again would fail again.
BY_WORDS: Final = frozenset({Video.Code.MODERATION_BLOCKED, Video.Code.INVALID_REQUEST})


class Tag(NamedTuple):
    """A state in words with its icon and tone; ``state`` is for the style sheet."""

    state: str
    tone: str
    icon: str
    words: str


@dataclass(frozen=True)
class Card:
    """One film on a page; amounts are in words or as on a statement, "" where there is none."""

    video: Video
    title: str
    words: str
    tag: Tag
    product: str
    is_product_there: bool
    held: str
    price: str
    picture: str
    file_name: str
    kept_until: datetime | None = None
    error: str = ""
    advice: tuple[str, ...] = ()
    line: int = 0  # how many films of this page wait for a worker before it
    once: str = field(default_factory=lambda: uuid7().hex)

    @property
    def is_by_words(self) -> bool:
        """Whether other words would help, and the same ones would not."""
        return self.video.error_code in BY_WORDS

    @property
    def may_come_late(self) -> bool:
        """Whether its provider is still asked for it although its time is over."""
        return self.video.status == Video.Status.FAILED and self.video.look_at is not None


def card_of(video: Video, *, line: int = 0) -> Card:
    """The card of a film that came with its job, hold, product and photo."""
    hold = video.job.hold
    words = split(video.prompt)[1]
    product = video.product
    is_there = product is not None and product.deleted_at is None
    return Card(
        video=video,
        title=title_of(video.prompt),
        words="" if words == title_of(video.prompt) else words,
        tag=tag_of(video, line=line),
        product=product.name if product else "",
        is_product_there=is_there,
        held=shown(hold.amount) if hold else shown(0),
        price=worded(video.job.price),
        picture=_picture(video),
        file_name=file_name(video),
        kept_until=retention.kept_until(video),
        error=_error(video),
        advice=tuple(_sentence(one) for one in video.error_suggestions),
        line=line,
    )


def _error(video: Video) -> str:
    """``TIMEOUT: It took too long.``; what it cost is said apart."""
    words = video.error_message.removesuffix(FREE).strip()
    return f"{video.error_code.upper()}: {words}" if video.error_code else ""


def _sentence(words: str) -> str:
    return words if words.endswith((".", "?", "!", "。")) else f"{words}."


def tag_of(video: Video, *, line: int = 0) -> Tag:
    """How a film stands."""
    match video.status:
        case Video.Status.QUEUED:
            place = f", {line} ahead" if line else ""
            return Tag("queued", "", "clock", f"Queued{place}")
        case Video.Status.IN_PROGRESS:
            return Tag("running", "blue", "run", f"Running {video.progress} %")
        case Video.Status.COMPLETED:
            return Tag("done", "ok", "check", _done(video))
        case Video.Status.CANCELED:
            return Tag("canceled", "", "x", "Canceled, released")
    return Tag("failed", "warn", "alert", "Failed, not charged")


def _done(video: Video) -> str:
    if video.is_late:
        return "Done late, free"
    captured = video.job.hold.captured if video.job.hold else 0
    return f"Done, {shown(captured)} charged"


def _picture(video: Video) -> str:
    """The film's own still, or the photo that it is made from."""
    if video.poster_key and video.status == Video.Status.COMPLETED:
        return storage.signed_url(video.poster_key)
    if video.revision is None or video.revision.deleted_at is not None:
        return ""
    return storage.signed_url(video.revision.thumbnail_key)


def file_name(video: Video) -> str:
    """What the film is saved as: ``blush-hoodie-turntable.mp4``."""
    parts = [video.product.name if video.product else "", title_of(video.prompt)]
    name = slugify(" ".join(parts), allow_unicode=True)[:NAME_LONGEST].strip("-_")
    return f"{name or 'video'}.mp4"


def cards_of(videos: list[Video]) -> list[Card]:
    """A card for each, in the order given; those that wait know how many of them go before."""
    waiting = sorted(
        video.pk for video in videos if video.job.status == Job.Status.QUEUED and not video.is_final
    )
    places = {pk: place for place, pk in enumerate(waiting)}
    return [card_of(video, line=places.get(video.pk, 0)) for video in videos]
