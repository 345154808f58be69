"""Whether this process runs (``/healthz``), and whether it can work (``/readyz``)."""

from __future__ import annotations

from collections.abc import Callable

from celery import current_app
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from kombu.exceptions import OperationalError

BROKER_WITHIN_S = 2.0


@never_cache
def healthz(_: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(_: HttpRequest) -> JsonResponse:
    """Database, broker and storage, each ``ok`` or what is wrong; 503 when any is not ok."""
    checks: dict[str, Callable[[], None]] = {
        "database": _ask_database,
        "broker": _ask_broker,
        "storage": _ask_storage,
    }
    found = {name: _outcome(check) for name, check in checks.items()}
    is_ready = set(found.values()) == {"ok"}
    return JsonResponse(found, status=200 if is_ready else 503)


def _outcome(check: Callable[[], None]) -> str:
    try:
        check()
    except (DatabaseError, OperationalError, OSError) as error:
        return type(error).__name__
    return "ok"


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_broker() -> None:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_WITHIN_S, interval_start=0)


def _ask_storage() -> None:
    default_storage.exists("readyz")
