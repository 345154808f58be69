"""Calls about the account itself, webhook endpoints and events."""

from __future__ import annotations

import secrets
from typing import Final

from .calls import SPAN, listing, register
from .catalogue import only, update
from .shapes import clearable, either, flag, labels, listed, text, whole
from .store import API_VERSION, Book, Thing

ACCOUNT: Final = "acct_1StandInTechpack"
ENDPOINT: Final = {
    "description": clearable(text),
    "enabled_events": listed(text),
    "metadata": labels,
    "url": text,
}


@register.get("/v1/account")
def account(book: Book, given: Thing) -> Thing:
    """Whose account this is."""
    return {
        "id": ACCOUNT,
        "object": "account",
        "business_profile": {"name": "Techpack Studio", "support_email": None, "url": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "created": 1_700_000_000,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "owner@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "branding": {"icon": None, "logo": None, "primary_color": None},
            "dashboard": {"display_name": "Techpack Studio", "timezone": "Etc/UTC"},
        },
        "type": "standard",
    }


@register.get("/v1/accounts/{id}")
def account_named(book: Book, given: Thing, named: str) -> Thing:
    """The same by its id."""
    return account(book, given) if named == ACCOUNT else book.get("account", named)


@register.post(
    "/v1/webhook_endpoints",
    {**ENDPOINT, "api_version": text, "connect": flag},
    required=["url", "enabled_events"],
)
def create_endpoint(book: Book, given: Thing) -> Thing:
    """An address that is told of events; only this answer shows its secret."""
    secret = f"whsec_{secrets.token_hex(16)}"
    return {**add_endpoint(book, given, secret), "secret": secret}


def add_endpoint(book: Book, given: Thing, secret: str, named: str = "") -> Thing:
    """Write an endpoint down."""
    return book.add(
        "webhook_endpoint",
        {
            "api_version": given.get("api_version", API_VERSION),
            "application": None,
            "created": book.wall,
            "description": given.get("description"),
            "enabled_events": given["enabled_events"],
            "livemode": False,
            "metadata": given.get("metadata", {}),
            "status": "enabled",
            "url": given["url"],
            "_secret": secret,
        },
        named=named,
    )


@register.get("/v1/webhook_endpoints/{id}")
def endpoint(book: Book, given: Thing, named: str) -> Thing:
    """One endpoint."""
    return book.get("webhook_endpoint", named)


@register.post("/v1/webhook_endpoints/{id}", {**ENDPOINT, "disabled": flag})
def change_endpoint(book: Book, given: Thing, named: str) -> Thing:
    """Change an endpoint."""
    if "disabled" in given:
        given["status"] = "disabled" if given.pop("disabled") else "enabled"
    return update(book, book.get("webhook_endpoint", named), "", given)


@register.delete("/v1/webhook_endpoints/{id}")
def delete_endpoint(book: Book, given: Thing, named: str) -> Thing:
    """Forget an endpoint, and what is on its way to it."""
    book.remove(book.get("webhook_endpoint", named))
    book.rows.execute("DELETE FROM deliveries WHERE endpoint = ?", (named,))
    return {"id": named, "object": "webhook_endpoint", "deleted": True}


@register.list("/v1/webhook_endpoints")
def endpoints(book: Book, given: Thing) -> Thing:
    """Endpoints, the newest first."""
    return listing(book, "webhook_endpoint", given, "/v1/webhook_endpoints")


@register.get("/v1/events/{id}")
def event(book: Book, given: Thing, named: str) -> Thing:
    """One event, with the object as it was."""
    return book.get("event", named)


@register.list("/v1/events", {"type": text, "types": listed(text), "created": either(SPAN, whole)})
def events(book: Book, given: Thing) -> Thing:
    """Events, the newest first."""
    types = given.get("types")
    return listing(
        book,
        "event",
        given,
        "/v1/events",
        lambda one: types is None or one["type"] in types,
        **only(given, "type"),
    )
