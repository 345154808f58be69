"""What has to be there at Stripe before anything can be sold, found or made by ``stripe_setup``.

Nothing that is there is made again, and what somebody set up by hand is left as it is: where it
differs from what the product says, that is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import stripe
from django.conf import settings

from billing import plans, receivers, webhooks
from billing.gateway import client

MARK: Final = "techpack_studio"  # in metadata: what was made here
PRODUCTS: Final = {"plan": "techpack_pro", "topup": "techpack_credits"}
CURRENCY: Final = "usd"
SOFTWARE: Final = "txcd_10103001"  # Stripe's tax code of software as a service, for business
ADDED: Final = "exclusive"  # tax comes on top, where Stripe computes it
MOST: Final = 100
# Stripe leaves these out of a configuration unless they are asked for.
SWITCHED_TO: Final = "features.subscription_update.products"


@dataclass
class Report:
    """What ``set_up`` found: a line for each part, warnings, and lines for the environment."""

    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def say(self, word: str, what: str, stripe_id: str = "") -> None:
        """``word`` is found, made, changed, or what a dry run would do."""
        self.lines.append(f"{word:<12} {what} {stripe_id}".rstrip())


def set_up(*, is_dry: bool) -> Report:
    """Find or make products, prices, the portal's configuration and the webhook endpoint.

    ``is_dry``: look only. Raises ProviderUnavailable where nothing is sold, StripeError.
    """
    setup = _Setup(Report(), is_dry)
    products = {kind: setup.product(kind) for kind in PRODUCTS}
    prices = [setup.price(one, products) for one in plans.everything_sold().values()]
    setup.portal([price for price in prices if price is not None and price.recurring])
    setup.endpoint()
    return setup.report


@dataclass
class _Setup:
    report: Report
    is_dry: bool

    def product(self, kind: str) -> str:
        """The product's id, which is ours to choose."""
        wanted = PRODUCTS[kind]
        sold = settings.PLANS[plans.PRO]["name"] if kind == "plan" else "credits"
        name = f"Techpack Studio {sold}"
        if (product := _found(lambda: client().v1.products.retrieve(wanted))) is not None:
            self.report.say("found", f"product {name}", wanted)
            if not product.active:
                self.report.warnings.append(
                    f"{wanted} is archived, so that nobody can buy it: unarchive it in Stripe's "
                    "dashboard."
                )
            return wanted
        params: Any = {"id": wanted, "name": name, "metadata": {"made_by": MARK}}
        if settings.STRIPE_TAX:
            params["tax_code"] = SOFTWARE
        if not self.is_dry:
            client().v1.products.create(params=params)
        self.report.say(self._made, f"product {name}", wanted)
        return wanted

    def price(self, one: plans.Sold, products: Mapping[str, str]) -> stripe.Price | None:
        """The price, which the environment then names; None where a dry run found none."""
        price, made = _price_at_stripe(one), "found"
        if price is not None:
            self._compare(one, price)
        else:
            made = self._made
            if not self.is_dry:
                price = client().v1.prices.create(params=_price_params(one, products))
        self.report.say(made, f"price {one.title}, {one.usd} USD", price.id if price else "")
        if price is not None:
            self.report.environment[f"STRIPE_PRICE_{one.name.upper()}"] = price.id
        return price

    def _compare(self, one: plans.Sold, price: stripe.Price) -> None:
        if _plain(price)["metadata"].get("sold") != one.name:
            self.report.warnings.append(
                f"{price.id} ({one.title}) does not say what it is for. Set its metadata to "
                f"sold = {one.name} in Stripe's dashboard: otherwise who pays it loses the plan "
                "once another price takes its place."
            )
        if settings.STRIPE_TAX and price.tax_behavior != ADDED:
            self.report.warnings.append(
                f"{price.id} ({one.title}) does not say that tax is added to it: set that in "
                "Stripe's dashboard, or nobody may be able to buy it."
            )
        interval = price.recurring.interval if price.recurring else ""
        found = (price.unit_amount, price.currency, interval)
        if found != (one.usd * 100, CURRENCY, one.interval):
            self.report.warnings.append(
                f"{price.id} ({one.title}) does not cost what the product says, {one.usd} USD. To "
                "replace it, archive it in Stripe's dashboard, take it out of the environment and "
                "run this again; who subscribed keeps the old price."
            )

    def portal(self, prices: Sequence[stripe.Price]) -> None:
        """The configuration of the customer portal that has our mark; ``prices``: of the plan."""
        features = _portal_features(prices)
        listed = client().v1.billing_portal.configurations.list(
            params={"active": True, "limit": MOST, "expand": [f"data.{SWITCHED_TO}"]}
        )
        ours = [one for one in listed.auto_paging_iter() if _is_marked(one)]
        if not ours:
            made = self._make_portal(features)
            self.report.say(self._made, "portal configuration", made)
            if made:
                self.report.environment["STRIPE_PORTAL"] = made
            return
        word = "found"
        if not _holds(_plain(ours[0])["features"], features):
            word = "would change" if self.is_dry else "changed"
            if not self.is_dry:
                client().v1.billing_portal.configurations.update(
                    ours[0].id, params={"features": features}
                )
        self.report.say(word, "portal configuration", ours[0].id)
        self.report.environment["STRIPE_PORTAL"] = ours[0].id

    def _make_portal(self, features: Any) -> str:
        if self.is_dry:
            return ""
        made = client().v1.billing_portal.configurations.create(
            params={
                "features": features,
                "default_return_url": settings.PUBLIC_URL,
                "metadata": {"made_by": MARK},
            }
        )
        return made.id

    def endpoint(self) -> None:
        """Where Stripe delivers; its secret is told by Stripe once, as it is made."""
        url = webhooks.endpoint_url()
        types: Any = sorted(receivers.EVERY_TYPE)
        listed = client().v1.webhook_endpoints.list(params={"limit": MOST})
        there = next((one for one in listed.auto_paging_iter() if one.url == url), None)
        if there is None:
            self._make_endpoint(url, types)
            return
        word, told = "found", set(there.enabled_events)
        if "*" not in told and not told.issuperset(types):
            word = "would change" if self.is_dry else "changed"
            if not self.is_dry:
                more: Any = {"enabled_events": sorted(told.union(types))}
                client().v1.webhook_endpoints.update(there.id, params=more)
        self.report.say(word, f"webhook endpoint {url}", there.id)
        if there.status != "enabled":
            self.report.warnings.append(f"{there.id} is disabled: enable it in the dashboard.")
        if not settings.PAYMENTS.webhook_secret:
            self.report.warnings.append(
                "STRIPE_WEBHOOK_SECRET is not set. Stripe told the endpoint's secret as it was "
                "made; the dashboard shows it under Webhooks."
            )

    def _make_endpoint(self, url: str, types: Any) -> None:
        if self.is_dry:
            self.report.say(self._made, f"webhook endpoint {url}")
            return
        version: Any = stripe.api_version
        try:
            made = client().v1.webhook_endpoints.create(
                params={
                    "url": url,
                    "enabled_events": types,
                    "api_version": version,
                    "metadata": {"made_by": MARK},
                }
            )
        except stripe.InvalidRequestError as error:
            # Stripe takes no address that it cannot reach, such as one of this machine.
            self.report.warnings.append(
                f"Stripe does not take {url}: {error.user_message or error.code}. While "
                f"developing, `stripe listen --forward-to {url}` delivers there, with its secret."
            )
            return
        self.report.say(self._made, f"webhook endpoint {url}", made.id)
        if made.secret:
            self.report.environment["STRIPE_WEBHOOK_SECRET"] = made.secret

    @property
    def _made(self) -> str:
        return "would make" if self.is_dry else "made"


def _found(ask: Any) -> Any:
    """What Stripe answers; None for what it does not have."""
    try:
        return ask()
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            return None
        raise


def _price_at_stripe(one: plans.Sold) -> stripe.Price | None:
    """The one that the environment names, else the active one of our lookup key."""
    named: stripe.Price | None = _found(lambda: client().v1.prices.retrieve(one.price_id))
    if named is not None and named.active:
        return named
    keys = {"lookup_keys": [_lookup_key(one)], "active": True}
    listed = client().v1.prices.list(params=keys)  # type: ignore[arg-type]
    return listed.data[0] if listed.data else None


def _lookup_key(one: plans.Sold) -> str:
    return f"techpack_{one.name}"


def _price_params(one: plans.Sold, products: Mapping[str, str]) -> Any:
    params: dict[str, Any] = {
        "product": products["plan" if one.plan else "topup"],
        "unit_amount": one.usd * 100,
        "currency": CURRENCY,
        "nickname": one.title,
        "lookup_key": _lookup_key(one),
        "transfer_lookup_key": True,  # from one that was archived
        "metadata": {"made_by": MARK, "sold": one.name},
        "tax_behavior": ADDED,
    }
    if one.interval:
        params["recurring"] = {"interval": one.interval}
    return params


def _portal_features(prices: Sequence[stripe.Price]) -> Any:
    by_product: dict[str, list[str]] = {}
    for price in prices:
        product = price.product if isinstance(price.product, str) else price.product.id
        by_product.setdefault(product, []).append(price.id)
    switching: dict[str, Any] = {
        "enabled": True,
        "default_allowed_updates": ["price"],
        "proration_behavior": "always_invoice",
        "products": [{"product": one, "prices": ids} for one, ids in by_product.items()],
    }
    return {
        "customer_update": {"enabled": True, "allowed_updates": ["address", "name", "tax_id"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        "subscription_update": switching,
    }


def _is_marked(one: Any) -> bool:
    return (_plain(one).get("metadata") or {}).get("made_by") == MARK


def _plain(one: stripe.StripeObject) -> dict[str, Any]:
    return one.to_dict()


def _holds(there: Any, wanted: Any) -> bool:
    """Whether everything wanted is there; lists count as sets."""
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(
            _holds(there.get(name), value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        given = there or []
        return len(given) == len(wanted) and all(
            any(_holds(one, value) for one in given) for value in wanted
        )
    return bool(there == wanted)
