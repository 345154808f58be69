"""The contract leaves out no call of the product."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import billing

ROOM = Path(billing.__file__).parent
# Every call of the product, and where its answer is looked at.
CALLS = {
    "billing_portal.configurations.create": "tests/billing/test_setup.py",
    "billing_portal.configurations.list": "tests/billing/test_setup.py",
    "billing_portal.configurations.update": "tests/billing/test_setup.py",
    "billing_portal.sessions.create": "test_checkouts.py",
    "charges.retrieve": "test_money_back.py",
    "checkout.sessions.create": "test_checkouts.py",
    "checkout.sessions.expire": "test_checkouts.py",
    "checkout.sessions.list": "test_checkouts.py",
    "checkout.sessions.retrieve": "test_checkouts.py",
    "customers.create": "test_checkouts.py",
    "customers.delete": "test_checkouts.py",
    "disputes.list": "test_money_back.py",
    "disputes.retrieve": "test_money_back.py",
    "invoice_payments.list": "test_plans.py",
    "invoices.list": "test_plans.py",
    "invoices.retrieve": "test_plans.py",
    "payment_intents.list": "test_money_back.py",
    "payment_intents.retrieve": "test_money_back.py",
    "prices.create": "tests/billing/test_setup.py",
    "prices.list": "tests/billing/test_setup.py",
    "prices.retrieve": "test_plans.py",
    "products.create": "tests/billing/test_setup.py",
    "products.retrieve": "tests/billing/test_setup.py",
    "refunds.create": "test_money_back.py",
    "refunds.list": "test_money_back.py",
    "subscriptions.cancel": "test_plans.py",
    "subscriptions.list": "test_plans.py",
    "subscriptions.retrieve": "test_plans.py",
    "webhook_endpoints.create": "tests/billing/test_setup.py",
    "webhook_endpoints.list": "tests/billing/test_setup.py",
    "webhook_endpoints.update": "tests/billing/test_setup.py",
}


def calls_in(source: str) -> Iterator[str]:
    """``client().v1.a.b`` as ``a.b``, whether it is called there or handed on to be called."""
    named = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)]
    inner = {id(node.value) for node in named}
    for node in named:
        words = ast.unparse(node)
        is_whole = id(node) not in inner and "(" not in words.removeprefix("client()")
        if is_whole and words.startswith("client().v1."):
            yield words.removeprefix("client().v1.")


def test_every_call_of_the_product_is_looked_at() -> None:
    files = [path for path in ROOM.rglob("*.py") if "standin" not in path.parts]
    made = {call for path in files for call in calls_in(path.read_text())}
    assert made == set(CALLS)
    here = Path(__file__).parent
    for place in CALLS.values():
        assert (here / place).exists() or (here.parents[2] / place).exists()


def test_no_call_goes_another_way() -> None:
    verbs = {"create", "retrieve", "list", "modify", "cancel", "expire", "delete"}
    for path in ROOM.rglob("*.py"):
        if "standin" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in verbs:
                assert not ast.unparse(node).startswith("stripe."), (path, ast.unparse(node))
