"""Prices and the balance, as they were told with the question."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from generation.providers.studio.answerer.facts import Facts, Row
from generation.providers.studio.answerer.reading import Reading
from generation.providers.studio.answerer.words import word_set
from generation.providers.studio.answerer.writing import (
    Reply,
    listing,
    paragraphs,
    safe,
    table,
)

BUYING, PLAN = word_set("top topup buy"), word_set("subscription upgrade plan pro")
ASKING = word_set("token assistant chat question model")


def prices(reading: Reading, facts: Facts) -> Reply:
    """The price of the named steps, or the price list."""
    rows = facts.table("prices")
    if not rows:
        return Reply("I was not told any prices. They are on the page Prices.")
    if other := _of_no_step(reading, facts):
        return other
    if chosen := [rows[at] for at in reading.steps]:
        lines = [_price(row, facts) for row in chosen]
        return Reply("\n\n".join(lines), tuple(map(_figures, chosen)))
    listed = [(row.get("step"), row.get("what"), row.get("price")) for row in rows]
    extra = facts.known.get("extra_view")
    return Reply(
        paragraphs(
            table(("Step", "What it does", "Price"), listed),
            f"More photos: {safe(extra)}." if extra else "",
            "A step that fails costs nothing. Typing over a field is free.",
        ),
        tuple(map(_figures, rows)),
    )


def _of_no_step(reading: Reading, facts: Facts) -> Reply | None:
    """What credits, plans or questions cost, where one of them was asked for."""
    words = set(reading.words)
    asks_credits = BUYING & words or ("credit" in words and not reading.steps)
    if asks_credits and (listed := facts.listed("top_ups")):
        return Reply(paragraphs("Credits can be bought:", listing(map(safe, listed))))
    if PLAN & words and (listed := facts.listed("plans")):
        return Reply(paragraphs("Plans:", listing(map(safe, listed))))
    return _models(facts) if ASKING & words else None


def _figures(row: Row) -> dict[str, str]:
    return {"step": str(row.get("step")), "price": str(row.get("price"))}


def _price(row: Row, facts: Facts) -> str:
    account = facts.part("account")
    seconds = f", about {row['seconds']} s" if row.get("seconds") else ""
    said = f"**{safe(row.get('step'))}**: {safe(row.get('price'))}{seconds}."
    if "analysis" in str(row.get("step")) and facts.known.get("extra_view"):
        said += f" More photos: {safe(facts.known['extra_view'])}."
    price = str(row.get("price")).split()[0]
    if price == "Free" or not account:
        return said
    if account.get("operations_included"):
        return f"{said} Your plan includes it."
    return f"{said} {_affords(price, str(account.get('available', '')))}".strip()


def _affords(price: str, available: str) -> str:
    one, have = _decimal(price), _decimal(available)
    if not one or have is None:
        return ""
    if have < one:
        return f"You have {safe(available)} credits: {one - have:f} short."
    runs = int(have // one)
    return f"You have {safe(available)} credits: enough for {runs} run{'' if runs == 1 else 's'}."


def _models(facts: Facts) -> Reply:
    rows = facts.table("models")
    if not rows:
        return Reply("I was not told the prices of the assistant's models.")
    listed = [
        (row.get("model"), row.get("usd_per_million_in"), row.get("usd_per_million_out"))
        for row in rows
    ]
    head = ("Model", "USD per million tokens in", "USD per million tokens out")
    return Reply(
        paragraphs("Questions are priced by tokens; a credit is 0.10 USD:", table(head, listed)),
        tuple({name: str(value) for name, value in row.items()} for row in rows),
    )


def balance(reading: Reading, facts: Facts) -> Reply:
    """What the user has, what is held, and what the plan gives."""
    account = facts.part("account")
    if not account:
        return Reply("I was not told your balance. It is on the page Credits.")
    available, held = str(account.get("available", "")), str(account.get("held", "0"))
    parts = [f"You have **{safe(available)} credits**."]
    if held not in ("0", ""):
        parts.append(f"{safe(held)} more are held for what is running.")
    if str(account.get("debt", "0")) not in ("0", ""):
        parts.append(f"You owe {safe(account['debt'])} credits.")
    included = account.get("operations_included")
    steps = f"tech-pack steps are {'included' if included else 'paid from credits'}"
    monthly, begins = safe(account.get("monthly_credits")), safe(account.get("next_month_at"))
    parts.append(
        f"Your plan is {safe(account.get('plan'))}: {monthly} credits a month, {steps}. The next"
        f" month begins on {begins}."
    )
    afford = [_price(facts.table("prices")[at], facts) for at in reading.steps]
    if not afford and {"afford", "enough"} & set(reading.words):
        afford = [_price(row, facts) for row in facts.table("prices")]
    return Reply(
        paragraphs(" ".join(parts), "\n\n".join(afford)),
        ({"name": "available", "value": available}, {"name": "held", "value": held}),
    )


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
