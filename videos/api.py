"""``/api/generate-video``, ``/api/check-video`` and ``/api/videos``."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Final

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import media
from core.api import Endpoint, Replayed, page_of
from core.errors import InvalidRequest
from core.openapi import ref
from core.shape import checked
from generation.waiting import Delivered, asked_by, wait_for
from videos import operations, present, queries, retention
from videos.inputs import VideoInput
from videos.models import Video
from videos.serializers import (
    CheckInput,
    VideoBegun,
    VideoChecked,
    VideoFailed,
    VideoPage,
    VideoShape,
)

ACCEPTED_WITHIN_S: Final = 10.0
DONE_WITHIN_S: Final = 60.0
FETCHED_WITHIN_S: Final = 15.0  # a look at a film that is done may take this long
AGAIN_AFTER_S: Final = "60"  # where the provider has too much to do
# These are answered in the envelope, as everywhere; all others in the body of a failed film.
IN_ENVELOPE: Final = frozenset({401, 402, 403, 404, 405, 409, 422, 429})
TOO_MANY: Final = OpenApiResponse(
    {
        "oneOf": [
            ref("schemas", "Error"),
            ref("schemas", "VideoFailed"),
        ]
    },
    "Too many requests or waiting jobs of yours; `rate_limit_exceeded` where it is the provider's.",
)
BEGUN: Final = {
    200: OpenApiResponse(VideoBegun, "The film is begun, or completed where that was waited for."),
    400: OpenApiResponse(VideoFailed, "`moderation_blocked` or `invalid_request`"),
    413: OpenApiResponse(VideoFailed, "`invalid_request`: more bytes than are taken."),
    415: OpenApiResponse(VideoFailed, "`invalid_request`: no JSON."),
    429: TOO_MANY,
    500: OpenApiResponse(VideoFailed, "`server_error`"),
    503: OpenApiResponse(
        VideoFailed, "`insufficient_quota`, or `server_error` before anything was held"
    ),
    504: OpenApiResponse(VideoFailed, "`timeout`"),
}
CHECKED: Final = {
    200: VideoChecked,
    404: OpenApiResponse(ref("schemas", "Error"), "There is no such video."),
}
VIDEO_ID: Final = OpenApiParameter("video_id", str, description="the film to look at")


class BeginsFilm(Endpoint):
    """A request that begins a film: it waits until the provider took it or refused."""

    scopes = {"POST": "videos"}
    exact_keys = True
    direct = True

    def begun(self, request: Request, video: Video, *, to_the_end: bool = False) -> Response:
        """Wait, and answer how the film stands; a failed one by the status of its code."""
        was_final = video.is_final
        ready, wait_s = partial(_is_accepted, video), ACCEPTED_WITHIN_S
        if to_the_end:
            ready, wait_s = partial(_is_over, video, time.monotonic()), DONE_WITHIN_S
        if not was_final and wait_for(video.job, ready, wait_s=wait_s):
            video = queries.video_of(request.user, video.video_id)
        status, body = present.begun(video, link=request.build_absolute_uri)
        is_news = video.is_final and not was_final
        answer = (
            Delivered(video.job, status=status, body=body) if is_news else Response(body, status)
        )
        if video.error_code == Video.Code.RATE_LIMIT_EXCEEDED:
            answer.headers["Retry-After"] = AGAIN_AFTER_S
        return answer

    def handle_exception(self, exc: Exception) -> Response:
        """A refusal has the body of a failed film, but for those that all addresses share."""
        response = super().handle_exception(exc)
        if not isinstance(exc, Replayed) and response.status_code not in IN_ENVELOPE:
            response.data = present.refused(response.data["error"])
        return response


class GenerateVideo(BeginsFilm):
    """A film from words, and from photos of a product."""

    @extend_schema(
        operation_id="generate_video", tags=["videos"], request=VideoInput, responses=BEGUN
    )
    def post(self, request: Request) -> Response:
        """Begin a film. Its price is held, and charged only when the film is completed.

        The answer waits up to 10 s until the provider has accepted or refused it; with
        `pollForCompletion` up to 60 s for its end.
        """
        asked: Any = request.data
        video = operations.generate_video(data=asked, **asked_by(request))
        return self.begun(request, video, to_the_end=asked.get("poll_for_completion") is True)


class RetryVideo(BeginsFilm):
    """A film that failed or was canceled, asked for once more."""

    conflicts = frozenset({"POST"})

    @extend_schema(operation_id="videos_retry", tags=["videos"], request=None, responses=BEGUN)
    def post(self, request: Request, video_id: str) -> Response:
        """Ask for the same again, at its price; answers as `/api/generate-video` does."""
        video = operations.retry_video(video_id=video_id, **asked_by(request))
        return self.begun(request, video)


class CheckVideo(Endpoint):
    """How a film stands."""

    scopes = {"GET": "videos", "POST": "videos"}
    exact_keys = True

    @extend_schema(
        operation_id="check_video",
        tags=["videos"],
        parameters=[OpenApiParameter("video_id", str, required=True)],
        responses=CHECKED,
    )
    def get(self, request: Request) -> Response:
        """Ask the provider how far the film is, and store it when it is done."""
        return self._checked(request, request.query_params.get("video_id"))

    @extend_schema(
        operation_id="check_video_post",
        tags=["videos"],
        parameters=[VIDEO_ID],
        request=CheckInput,
        responses=CHECKED,
    )
    def post(self, request: Request) -> Response:
        """The same, for a client that sends its `video_id` in a body."""
        given = checked(CheckInput, request.data, spelled=str)
        return self._checked(request, given.video_id or request.query_params.get("video_id"))

    def _checked(self, request: Request, video_id: str | None) -> Response:
        if not video_id:
            raise InvalidRequest(
                "The input is not valid.", fields={"video_id": ["Say which video."]}
            )
        video = operations.check_video(user=request.user, video_id=video_id)
        return Response(present.checked(video, link=request.build_absolute_uri))


class Videos(Endpoint):
    """The account's films."""

    scopes = {"GET": "videos"}
    exact_keys = True

    @extend_schema(operation_id="videos_list", responses=VideoPage)
    def get(self, request: Request) -> Response:
        """List films, newest first."""
        shown = partial(present.row, link=request.build_absolute_uri)
        return Response(page_of(request, queries.videos_of(request.user), shown, by="job_id"))


class OneVideo(Endpoint):
    """One film."""

    scopes = {"GET": "videos", "DELETE": "videos"}
    exact_keys = True
    conflicts = frozenset({"DELETE"})

    @extend_schema(operation_id="videos_read", responses=VideoShape)
    def get(self, request: Request, video_id: str) -> Response:
        """The film as it was last seen; `/api/check-video` looks at the provider."""
        video = queries.video_of(request.user, video_id)
        return Response(present.row(video, link=request.build_absolute_uri))

    @extend_schema(operation_id="videos_delete", responses={204: None})
    def delete(self, request: Request, video_id: str) -> Response:
        """Delete the film and its files; one that is not over is canceled first."""
        operations.delete_video(user=request.user, video_id=video_id)
        return Response(status=204)


class VideoContent(Endpoint):
    """A film's file."""

    scopes = {"GET": "videos"}

    @extend_schema(
        operation_id="videos_content",
        responses={
            (200, "video/mp4"): OpenApiTypes.BINARY,
            (206, "video/mp4"): OpenApiTypes.BINARY,
            304: None,
            412: None,
            416: None,
        },
    )
    def get(self, request: Request, video_id: str) -> HttpResponseBase:
        """The completed film as MP4, whole or a `Range` of it; 404 until it is done."""
        video = queries.video_of(request.user, video_id)
        return media.stored(request, retention.file_of(video))


class CancelVideo(Endpoint):
    """Stopping a film."""

    scopes = {"POST": "videos"}
    exact_keys = True
    conflicts = frozenset({"POST"})

    @extend_schema(operation_id="videos_cancel", request=None, responses=VideoShape)
    def post(self, request: Request, video_id: str) -> Response:
        """Stop the film, free; those that had begun can be stopped five times in 24 hours."""
        video = operations.cancel_video(user=request.user, video_id=video_id)
        return Response(present.row(video, link=request.build_absolute_uri))


def _rows(video: Video) -> Any:
    return Video.objects.filter(pk=video.pk)


def _is_accepted(video: Video) -> bool:
    """The provider has taken the film, or it is over."""
    state = _rows(video).values_list("status", "submitted_at").first()
    return state is None or state[0] not in Video.OPEN or state[1] is not None


def _is_over(video: Video, began: float) -> bool:
    """The film is over; looks at its provider as long as there is time to fetch it."""
    if time.monotonic() - began <= DONE_WITHIN_S - FETCHED_WITHIN_S:
        return operations.check_video(user=video.user, video_id=video.video_id).is_final
    return _rows(video).exclude(status__in=Video.OPEN).exists()
