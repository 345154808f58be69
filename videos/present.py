"""Films as clients see them, and the one body of every failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from core import storage
from core.money import format_credits
from generation.providers.protocols import VideoCode
from videos.models import Video

Link = Callable[[str], str]  # makes an address of this site absolute

STARTED: Final = "Video generation started. Use the video_id to check progress."
_MESSAGES: Final = {
    Video.Status.COMPLETED: "Video generation completed.",
    Video.Status.CANCELED: "Video generation was canceled. Nothing was charged.",
}
STATUS_OF: Final[Mapping[str, int]] = {
    Video.Code.MODERATION_BLOCKED: 400,
    Video.Code.INVALID_REQUEST: 400,
    Video.Code.RATE_LIMIT_EXCEEDED: 429,
    Video.Code.INSUFFICIENT_QUOTA: 503,
    Video.Code.SERVER_ERROR: 500,
    Video.Code.TIMEOUT: 504,
}


def begun(video: Video, *, link: Link) -> tuple[int, dict[str, Any]]:
    """What asking for a film answers: status and body, for a film in whatever state."""
    if video.status == Video.Status.FAILED:
        code = cast(VideoCode, video.error_code)
        body = failed(
            code,
            video.error_message,
            video_id=video.video_id,
            suggestions=video.error_suggestions,
        )
        return STATUS_OF[code], body
    told = {
        "success": True,
        "video_id": video.video_id,
        "status": video.status,
        "model": video.model,
        "progress": video.progress,
        "message": _MESSAGES.get(Video.Status(video.status), STARTED),
    }
    more = checked(video, link=link) if video.status == Video.Status.COMPLETED else {}
    return 200, {**told, **more}


def failed(
    code: VideoCode,
    message: str,
    *,
    video_id: str | None = None,
    suggestions: list[str] | None = None,
    fields: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of a refused or failed film."""
    more = {"suggestions": suggestions, "fields": fields}
    details = {name: value for name, value in more.items() if value}
    return {
        "error": message,
        "errorCode": code,
        "errorDetails": {"code": code, "message": message, **details},
        "status": "failed",
        "video_id": video_id,
    }


def refused(error: Mapping[str, Any]) -> dict[str, Any]:
    """The same for what was refused before there was a film, from the envelope's error."""
    code: VideoCode = "invalid_request" if error["status"] < 500 else "server_error"
    fields: Mapping[str, list[str]] = error.get("fields") or {}
    words = " ".join(f"{path}: {said}" for path, every in fields.items() for said in every)
    return failed(code, words or error["message"], suggestions=error["suggestions"], fields=fields)


def checked(video: Video, *, link: Link) -> dict[str, Any]:
    """How a film stands, in the words of ``/api/check-video``."""
    told = {"success": True, **_standing(video)}
    if (url := _url(video.file_key, link)) is not None:
        told["url"] = url
    if video.status == Video.Status.FAILED:
        told["error"] = {"code": video.error_code, "message": video.error_message}
    return told


def row(video: Video, *, link: Link) -> dict[str, Any]:
    """A film as lists and its own address show it."""
    return {
        **_standing(video),
        "prompt": video.prompt,
        "provider": video.provider,
        "product_id": video.product_id,
        "revision_id": video.revision_id,
        "job_id": video.job_id,
        "is_late": video.is_late,
        "error": _error(video),
        "url": _url(video.file_key, link),
        "poster_url": _url(video.poster_key, link),
        "captions": video.captions,
        "bytes": video.byte_count,
        "finished_at": int(video.finished_at.timestamp()) if video.finished_at else None,
    }


def _standing(video: Video) -> dict[str, Any]:
    hold = video.job.hold
    return {
        "video_id": video.video_id,
        "status": video.status,
        "model": video.model,
        "progress": video.progress,
        "created_at": int(video.created_at.timestamp()),
        "seconds": str(video.seconds),
        "size": video.size,
        "credits": {
            "held": format_credits(hold.open if hold else 0),
            "captured": format_credits(hold.captured if hold else 0),
        },
    }


def _error(video: Video) -> dict[str, Any] | None:
    if video.status != Video.Status.FAILED:
        return None
    return {
        "code": video.error_code,
        "message": video.error_message,
        "suggestions": video.error_suggestions,
    }


def _url(key: str, link: Link) -> str | None:
    return link(storage.signed_url(key)) if key else None
