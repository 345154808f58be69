"""Requests of the API: who asks, for what, whether they asked before, and the answer."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from . import load
from .calls import Call, register
from .endpoints import ACCOUNT
from .errors import INVALID, Refused
from .forms import Tree, parse
from .names import letters
from .shapes import checked
from .showing import shown
from .store import API_VERSION, Asked, Book, Store, Thing

KEPT_S: Final = 86_400
LONGEST_KEY: Final = 255
load.everything()


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Request:
    """What was asked, understood: a call, the ids of its address, its parameters."""

    call: Call
    ids: tuple[str, ...]
    sent: dict[str, Tree]
    key: str = ""

    @property
    def print(self) -> str:
        """The same for the same request."""
        told = json.dumps([self.call.method, self.call.address.pattern, self.ids, self.sent])
        return hashlib.sha256(told.encode()).hexdigest()


def answer(
    store: Store,
    secret_key: str,
    *,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    """Answer one request; ``path`` begins with /v1 and may have a query."""
    named = {name.lower(): value for name, value in headers.items()}
    request_id = f"req_{letters(14)}"
    key = named.get("idempotency-key", "")
    extra: dict[str, str] = {}
    try:
        _authenticate(named, secret_key)
        request = _understood(method, path, body, key)
        status, told, repeated = _once(store, request, Asked(request_id, key or None))
        if repeated:
            extra["Idempotent-Replayed"] = "true"
    except Refused as refusal:
        status, told = refusal.status, _refusal(refusal, request_id)
    return Answer(
        status,
        {
            "Content-Type": "application/json",
            "Request-Id": request_id,
            "Stripe-Version": API_VERSION,
            **({"Idempotency-Key": key} if key else {}),
            **extra,
        },
        told.encode(),
    )


def _authenticate(headers: Mapping[str, str], secret_key: str) -> None:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[0]
        except ValueError:
            given = ""
    if not given:
        raise Refused(
            401,
            "You did not provide an API key. You need to provide your API key in the"
            " Authorization header, using Bearer auth.",
        )
    if given != secret_key:
        raise Refused(401, f"Invalid API Key provided: {given[:8]}****{given[-4:]}")
    account = headers.get("stripe-account", ACCOUNT)
    if account != ACCOUNT:
        raise Refused(
            403,
            f"The provided key does not have access to account '{account}' (or that account does"
            " not exist).",
            code="account_invalid",
        )


def _understood(method: str, path: str, body: bytes, key: str) -> Request:
    address = urlsplit(path)
    found = register.find(method.upper(), address.path.rstrip("/"))
    if found is None:
        raise Refused(
            404, f"Unrecognized request URL ({method.upper()}: {address.path}).", kind=INVALID
        )
    if len(key) > LONGEST_KEY:
        raise Refused(400, f"Idempotency keys have at most {LONGEST_KEY} characters.")
    try:
        form = address.query if method.upper() != "POST" else body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(400, "Invalid UTF-8 in the request.") from None
    call, ids = found
    return Request(call, ids, parse(form), key if method.upper() == "POST" else "")


def _once(store: Store, request: Request, asked: Asked) -> tuple[int, str, bool]:
    """The answer, and whether it is that to the same request before. Raises Refused."""
    given = checked(request.sent, request.call.fields, request.call.required)
    with store.open(asked) as book:
        if request.key and (before := _before(book, request)):
            return *before, True
        book.rows.execute("SAVEPOINT call")
        try:
            status, told = 200, _run(book, request, given)
        except Refused as refusal:
            if not refusal.leaves_traces:
                book.rows.execute("ROLLBACK TO call")
            status, told = refusal.status, _refusal(refusal, asked.request_id or "")
        if request.key:
            book.rows.execute(
                "INSERT INTO answers (key, asked, status, body, kept_until) VALUES (?, ?, ?, ?, ?)",
                (request.key, request.print, status, told, book.wall + KEPT_S),
            )
    return status, told, False


def _run(book: Book, request: Request, given: Thing) -> str:
    expand = given.pop("expand", [])
    result = request.call.run(book, given, *request.ids)
    if result.get("object") == "list":
        result = {**result, "data": [shown(book, member) for member in result["data"]]}
    return json.dumps(shown(book, result, expand), indent=2)


def _before(book: Book, request: Request) -> tuple[int, str] | None:
    book.rows.execute("DELETE FROM answers WHERE kept_until < ?", (book.wall,))
    row = book.rows.execute(
        "SELECT asked, status, body FROM answers WHERE key = ?", (request.key,)
    ).fetchone()
    if row is None:
        return None
    if row[0] != request.print:
        raise Refused(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were"
            f" first used with. Try using a key other than '{request.key}' if you meant to execute"
            " a different request.",
            kind="idempotency_error",
        )
    return row[1], row[2]


def _refusal(refusal: Refused, request_id: str) -> str:
    error: dict[str, Any] = dict(refusal.error)
    if code := error.get("code"):
        error["doc_url"] = f"https://docs.stripe.com/error-codes/{code.replace('_', '-')}"
    error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
    return json.dumps({"error": error}, indent=2)
