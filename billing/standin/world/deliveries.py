"""Events on their way to webhook endpoints: signed, claimed, tried again, and lost on demand."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

from .store import Book, Store, Thing

Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], int]

# After each failed attempt the next waits this long, in seconds.
WAITS_S: Final = (5, 60, 600, 3_600, 10_800, 21_600, 43_200, 86_400)
CLAIM_S: Final = 60
MODES: Final = ("once", "twice", "lost", "reordered")


@dataclass(frozen=True)
class Switches:
    """How events travel: ``mode`` is one of MODES, ``late_s`` delays each by so many seconds."""

    mode: str = "once"
    late_s: int = 0


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one endpoint; ``due_at`` in seconds of the epoch.

    ``state``: waiting, delivered, lost, given_up. ``status`` is the last answer's, 0 for none.
    """

    number: int
    event: str
    type: str
    url: str
    due_at: float
    attempts: int
    state: str
    status: int | None
    told: str


def wanting(book: Book, kind: str) -> list[Thing]:
    """The endpoints that are told of such events."""
    return [
        endpoint
        for endpoint in book.all("webhook_endpoint", status="enabled")
        if {"*", kind} & set(endpoint["enabled_events"])
    ]


def queue(book: Book, event: Thing, endpoint: Thing) -> None:
    """Put an event on its way, as the switches say."""
    switches = _switches(book)
    state = "lost" if switches.mode == "lost" else "waiting"
    for _ in range(2 if switches.mode == "twice" else 1):
        book.rows.execute(
            "INSERT INTO deliveries (event, endpoint, due_at, state) VALUES (?, ?, ?, ?)",
            (event["id"], endpoint["id"], time.time() + switches.late_s, state),
        )


def signature(secret: str, body: bytes, at: int) -> str:
    """Stripe's header: a time and the HMAC-SHA256 of it and the body under the secret."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


class Deliveries:
    """What is on its way, and the switches."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def switches(self) -> Switches:
        """How events travel now."""
        with self._store.open() as book:
            return _switches(book)

    def switch(self, *, mode: str = "once", late_s: int = 0) -> None:
        """Say how the events travel that are written from now on. Raises ValueError."""
        if mode not in MODES or late_s < 0:
            raise ValueError(f"mode is one of {', '.join(MODES)}; late_s is not negative.")
        with self._store.open() as book:
            book.rows.execute(
                "INSERT INTO switches (name, value) VALUES ('deliveries', ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (json.dumps(asdict(Switches(mode, late_s))),),
            )

    def listed(self, *, limit: int = 100) -> list[Delivery]:
        """The newest deliveries first."""
        with self._store.open() as book:
            found = book.rows.execute(
                "SELECT d.number, d.event, json_extract(e.body, '$.type'),"
                " json_extract(w.body, '$.url'), d.due_at, d.attempts, d.state, d.status, d.told"
                " FROM deliveries d JOIN things e ON e.id = d.event"
                " JOIN things w ON w.id = d.endpoint ORDER BY d.number DESC LIMIT ?",
                (limit,),
            )
            return [Delivery(*row) for row in found.fetchall()]

    def send_again(self, number: int) -> None:
        """Send a delivery once more, whatever became of it."""
        with self._store.open() as book:
            book.rows.execute(
                "UPDATE deliveries SET state = 'waiting', due_at = ?, claimed_until = 0"
                " WHERE number = ?",
                (time.time(), number),
            )

    def hurry(self) -> int:
        """Make everything that waits due now; how many were late."""
        with self._store.open() as book:
            return book.rows.execute(
                "UPDATE deliveries SET due_at = ? WHERE state = 'waiting' AND due_at > ?",
                (time.time(), time.time()),
            ).rowcount

    def claim(self) -> tuple[int, str, dict[str, str], bytes] | None:
        """The next due delivery, which nobody else sends meanwhile: number, url, headers, body."""
        with self._store.open() as book:
            order = "random()" if _switches(book).mode == "reordered" else "due_at, number"
            row = book.rows.execute(  # the order is one of two of our own
                "UPDATE deliveries SET claimed_until = ?, attempts = attempts + 1 WHERE number ="  # noqa: S608
                " (SELECT number FROM deliveries WHERE state = 'waiting' AND due_at <= ?"
                f" AND claimed_until <= ? ORDER BY {order} LIMIT 1)"
                " RETURNING number, event, endpoint",
                (time.time() + CLAIM_S, time.time(), time.time()),
            ).fetchone()
            if row is None:
                return None
            number, event, endpoint = row
            return number, *_letter(book, book.find(event), book.find(endpoint))

    def settle(self, number: int, status: int, told: str = "") -> None:
        """Write down what the endpoint answered; 0 for nothing."""
        accepted = 200 <= status < 300
        with self._store.open() as book:
            attempts = book.rows.execute(
                "SELECT attempts FROM deliveries WHERE number = ?", (number,)
            ).fetchone()[0]
            tries_left = attempts <= len(WAITS_S)
            state = "delivered" if accepted else "waiting" if tries_left else "given_up"
            wait = WAITS_S[attempts - 1] if state == "waiting" else 0
            book.rows.execute(
                "UPDATE deliveries SET state = ?, status = ?, told = ?, due_at = ?,"
                " claimed_until = 0 WHERE number = ?",
                (state, status, told[:300], time.time() + wait, number),
            )


def deliver_due(deliveries: Deliveries, post: Post, *, most: int = 1_000) -> int:
    """Send what is due; how many were sent. ``post(url, headers, body)`` gives the status.

    What ``post`` raises counts as no answer and is tried again later, except for
    AssertionError, which is a test's.
    """
    sent = 0
    while sent < most and (claimed := deliveries.claim()) is not None:
        number, url, headers, body = claimed
        sent += 1
        try:
            status, told = post(url, headers, body), ""
        except AssertionError:
            deliveries.settle(number, 0, "AssertionError")
            raise
        except Exception as error:
            status, told = 0, f"{type(error).__name__}: {error}"
        deliveries.settle(number, status, told)
    return sent


def _switches(book: Book) -> Switches:
    row = book.rows.execute("SELECT value FROM switches WHERE name = 'deliveries'").fetchone()
    return Switches(**json.loads(row[0])) if row else Switches()


def _letter(book: Book, event: Any, endpoint: Any) -> tuple[str, dict[str, str], bytes]:
    body = json.dumps(event, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (stand-in)",
        "Stripe-Signature": signature(endpoint["_secret"], body, int(time.time())),
    }
    return endpoint["url"], headers, body
