"""Webhooks that do not work, whichever way they go: what the metrics and the alert say of them."""

from __future__ import annotations

from typing import Final, NamedTuple

from billing import deliveries
from notifications import outgoing_figures

STRIPE: Final = "stripe"  # what Stripe tells us
OUTGOING: Final = "outgoing"  # what we tell addresses of users
# Operation → where an operator sees which do not work.
PAGES: Final = {
    STRIPE: "/admin/billing/stripeevent/?state=unprocessed",
    OUTGOING: "/admin/notifications/webhooktarget/?state=failing",
}


class Webhooks(NamedTuple):
    """How those of one operation stand.

    ``due`` wait for their first or next attempt; ``failing`` have not worked for too long, those
    that were given up among them.
    """

    operation: str
    due: int = 0
    failing: int = 0
    given_up: int = 0


def standing() -> tuple[Webhooks, ...]:
    """Each operation by itself."""
    return (
        Webhooks(STRIPE, *deliveries.standing()),
        Webhooks(OUTGOING, *outgoing_figures.standing()),
    )
