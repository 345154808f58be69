"""Time that moves on: what falls due meanwhile happens, each at its own moment and in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeAlias

from . import buying, sessions, subscriptions
from .calls import listing, register
from .errors import WrongState
from .shapes import clearable, positive, text
from .store import Book, Store, Thing

Due: TypeAlias = tuple[int, int, Callable[[], object]]  # when, what goes first, what happens

DAY_S: Final = 86_400
FORETOLD_S: Final = 7 * DAY_S
KEPT_S: Final = 30 * DAY_S
# Stripe moves a clock by at most two intervals of the shortest subscription.
MOST_S: Final = 2 * 366 * DAY_S
MOST_STEPS: Final = 10_000


def move(book: Book, customer: Thing, to: int) -> None:
    """Let a customer's time go on until ``to``. Raises WrongState for the past."""
    if to < book.now(customer):
        raise WrongState("Time only moves forward.")
    for _ in range(MOST_STEPS):
        due = sorted(_due(book, customer, to), key=lambda one: one[:2])
        if not due:
            break
        at, _, happen = due[0]
        _set(book, customer, max(at, book.now(customer)))
        happen()
    _set(book, customer, max(to, book.now(customer)))


def move_clock(book: Book, clock: Thing, to: int) -> Thing:
    """Let a test clock go on, and its customers with it."""
    book.change(clock, status="advancing", status_details={"advancing": {"target_frozen_time": to}})
    book.emit("test_helpers.test_clock.advancing", clock)
    customers = book.all("customer", test_clock=clock["id"])
    while True:
        due = sorted(
            (one for customer in customers for one in _due(book, customer, to)),
            key=lambda one: one[:2],
        )
        if not due:
            break
        at, _, happen = due[0]
        book.change(clock, frozen_time=max(at, clock["frozen_time"]))
        happen()
    book.change(clock, frozen_time=to, status="ready", status_details={})
    book.emit("test_helpers.test_clock.ready", clock)
    return clock


def tick(store: Store) -> None:
    """Let the present happen: what fell due for customers without a test clock."""
    with store.open() as book:
        for session in sessions.due_sessions(book):
            buying.abandon(book, session)
        for customer in book.all("customer", test_clock=None, deleted=None):
            if _due_now(book, customer):
                move(book, customer, book.now(customer))


def _due_now(book: Book, customer: Thing) -> bool:
    return any(True for _ in _due(book, customer, book.now(customer)))


def _set(book: Book, customer: Thing, at: int) -> None:
    if customer["test_clock"]:
        clock = book.get("test_helpers.test_clock", customer["test_clock"])
        book.change(clock, frozen_time=at)
    else:
        book.change(customer, _ahead=at - book.wall)


def _due(book: Book, customer: Thing, to: int) -> Iterator[Due]:
    """What falls due for a customer until then."""
    for session in book.all("checkout.session", customer=customer["id"], status="open"):
        if session["expires_at"] <= to:
            yield session["expires_at"], 0, partial(buying.abandon, book, session)
    for subscription in book.all("subscription", customer=customer["id"]):
        if subscription["status"] not in subscriptions.OVER:
            yield from _due_of(book, subscription, to)
    for invoice in book.all("invoice", customer=customer["id"]):
        at = {
            "draft": invoice["automatically_finalizes_at"],
            "open": invoice["next_payment_attempt"],
        }.get(invoice["status"])
        if at is not None and at <= to:
            yield at, 2, partial(subscriptions.collect, book, invoice)


def _due_of(book: Book, subscription: Thing, to: int) -> Iterator[Due]:
    if subscription["status"] == "incomplete":
        at = subscription["created"] + subscriptions.INCOMPLETE_S
        if at <= to:
            yield at, 1, partial(subscriptions.lapse, book, subscription)
        return
    end = subscriptions.period_of(book, subscription)[1]
    at = subscription["cancel_at"]
    if at is not None and at <= min(to, end):
        yield at, 1, partial(subscriptions.end, book, subscription, reason=None)
    elif end <= to:
        yield end, 1, partial(subscriptions.take_period, book, subscription)
    foretold = end - FORETOLD_S
    if at is None and not subscription.get("_foretold") and foretold <= to:
        yield foretold, 3, partial(subscriptions.foretell, book, subscription)


@register.post(
    "/v1/test_helpers/test_clocks",
    {"frozen_time": positive, "name": clearable(text)},
    required=["frozen_time"],
)
def create_clock(book: Book, given: Thing) -> Thing:
    """A time that stands still until it is moved."""
    clock = book.add(
        "test_helpers.test_clock",
        {
            "created": book.wall,
            "deletes_after": book.wall + KEPT_S,
            "frozen_time": given["frozen_time"],
            "livemode": False,
            "name": given.get("name"),
            "status": "ready",
            "status_details": {},
        },
    )
    book.emit("test_helpers.test_clock.created", clock)
    return clock


@register.post(
    "/v1/test_helpers/test_clocks/{id}/advance",
    {"frozen_time": positive},
    required=["frozen_time"],
)
def advance_clock(book: Book, given: Thing, named: str) -> Thing:
    """Move a clock on."""
    clock = book.get("test_helpers.test_clock", named)
    to = given["frozen_time"]
    if to <= clock["frozen_time"]:
        raise WrongState("A test clock can only move forward.", param="frozen_time")
    if to > clock["frozen_time"] + MOST_S:
        raise WrongState("A test clock moves by two years at most.", param="frozen_time")
    return move_clock(book, clock, to)


@register.get("/v1/test_helpers/test_clocks/{id}")
def clock_of(book: Book, given: Thing, named: str) -> Thing:
    """One clock."""
    return book.get("test_helpers.test_clock", named)


@register.list("/v1/test_helpers/test_clocks")
def clocks(book: Book, given: Thing) -> Thing:
    """Clocks, the newest first."""
    kind = "test_helpers.test_clock"
    return listing(book, kind, given, "/v1/test_helpers/test_clocks")


@register.delete("/v1/test_helpers/test_clocks/{id}")
def delete_clock(book: Book, given: Thing, named: str) -> Thing:
    """Forget a clock with its customers."""
    clock = book.get("test_helpers.test_clock", named)
    for customer in book.all("customer", test_clock=named):
        book.put({"id": customer["id"], "object": "customer", "deleted": True})
    book.remove(clock)
    book.emit("test_helpers.test_clock.deleted", clock)
    return {"id": named, "object": "test_helpers.test_clock", "deleted": True}
