"""The pages of films: each parses, calls one verb, answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import storage
from core.errors import DomainError, InsufficientCredits, NotFound
from core.http import is_part
from core.ids import uuid7
from core.media import stored
from core.money import shown
from credits.short import Short, short_of, way_back
from credits.shortage import Option
from notifications import watches
from techpack.pages.views import said
from videos import operations, queries, retention
from videos.cards import card_of, cards_of, file_name
from videos.form import FIELDS, FilmForm, asked, film_form, of_video
from videos.looking import CHECKED_EVERY_S
from videos.models import Video
from videos.movements import title_of
from videos.tasks import look_soon

A_PAGE = 12
LOOKED_AFTER_MOST = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def videos(request: HttpRequest) -> HttpResponse:
    """The user's films, and the form for a new one; a POST asks for it."""
    if request.method == "POST":
        return _make(request)
    _look_after(request)
    return videos_page(request, _chosen(request))


def _look_after(request: HttpRequest) -> None:
    """Who looks at films has those looked after that are being made, and is not told of them."""
    user: Any = request.user
    watches.watch(user.pk, user.pk, watches.PAGE_S)
    lately = Now() - timedelta(seconds=CHECKED_EVERY_S)
    due = queries.videos_of(user).filter(
        Q(looked_at__isnull=True) | Q(looked_at__lt=lately),
        status__in=Video.OPEN,
        look_at__isnull=False,
    )
    for video_id in due.values_list("video_id", flat=True)[:LOOKED_AFTER_MOST]:
        look_soon(video_id)


def videos_page(
    request: HttpRequest, given: Mapping[str, str], *, short: Short | None = None, error: str = ""
) -> HttpResponse:
    """The whole page, or of it the list that htmx asked for.

    ``short`` is what the credits do not reach, ``error`` what is wrong with the form.
    """
    is_list = is_part(request)
    rows = queries.videos_of(request.user).select_related("revision")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "nav_active": "videos",
        "cards": cards_of(list(page.object_list)),
        "page": page,
        "in_progress": rows.filter(status__in=Video.OPEN).count(),
        "form": None if is_list else film_form(request.user, given),
        "short": short,
        "error": error,
    }
    name = "videos/_update.html" if is_list else "videos/videos.html"
    return render(request, name, context, status=402 if short else 400 if error else 200)


def _chosen(request: HttpRequest) -> Mapping[str, str]:
    """What a link chose before: fields by name, or a film to ask for again."""
    if again := request.GET.get("again", ""):
        try:
            return of_video(queries.video_of(request.user, again))
        except NotFound:
            return {}
    return {name: request.GET[name] for name in FIELDS if name in request.GET}


def _sent(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST[name] for name in FIELDS if name in request.POST}


@login_required
@require_POST
def form(request: HttpRequest) -> HttpResponse:
    """The form after a choice: the photos of that product, the price of that length."""
    context = {"form": film_form(request.user, _sent(request))}
    return render(request, "videos/_form.html", context)


def _make(request: HttpRequest) -> HttpResponse:
    """Ask for a film. What costs other than its button said is shown first, not started."""
    given = _sent(request)
    shown_form = film_form(request.user, given)
    if "show" in request.POST or _costs_other(request, shown_form):
        return videos_page(request, given)
    try:
        wish = asked(given)
        video = operations.generate_video(
            user=request.user,
            data=wish,
            key=_key(given.get("once", ""), wish),
            request_id=str(request.request_id),  # type: ignore[attr-defined]
        )
    except InsufficientCredits as error:
        short = _short_of(error, given)
        return videos_page(request, given, short=short)
    except DomainError as error:
        return videos_page(request, given, error=said(error))
    return redirect(f"{reverse('videos:videos')}#{video.video_id}")


def _key(once: str, wish: Mapping[str, Any]) -> str | None:
    """What makes two clicks one film: the form that was shown, and what was chosen on it.

    Who goes back to it and asks for something else gets another film.
    """
    chosen = hashlib.sha256(repr(sorted(wish.items())).encode()).hexdigest()[:32]
    return f"page:video:{once[:64]}:{chosen}" if once else None


def _costs_other(request: HttpRequest, shown_form: FilmForm | None) -> bool:
    price = request.POST.get("price", "")
    return bool(price) and shown_form is not None and price != str(shown_form.price)


def _short_of(error: InsufficientCredits, given: Mapping[str, str]) -> Short:
    kept = {name: text for name, text in given.items() if name != "once"}
    return short_of(
        error,
        what=_in_words(given),
        start=partial(_start, given),
        back_to=way_back(reverse("videos:videos"), "new", **kept),
    )


def _in_words(given: Mapping[str, str]) -> str:
    title = title_of(asked(given)["prompt"])
    return f"{title}, {given.get('seconds', '')} s"


def _start(given: Mapping[str, str], option: Option) -> tuple[str, Mapping[str, Any]] | None:
    """Where a shorter film, or one by another model, is asked for."""
    changed: dict[str, Any] = {
        name: option[name] for name in ("seconds", "model") if name in option
    }
    return (reverse("videos:videos"), {**given, **changed}) if changed else None


@login_required
@require_safe
def video(request: HttpRequest, video_id: str) -> HttpResponse:
    """One film: the player, what was asked, what it cost."""
    _look_after(request)
    found = queries.video_of(request.user, video_id)
    hold = found.job.hold
    context = {
        "nav_active": "videos",
        "card": card_of(found),
        "video": found,
        "captured": shown(hold.captured if hold else 0),
        "released": shown(hold.released if hold else 0),
        "is_one": True,
    }
    name = "videos/_one.html" if is_part(request) else "videos/video.html"
    return render(request, name, context)


@login_required
@require_POST
def cancel(request: HttpRequest, video_id: str) -> HttpResponse:
    """Stop a film; what was held comes back."""
    try:
        operations.cancel_video(user=request.user, video_id=video_id)
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, said(error))
    return _back(request, video_id)


@login_required
@require_POST
def again(request: HttpRequest, video_id: str) -> HttpResponse:
    """The same film asked for once more, at its price."""
    once = request.POST.get("once", "")[:64]
    try:
        found = operations.retry_video(
            user=request.user,
            video_id=video_id,
            key=f"page:video:{once}" if once else None,
            request_id=str(request.request_id),  # type: ignore[attr-defined]
        )
    except NotFound:
        raise
    except InsufficientCredits as error:
        given = of_video(queries.video_of(request.user, video_id)) | {"once": uuid7().hex}
        short = _short_of(error, given)
        return videos_page(request, given, short=short)
    except DomainError as error:
        messages.error(request, said(error))
        return _back(request, video_id)
    return redirect(f"{reverse('videos:videos')}#{found.video_id}")


@login_required
@require_POST
def delete(request: HttpRequest, video_id: str) -> HttpResponse:
    """Delete a film with its files; an open one is canceled first."""
    try:
        operations.delete_video(user=request.user, video_id=video_id)
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, said(error))
        return _back(request, video_id)
    messages.success(request, "The video was deleted.")
    return redirect("videos:videos")


def _back(request: HttpRequest, video_id: str) -> HttpResponse:
    """The page that the button stood on."""
    if is_part(request):
        return videos_page(request, {})
    if request.POST.get("from") == "one":
        return redirect("videos:video", video_id)
    page = request.GET.get("page", "")
    query = f"?page={page}" if page.isdecimal() else ""
    return redirect(f"{reverse('videos:videos')}{query}#{video_id}")


@login_required
@require_safe
def film(request: HttpRequest, video_id: str) -> HttpResponseBase:
    """The film to be played, by parts; its address stays good for as long as the page is open."""
    return stored(request, retention.file_of(queries.video_of(request.user, video_id)))


@login_required
@require_safe
def captions(request: HttpRequest, video_id: str) -> HttpResponse:
    """What is read on the film or seen in it, as WebVTT."""
    found = queries.video_of(request.user, video_id)
    if not found.captions:
        raise NotFound("This video has no captions.")
    return HttpResponse(found.captions, content_type="text/vtt; charset=utf-8")


@login_required
@require_safe
def download(request: HttpRequest, video_id: str) -> HttpResponseBase:
    """The film as a file, under a name that says what it is."""
    found = queries.video_of(request.user, video_id)
    return redirect(storage.signed_url(retention.file_of(found), name=file_name(found)))
