"""What is said of the answerer itself, the products, the trade's words, and what it cannot do."""

from __future__ import annotations

from generation.providers.studio.answerer.facts import Facts
from generation.providers.studio.answerer.reading import Reading
from generation.providers.studio.answerer.words import word_set
from generation.providers.studio.answerer.writing import (
    Reply,
    joined,
    listing,
    many,
    paragraphs,
    safe,
    table,
)

WHAT_I_AM = (
    "I am the studio's own answerer, not a language model. I read the pack's data and the studio's"
    " rules, and answer from them alone."
)
WHAT_I_CANNOT = (
    "I cannot write texts, guess values, look at pictures or change the pack. A language model can"
    " be set up beside me: OpenAI, Gemini or your own."
)
ABILITIES = (
    "measurements, with tolerance, sizes, inches and how each is taken",
    "materials, colours, construction, labels and care, packaging, material cost",
    "readiness: what blocks the pack, what is out of date, what to do next",
    "prices, your credits, your products",
    "words of the trade, such as HPS, 301 or strike-off",
)
EXAMPLES = "“How long is the sleeve?”, “What blocks this pack?”, “What does 514 mean?”"


def hello(_: Reading, facts: Facts) -> Reply:
    """A greeting, and what can be asked."""
    about = f" about {safe(facts.name)}" if facts.has_pack else ""
    return Reply(f"Hello. Ask me{about}, for example: {EXAMPLES}")


def thanks(_: Reading, facts: Facts) -> Reply:
    """The end of a conversation."""
    return Reply("You are welcome.")


def abilities(_: Reading, facts: Facts) -> Reply:
    """What it is, what it answers, what it cannot do."""
    return Reply(
        paragraphs(f"{WHAT_I_AM} I can tell you about:", listing(ABILITIES), WHAT_I_CANNOT)
    )


def refuse(reading: Reading, facts: Facts) -> Reply:
    """It was asked to write, guess or look."""
    known = [
        f"{point.code} {safe(point.name)}: {safe(point.figure) or 'no value'}"
        + (f", {point.mark}" if point.value else "")
        for point in reading.points
    ]
    return Reply(
        paragraphs(
            f"I cannot do that. {WHAT_I_AM} {WHAT_I_CANNOT}",
            f"What the pack says: {'; '.join(known)}." if known else "",
            f"I can tell you about {_in_short()}.",
        )
    )


HOW_TO = (
    (word_set("photo picture view upload"), "Add or replace photos in the product's workspace."),
    (word_set("account key"), "Your account has pages of its own."),
    (word_set("category"), "Choose the category in the workspace, or run Category (free)."),
    (
        word_set("scale calibrate known"),
        "Give the known length in the workspace: choose a length and type it, or draw a line on"
        " the photo.",
    ),
)


def change(reading: Reading, facts: Facts) -> Reply:
    """It was asked to change the pack or to run something."""
    rows = facts.table("prices")
    edit = next((row for row in rows if str(row.get("step", "")).startswith("Edit")), None)
    if reading.steps and not {"category"} & set(reading.words):
        named = [
            f"{safe(rows[at].get('step'))} ({safe(rows[at].get('price'))})" for at in reading.steps
        ]
        return Reply(f"I run nothing. Start {joined(named)} in the workspace, or by the API.")
    for said, how in HOW_TO:
        if said & set(reading.words):
            return Reply(f"I change nothing myself. {how}")
    points = [f"{point.code} {safe(point.name)}" for point in reading.points]
    where = f": {joined(points)}" if points else ""
    paid = f" “{safe(edit['step'])}” costs {safe(edit['price'])}." if edit else ""
    return Reply(
        "I only read: I change nothing and run nothing. Type over the field in the"
        f" workspace{where}. That is free, and no AI run overwrites it.{paid}"
        f"{_as_scale(reading, facts)}"
    )


def _as_scale(reading: Reading, facts: Facts) -> str:
    """What else a length that was told is good for, where the pack has no known one."""
    if not (reading.lengths and reading.points) or facts.part("product").get("known_length"):
        return ""
    return (
        " Given as the known length beside the photos (free), it turns the estimates into measures"
        " too."
    )


def other_product(reading: Reading, facts: Facts) -> Reply:
    """It is about another product than the one whose pack is known."""
    row = next((r for r in facts.table("products") if r.get("name") == reading.other), {})
    where = f" Its id is `{safe(row['id'])}`." if row.get("id") else ""
    have = (
        f"I was given the pack of {safe(facts.name)}" if facts.has_pack else "I was given no pack"
    )
    return Reply(
        f"{have}, not that of {safe(reading.other)}. Open that product, or send its"
        f" `product_id`.{where}"
    )


def unknown(reading: Reading, facts: Facts) -> Reply:
    """Nobody here understands the question."""
    words = [f"“{safe(word)}”" for word in reading.unknown[:4]]
    said = f" I find nothing about {joined(words, 'or')}." if words else ""
    return Reply(
        paragraphs(
            f"I cannot answer that from the pack's data and the studio's rules.{said}",
            f"I can tell you about {_in_short()}. {WHAT_I_CANNOT}",
        )
    )


def _in_short() -> str:
    return "measurements, materials, construction, readiness, prices and words of the trade"


def term(reading: Reading, facts: Facts) -> Reply:
    """What words of the trade mean, and where the pack uses them."""
    if not reading.terms:
        return unknown(reading, facts)
    lines = []
    for found in reading.terms[:4]:
        used = [
            safe(row.get("part"))
            for row in facts.table("construction")
            if found.word in f"{row.get('stitch')} {row.get('seam')}".replace("/", " ").split()
        ]
        where = f" In this pack: {joined(used)}." if used else ""
        lines.append(f"{found.told()}{where}")
    figures = tuple({"term": t.word, "meaning": t.meaning} for t in reading.terms[:4])
    return Reply("\n\n".join(lines), figures)


def products(reading: Reading, facts: Facts) -> Reply:
    """The user's products."""
    rows = facts.table("products")
    older = bool(facts.part("products").get("more"))
    if facts.has_pack:
        names = [safe(row.get("name")) for row in rows]
        others = (
            f" Your others: {joined(names)}{' and older ones' if older else ''}." if names else ""
        )
        figures = ({"name": facts.name}, *({"name": str(row.get("name"))} for row in rows))
        only = "" if others else " It is your only product."
        return Reply(f"This pack is {safe(facts.name)}.{others}{only}", figures)
    if "products" not in facts.known:
        return Reply("I was not told your products. They are on the page Products.")
    if not rows:
        return Reply("You have no products yet. Drop a photo on the page Products to start one.")
    listed = [(r.get("name"), r.get("style_no"), r.get("category"), r.get("id")) for r in rows]
    more = "The newest are listed; there are older ones." if older else ""
    ask = "To ask about one, open it or send its `product_id`."
    return Reply(
        paragraphs(
            f"You have {many(len(rows), 'product')}{' and more' if older else ''}:",
            table(("Product", "Style no.", "Category", "Id"), listed),
            f"{more} {ask}".strip(),
        ),
        tuple({name: str(value) for name, value in row.items()} for row in rows),
    )


FIELDS = (
    ("name", "Name"),
    ("category", "Category"),
    ("subcategory", "Kind"),
    ("style_no", "Style no."),
    ("season", "Season"),
    ("brand", "Brand"),
    ("sizes", "Sizes"),
    ("sample_size", "Sample size"),
    ("unit", "Unit"),
    ("known_length", "Known length"),
    ("photos", "Photos"),
    ("description", "Description"),
)
SAID = {
    "style_no": frozenset(["style"]),
    "season": frozenset({"season"}),
    "brand": frozenset({"brand"}),
    "category": frozenset({"category", "template", "kind"}),
    "unit": frozenset({"unit"}),
    "known_length": frozenset(["scale", "calibrate", "calibration", "calibrated", "known"]),
    "description": frozenset({"description"}),
    "name": frozenset({"name", "called"}),
}


def about(reading: Reading, facts: Facts) -> Reply:
    """The cover's fields that were asked for, or all of them."""
    product = facts.part("product")
    if not product:
        return products(reading, facts)
    words = set(reading.words)
    asked = [name for name, said in SAID.items() if said & words]
    shown = []
    for name, label in FIELDS:
        value = product.get(name)
        text = joined([str(v) for v in value]) if isinstance(value, list) else str(value or "")
        if not asked or name in asked or (name == "subcategory" and "category" in asked):
            shown.append((label, text))
    told = [
        f"{label}: {safe(text) if text else 'not set'}" for label, text in shown if text or asked
    ]
    if not asked and (score := facts.part("readiness").get("score")) is not None:
        told.append(f"Readiness: {score} / 100, {safe(product.get('status'))}")
    return Reply(listing(told), tuple({"name": label, "value": text} for label, text in shown))


def export(_: Reading, facts: Facts) -> Reply:
    """Exports are made elsewhere."""
    return Reply(
        "I make no files. Export the pack in its workspace; while a blocker is left, its pages are"
        " stamped DRAFT."
    )
