"""The assistant about one product: a page, and the same panel inside the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from assistant import conversation
from assistant.conversation import Asked
from assistant.inputs import LARGEST_MAX_TOKENS
from assistant.live import Told, events
from assistant.models import Message
from assistant.panel import panel_of
from assistant.streams import Stream
from core.api import uuid_or_404
from core.errors import Conflict, DomainError, InsufficientCredits
from core.http import STREAM_HEADERS, STREAM_TYPE, is_part, status_of
from credits.short import short_of, way_back
from credits.shortage import Option
from techpack import queries
from techpack.models import Product


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def assistant(request: HttpRequest, product_id: str) -> HttpResponseBase:
    """The conversation about a product; a POST asks one question more, ``?question=`` begins it."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    if request.method == "POST":
        return _ask(request, product)
    before = request.GET.get("before", "")
    asked = _asked(request.GET) if request.GET.get("question") else None
    return _render(request, product, before=uuid_or_404(before) if before else None, asked=asked)


@login_required
@require_POST
def clear(request: HttpRequest, product_id: str) -> HttpResponse:
    """Forget the conversation."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    conversation.clear(user=request.user, product_id=product.pk)
    return _back(request, product)


def _ask(request: HttpRequest, product: Product) -> HttpResponseBase:
    asked = _asked(request.POST)
    given: dict[str, Any] = {
        "user": request.user,
        "product_id": product.pk,
        "asked": asked,
        "request_id": request.request_id,  # type: ignore[attr-defined]
    }
    try:
        if STREAM_TYPE in request.headers.get("Accept", "") and is_part(request):
            return _streamed(request, product, asked, *conversation.begin(**given))
        answered = conversation.ask(**given)
    except InsufficientCredits as error:
        what = f"{product.name}, a question to {error.context['requested_model']}"
        back_to = way_back(_address(product), question=asked.text, model=asked.model)
        start = partial(_start, product, asked)
        short = short_of(error, what=what, start=start, back_to=back_to)
        return _render(request, product, status=402, asked=asked, short=short)
    except DomainError as error:
        if isinstance(error, Conflict) and error.code == "ASKED_BEFORE":
            return _back(request, product)
        return _render(request, product, status=status_of(error), asked=asked, error=error)
    return _back(request, product, warnings=answered.body.get("warnings", ()))


def _streamed(
    request: HttpRequest, product: Product, asked: Asked, question: Message, stream: Stream
) -> StreamingHttpResponse:
    """The answer as it is written, then the whole panel."""

    def panel(told: Told) -> str:
        refused = {"asked": asked, "error": told.error} if told.error else {}
        return _html(request, product, warnings=told.warnings, **refused)

    return StreamingHttpResponse(
        events(question, stream, panel=panel),
        content_type=f"{STREAM_TYPE}; charset=utf-8",
        headers=STREAM_HEADERS,
    )


def _asked(form: QueryDict) -> Asked:
    """The question, typed or suggested, as the form has it."""
    text = form.get("suggested") or form.get("question", "")
    limit = form.get("max_tokens", "")
    tokens = int(limit) if limit.isascii() and limit.isdecimal() and len(limit) < 11 else 0
    return Asked(
        text=text.replace("\r\n", "\n").strip(),
        after=form.get("after", "")[:64],
        model=form.get("model", "")[:200],
        max_tokens=tokens if 1 <= tokens <= LARGEST_MAX_TOKENS else None,
    )


def _start(product: Product, asked: Asked, option: Option) -> tuple[str, Mapping[str, Any]] | None:
    """Where the same question is asked for less."""
    if option["kind"] not in ("max_tokens", "model"):
        return None
    fields = {
        "question": asked.text,
        "after": asked.after,
        "model": option.get("model", asked.model),
        "max_tokens": option.get("max_tokens", asked.max_tokens or ""),
    }
    return _address(product), fields


def _address(product: Product) -> str:
    return reverse("assistant:assistant", args=[product.pk])


def _back(request: HttpRequest, product: Product, *, warnings: Any = ()) -> HttpResponse:
    if is_part(request):
        return _render(request, product, warnings=warnings)
    for words in warnings:
        messages.warning(request, words)
    return redirect(f"{reverse('assistant:assistant', args=[product.pk])}#latest")


def _render(
    request: HttpRequest, product: Product, *, status: int = 200, **shown: Any
) -> HttpResponse:
    """The whole page, or the panel that htmx asked for."""
    html = _html(request, product, **shown)
    return HttpResponse(html, status=200 if is_part(request) else status)


def _html(request: HttpRequest, product: Product, **shown: Any) -> str:
    is_panel = is_part(request)
    context = {
        "nav_active": "products",
        "product": product,
        "panel": panel_of(user=request.user, product=product, **shown),
        "address": _address(product),
        "is_part": is_panel,
        "takes_focus": is_panel and request.method == "POST" and not shown.get("short"),
        "short_id": "chat-short",
        "short_target": "#chat",
    }
    name = "assistant/_assistant.html" if is_panel else "assistant/assistant.html"
    return render_to_string(name, context, request)
