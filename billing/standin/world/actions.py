"""What people, banks and the time do: the buttons of the stand-in's pages.

Each is one transaction and returns the object as the API would show it. They raise Refused (a
declined card: Declined) where Stripe's pages would show a message.
"""

from __future__ import annotations

from typing import Any

from . import buying, changing, clocks, invoices, moneyback, sessions, subscriptions
from .cards import CARDS, attach, card_named, create_method, create_setup, decline, method_for
from .catalogue import update
from .errors import Declined, WrongState
from .store import Book, Store, Thing


class Actions:
    """The world's actions; every argument that ends in ``_id`` is an id of Stripe's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # On the page of a Checkout session

    def complete(self, session_id: str, *, card: str = "good", **holder: str) -> Thing:
        """Pay. ``card`` is a name of CARDS or a number; ``holder``: email, name, country,
        postal_code, tax_id. A session that is still open waits for ``finish_3ds``. A bank account
        leaves it complete and unpaid until ``settle_later``. Raises Declined.
        """
        with self._store.open() as book:
            session = buying.open_session(book, session_id)
            return book.shown(buying.pay(book, session, card, holder))

    def decline(self, session_id: str, *, card: str = "declined") -> str:
        """Try a card that is declined; the message that the page shows. Raises ValueError for one
        that is not.
        """
        if not CARDS[card].declines[0]:
            raise ValueError(f"The card {card} is not declined.")
        try:
            self.complete(session_id, card=card)
        except Declined as refusal:
            return str(refusal)
        raise AssertionError("A card that is declined has paid.")

    def promote(self, session_id: str, code: str) -> Thing:
        """Type a promotion code, "" for none."""
        with self._store.open() as book:
            session = buying.open_session(book, session_id)
            return book.shown(buying.apply_code(book, session, code))

    def finish_3ds(self, session_id: str) -> Thing:
        """Prove to the bank who one is: the payment goes through."""
        with self._store.open() as book:
            return book.shown(buying.prove(book, buying.open_session(book, session_id)))

    def fail_3ds(self, session_id: str) -> Thing:
        """Try to prove it in vain; another card may be tried."""
        with self._store.open() as book:
            return book.shown(buying.fail_proof(book, buying.open_session(book, session_id)))

    def abandon_3ds(self, session_id: str, *, card: str = "three_d_secure") -> Thing:
        """Pay with a card whose bank asks, and go away: the session stays open, unpaid."""
        return self.complete(session_id, card=card)

    def expire(self, session_id: str) -> Thing:
        """Let a day pass without paying."""
        with self._store.open() as book:
            found = book.get("checkout.session", session_id)
            return book.shown(buying.abandon(book, found))

    def settle_later(self, session_id: str, *, paid: bool) -> Thing:
        """The bank account was charged after days, or had not enough money."""
        with self._store.open() as book:
            session = book.get("checkout.session", session_id)
            return book.shown(buying.settle_later(book, session, paid=paid))

    # On the portal's pages

    def replace_card(self, customer_id: str, *, card: str = "good") -> Thing:
        """Keep another card as the usual one, and pay with it what is open. Raises Declined."""
        with self._store.open() as book:
            customer = book.get("customer", customer_id)
            method = create_method(book, card_named(card), customer=None)
            attach(book, method["id"], customer)
            create_setup(book, customer, method)
            settings = {**customer["invoice_settings"], "default_payment_method": method["id"]}
            update(book, customer, "customer.updated", {"invoice_settings": settings})
            for subscription in _running(book, customer_id):
                subscriptions.change(book, subscription, default_payment_method=method["id"])
            _collect_open(book, customer_id)
            return book.shown(method)

    def pay_invoice(self, invoice_id: str, *, card: str = "good") -> Thing:
        """Pay an open invoice on its page, by a card that is kept for it alone. Raises Declined."""
        with self._store.open() as book:
            found = book.get("invoice", invoice_id)
            if found["status"] != "open":
                raise WrongState(f"This invoice is {found['status']}.")
            customer = book.get("customer", found["customer"])
            method = create_method(book, card_named(card), customer)
            status = invoices.pay(book, found, method, present=True)
            if status == "requires_payment_method":
                raise decline(method["_card"])
            subscription = invoices.subscription_of(book, found)
            if status == "succeeded" and subscription:
                subscriptions.paid(book, subscription)
            return book.shown(found)

    def portal_session(self, session_id: str) -> Thing:
        """A session of the portal. Raises Refused where there is none."""
        with self._store.open() as book:
            return book.shown(book.get("billing_portal.session", session_id))

    def cancel_at_period_end(
        self, subscription_id: str, *, feedback: str | None = None, comment: str | None = None
    ) -> Thing:
        """Cancel for the end of the period, as the portal does it for such subscriptions:
        ``cancel_at`` says when, ``cancel_at_period_end`` stays false.
        """
        with self._store.open() as book:
            found = book.get("subscription", subscription_id)
            end = subscriptions.period_of(book, found)[1]
            details = {"comment": comment, "feedback": feedback}
            fields = {"cancel_at": end, "cancellation_details": details}
            changing.schedule_end(book, found, fields)
            return book.shown(subscriptions.change(book, found, **fields))

    def cancel_now(self, subscription_id: str) -> Thing:
        """End a subscription at once."""
        with self._store.open() as book:
            found = book.get("subscription", subscription_id)
            return book.shown(subscriptions.end(book, found, reason="cancellation_requested"))

    def resume(self, subscription_id: str) -> Thing:
        """Take a cancellation back."""
        with self._store.open() as book:
            found = book.get("subscription", subscription_id)
            if found["status"] in subscriptions.OVER or not found["cancel_at"]:
                raise WrongState("This subscription is not set to be canceled.")
            fields: Thing = {"cancel_at": None}
            changing.schedule_end(book, found, fields)
            return book.shown(subscriptions.change(book, found, **fields))

    def change_price(self, subscription_id: str, price_id: str) -> Thing:
        """Switch to another price now; what was paid for the rest of the period counts."""
        with self._store.open() as book:
            found = book.get("subscription", subscription_id)
            item = subscriptions.items_of(book, found)[0]
            wanted = [{"id": item["id"], "price": price_id}]
            changing.change_items(book, found, wanted, behavior="always_invoice", at=None)
            return book.shown(found)

    def preview_price(self, subscription_id: str, price_id: str) -> Thing:
        """The invoice that ``change_price`` would bring."""
        with self._store.open() as book:
            found = book.get("subscription", subscription_id)
            item = subscriptions.items_of(book, found)[0]
            wanted = [{"id": item["id"], "price": price_id}]
            return changing.preview(book, found, wanted, None)

    # Time

    def now(self, customer_id: str) -> int:
        """The time as the customer has it."""
        with self._store.open() as book:
            return book.now(book.get("customer", customer_id))

    def advance(self, named: str, to: int) -> Thing:
        """Move a test clock, or one customer's time, on to ``to`` (seconds of the epoch)."""
        with self._store.open() as book:
            found = book.find(named)
            if found and found["object"] == "test_helpers.test_clock":
                return book.shown(clocks.move_clock(book, found, to))
            customer = book.get("customer", named)
            if customer["test_clock"]:
                clock = book.get("test_helpers.test_clock", customer["test_clock"])
                return book.shown(clocks.move_clock(book, clock, to))
            clocks.move(book, customer, to)
            return book.shown(customer)

    def renew(self, subscription_id: str) -> Thing:
        """Move its customer's time on until the next period is paid, or is not."""
        with self._store.open() as book:
            found = book.get("subscription", subscription_id)
            end = subscriptions.period_of(book, found)[1]
            customer_id = found["customer"]
        self.advance(customer_id, end + invoices.DRAFT_S + 60)
        return self._subscription(subscription_id)

    def give_up(self, subscription_id: str) -> Thing:
        """Move time on through every retry, until nobody tries again."""
        with self._store.open() as book:
            customer_id = book.get("subscription", subscription_id)["customer"]
            to = book.now(customer_id) + sum(invoices.RETRIES_S) + 60
        self.advance(customer_id, to)
        return self._subscription(subscription_id)

    def fail_payments(self, customer_id: str, *, fails: bool = True) -> None:
        """From now on the cards on file fail, or work again."""
        with self._store.open() as book:
            for method in book.all("payment_method", customer=customer_id):
                book.change(method, _fails=fails)

    def recover(self, subscription_id: str) -> Thing:
        """The card works again and what is open is paid now."""
        with self._store.open() as book:
            found = book.get("subscription", subscription_id)
            for method in book.all("payment_method", customer=found["customer"]):
                book.change(method, _fails=False)
            customer = book.get("customer", found["customer"])
            _collect_open(book, found["customer"])
            method_now = method_for(book, customer, found)
            if found["status"] != "active" and method_now:
                raise decline(method_now["_card"])
            return book.shown(found)

    # Money back

    def refund(self, payment_intent_id: str, amount: int | None = None) -> Thing:
        """Give a payment back, whole or so many cents."""
        with self._store.open() as book:
            return book.shown(moneyback.refund(book, _charge(book, payment_intent_id), amount))

    def dispute(self, payment_intent_id: str, amount: int | None = None) -> Thing:
        """The holder asks their bank for the money back."""
        with self._store.open() as book:
            charge = _charge(book, payment_intent_id)
            return book.shown(moneyback.dispute(book, charge, amount, "fraudulent"))

    def decide(self, dispute_id: str, *, won: bool) -> Thing:
        """The bank decides; ``won`` by the seller."""
        with self._store.open() as book:
            found = book.get("dispute", dispute_id)
            return book.shown(moneyback.decide(book, found, won=won))

    # What is there

    def read(self, named: str) -> Thing:
        """An object as the API shows it. Raises Refused where there is none."""
        with self._store.open() as book:
            return book.shown(book.find(named) or book.get("object", named))

    def listed(self, kind: str, **fields: Any) -> list[Thing]:
        """Objects of a kind with such fields, the newest first."""
        with self._store.open() as book:
            return [book.shown(thing) for thing in book.all(kind, **fields)][::-1]

    def cart(self, session_id: str) -> list[Thing]:
        """The line items of a session."""
        with self._store.open() as book:
            session = book.get("checkout.session", session_id)
            found: list[Thing] = sessions.items_shown(book, session)["data"]
            return found

    def intent_of(self, session_id: str) -> str:
        """The id of the payment intent that was begun for a session; "" for none."""
        with self._store.open() as book:
            return str(book.get("checkout.session", session_id).get("_intent", ""))

    def _subscription(self, subscription_id: str) -> Thing:
        with self._store.open() as book:
            return book.shown(book.get("subscription", subscription_id))


def _running(book: Book, customer_id: str) -> list[Thing]:
    return [
        one
        for one in book.all("subscription", customer=customer_id)
        if one["status"] not in subscriptions.OVER
    ]


def _collect_open(book: Book, customer_id: str) -> None:
    """Ask again for what is still asked for."""
    for invoice in book.all("invoice", customer=customer_id, status="open"):
        if invoice["next_payment_attempt"]:
            subscriptions.collect(book, invoice)


def _charge(book: Book, named: str) -> Thing:
    """The charge of this id, of an intent, or of what an invoice was paid by."""
    found = book.find(named)
    if found and found["object"] == "invoice":
        found = invoices.intent_of(book, found)
    if found and found["object"] == "payment_intent":
        return book.get("charge", found["latest_charge"] or "")
    return book.get("charge", named)
