"""The ASGI entry."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from core.bodies import BodyLimit

if settings.PAYMENTS.mode == "refused":
    raise SystemExit(settings.PAYMENTS.why)

application = BodyLimit(get_asgi_application())
