"""Where a request comes from, for counting attempts."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104 - a stand-in where the server listens on a Unix socket


def client_address(request: HttpRequest) -> str:
    """The client's IP address, canonical.

    `X-Forwarded-For` counts only as far as settings.TRUSTED_PROXIES (addresses or
    networks) vouch for it: read from the right, the first hop that is not ours.
    """
    address = _canonical(request.META.get("REMOTE_ADDR", "")) or UNKNOWN
    proxies = [ip_network(proxy, strict=False) for proxy in settings.TRUSTED_PROXIES]
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    while hops and _is_within(address, proxies):
        hop = _canonical(hops.pop())
        if hop is None:
            break
        address = hop
    return address


def attempted_email(request: HttpRequest, credentials: dict[str, object] | None = None) -> str:
    """The account that a sign-in attempt is for, in lower case; "" when it names none."""
    given = credentials or {}
    email = given.get("email") or given.get("username") or ""
    return str(email).strip().lower()


def _canonical(text: str) -> str | None:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None


def _is_within(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(ip_address(address) in network for network in networks)
