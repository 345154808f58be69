"""Where the stand-in is: its world on this machine, and who may see it."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from billing.plans import everything_sold
from billing.standin.world import ForSale, Refused, World, respond

View = Callable[..., HttpResponse]
Thing = dict[str, Any]
PASSED_ON: Final = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")  # by a proxy, for somebody else
FILE: Final = Path("standin") / "stripe.sqlite3"


def world() -> World:
    """The world of this installation, made with what is sold where there is none yet."""
    path, secret_key = settings.DATA_DIR / FILE, settings.PAYMENTS.secret_key
    return _world(path, settings.PUBLIC_URL + home(), secret_key)


def home() -> str:
    """The path below which the stand-in is, without a slash at the end."""
    return reverse("standin:switchboard").rstrip("/")


@lru_cache(maxsize=4)
def _world(path: Path, base: str, secret_key: str) -> World:
    opened = World(path, base=base, secret_key=secret_key)
    opened.seed(
        [
            ForSale(one.price_id, one.title, one.usd * 100, one.interval)
            for one in everything_sold().values()
        ]
    )
    return opened


def read(named: str, kind: str) -> Thing:
    """An object of the world as the API shows it. Raises Http404 where there is none."""
    try:
        found: Thing = world().actions.read(named)
    except Refused:
        raise Http404 from None
    if found["object"] != kind:
        raise Http404
    return found


def ask(path: str, **fields: str) -> None:
    """Post something to the stand-in's API. Raises Refused."""
    answer = respond(
        world(),
        method="POST",
        path=f"/v1/{path}",
        headers={"Authorization": f"Bearer {settings.PAYMENTS.secret_key}"},
        body=urlencode(fields).encode(),
    )
    if answer.status >= 400:
        raise Refused(answer.status, json.loads(answer.body)["error"]["message"])


def only_here(view: View) -> View:
    """The view, where payments are acted and somebody at this machine asks; 404 for all others.

    The name by which we are asked counts too: a site of somebody else's that leads its name to
    this machine would otherwise have our pages.
    """

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if settings.PAYMENTS.mode != "standin" or not _comes_from_here(request):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _comes_from_here(request: HttpRequest) -> bool:
    if set(PASSED_ON) & set(request.headers):
        return False
    asked = urlsplit(f"//{request.get_host()}").hostname or ""
    return _is_here(request.META.get("REMOTE_ADDR", "")) and _is_here(asked)


def _is_here(host: str) -> bool:
    if host in ("localhost", "testserver"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
