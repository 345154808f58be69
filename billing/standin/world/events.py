"""What happened, written once as Stripe's events, with the object as it was then."""

from __future__ import annotations

from . import deliveries
from .showing import shown
from .store import API_VERSION, Book, Thing


def write(book: Book, kind: str, thing: Thing, before: Thing | None) -> Thing:
    """An event of this type, queued for every endpoint that wants it."""
    content: Thing = {"object": shown(book, thing)}
    if before is not None:
        content["previous_attributes"] = difference(
            {key: value for key, value in before.items() if not key.startswith("_")},
            content["object"],
        )
    wanting = deliveries.wanting(book, kind)
    event = book.add(
        "event",
        {
            "account": None,
            "api_version": API_VERSION,
            "context": None,
            "created": book.wall,
            "data": content,
            "livemode": False,
            "pending_webhooks": len(wanting),
            "request": {
                "id": book.asked.request_id,
                "idempotency_key": book.asked.idempotency_key,
            },
            "type": kind,
        },
    )
    for endpoint in wanting:
        deliveries.queue(book, event, endpoint)
    return event


def difference(before: Thing, after: Thing) -> Thing:
    """The former values of what changed, within objects too."""
    former: Thing = {}
    for key in before:
        old, new = before[key], after.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            former[key] = difference(old, new)
        else:
            former[key] = old
    return former | {key: None for key in after if key not in before}
