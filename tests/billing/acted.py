"""A stand-in that our own pages show, filled without the product: what tests of the pages share."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from billing.standin import here
from billing.standin.world import respond

Thing = dict[str, Any]


def call(path: str, **fields: str) -> Thing:
    """Post to the stand-in's API; what it answers."""
    world = here.world()
    answer = respond(
        world,
        method="POST",
        path=f"/v1/{path}",
        headers={"Authorization": f"Bearer {world.secret_key}"},
        body=urlencode(fields).encode(),
    )
    assert answer.status == 200, answer.body
    found: Thing = json.loads(answer.body)
    return found


def customer_named(email: str = "buyer@studio.example") -> str:
    """A new customer's id."""
    return str(call("customers", email=email)["id"])


RETURN = "http://localhost:8000/billing/return?session_id={CHECKOUT_SESSION_ID}"


def session_for(customer: str, price: str = "price_pro_month", to: str = RETURN) -> str:
    """An open checkout of one price, as the product begins it; who has paid is led ``to``."""
    mode = "subscription" if "pro" in price else "payment"
    fields = {
        "customer": customer,
        "mode": mode,
        "line_items[0][price]": price,
        "line_items[0][quantity]": "1",
        "allow_promotion_codes": "true",
        "tax_id_collection[enabled]": "true",
        "customer_update[name]": "auto",
        "customer_update[address]": "auto",
        "success_url": to,
        "cancel_url": "http://localhost:8000/billing/canceled/1",
    }
    if mode == "payment":
        fields["invoice_creation[enabled]"] = "true"
    return str(call("checkout/sessions", **fields)["id"])


def subscribed(customer: str, price: str = "price_pro_month", card: str = "good") -> str:
    """The id of a paid subscription."""
    done = here.world().actions.complete(session_for(customer, price), card=card)
    return str(done["subscription"])


def portal_for(customer: str, **flow: str) -> str:
    """The path of a portal session; ``flow`` are the form's fields below ``flow_data``."""
    fields = {"customer": customer, "return_url": "http://localhost:8000/billing", **flow}
    return f"/standin/stripe/portal/{call('billing_portal/sessions', **fields)['id']}"
