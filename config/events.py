"""Where events go beside this installation."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

SCHEMES: Final = ("amqp", "amqps")
WANTED: Final = "EVENTS_URL has to be an address of a RabbitMQ: amqp://user:password@host:5672/"


def events_url(env: Env) -> str:
    """The RabbitMQ that events go to; "" where there is none.

    Raises ImproperlyConfigured for what is no such address, without repeating it: there may be a
    password in it.
    """
    given = env.str("EVENTS_URL", default="")
    try:
        parts = urlsplit(given)
        is_right = parts.scheme in SCHEMES and parts.hostname and parts.port != 0
    except ValueError:
        is_right = False
    if given and not is_right:
        raise ImproperlyConfigured(WANTED)
    return given
