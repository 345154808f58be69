"""Who takes the money: Stripe, the stand-in for it on a developer's machine, or nobody."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

STRIPE: Final = "https://api.stripe.com"
STRIPE_PAGES: Final = ("https://checkout.stripe.com", "https://billing.stripe.com")
STANDIN_PATH: Final = "/standin/stripe"
MODES: Final = ("stripe", "standin", "off", "refused")


@dataclass(frozen=True)
class Payments:
    """How money is taken; ``mode`` is one of MODES, ``why`` says why it is refused."""

    mode: str
    secret_key: str = ""
    api_base: str = STRIPE
    webhook_secret: str = ""
    why: str = ""

    @property
    def sells(self) -> bool:
        """Something can be bought here."""
        return self.mode in ("stripe", "standin")

    def pages(self, public_url: str) -> tuple[str, ...]:
        """Sites that forms may lead to beside the one that they stand on, as there is paid."""
        if self.mode == "standin":
            # One machine may have two names, and the way goes there and back.
            return self.api_base.removesuffix(STANDIN_PATH), public_url
        return STRIPE_PAGES if self.mode == "stripe" else ()


def payments(
    env: Env, *, is_relaxed: bool, bind: str, port: int, public_url: str, key: str
) -> Payments:
    """What the environment asks for. ``key`` is the SECRET_KEY. Raises ImproperlyConfigured.

    A stand-in that strangers could reach would give away what is sold, so that it is there only
    while developing, on this machine alone. Where nothing is to be sold, PAYMENTS=off says so.
    """
    wanted = env.str("PAYMENTS", default="")
    if wanted not in ("", "off"):
        raise ImproperlyConfigured('PAYMENTS is "off" or not set.')
    secret_key = env.str("STRIPE_SECRET_KEY", default="")
    if wanted == "off":
        return Payments("off")
    if secret_key:
        return Payments(
            "stripe",
            secret_key,
            env.str("STRIPE_API_BASE", default=STRIPE).rstrip("/"),
            env.str("STRIPE_WEBHOOK_SECRET", default=""),
        )
    if not (is_relaxed and _is_loopback(bind) and _is_loopback(_host_of(public_url))):
        return Payments(
            "refused",
            why="Set STRIPE_SECRET_KEY, or PAYMENTS=off where nothing is sold. Without a key "
            "payments are acted: that needs DEBUG, and BIND and PUBLIC_URL on this machine.",
        )
    digest = hashlib.sha256(f"stand-in for stripe: {key}".encode()).hexdigest()
    host = f"[{bind}]" if ":" in bind else bind
    return Payments(
        "standin",
        f"sk_test_standin{digest[:24]}",
        f"http://{host}:{port}{STANDIN_PATH}",
        f"whsec_{digest[24:56]}",
    )


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address((host or "").strip("[]")).is_loopback
    except ValueError:
        return False
