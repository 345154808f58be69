"""Ids as Stripe makes them: what they are of, and letters that nobody guesses."""

from __future__ import annotations

import secrets
import string
from typing import Final

LETTERS: Final = string.ascii_letters + string.digits

PREFIXES: Final = {
    "account": "acct_",
    "balance_transaction": "txn_",
    "billing_portal.configuration": "bpc_",
    "billing_portal.session": "bps_",
    "charge": "ch_",
    "checkout.session": "cs_test_",
    "coupon": "",
    "customer": "cus_",
    "discount": "di_",
    "dispute": "du_",
    "entitlements.feature": "feat_",
    "event": "evt_",
    "invoice": "in_",
    "invoice_payment": "inpay_",
    "invoiceitem": "ii_",
    "item": "li_",
    "line_item": "il_",
    "payment_intent": "pi_",
    "payment_method": "pm_",
    "price": "price_",
    "product": "prod_",
    "product_feature": "prodft_",
    "promotion_code": "promo_",
    "refund": "re_",
    "setup_intent": "seti_",
    "subscription": "sub_",
    "subscription_item": "si_",
    "tax_id": "txi_",
    "tax_rate": "txr_",
    "test_helpers.test_clock": "clock_",
    "webhook_endpoint": "we_",
}
LONG: Final = {"checkout.session": 58}


def letters(how_many: int) -> str:
    """That many letters and digits."""
    return "".join(secrets.choice(LETTERS) for _ in range(how_many))


def new_id(kind: str) -> str:
    """A new id for an object of this kind."""
    return PREFIXES[kind] + letters(LONG.get(kind, 24))
