"""The form for a new film: what may be chosen, what it costs, and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef

from core import storage
from core.errors import InvalidRequest, ProviderUnavailable
from core.ids import uuid7
from core.money import Microcredits, shown, worded
from credits import queries as credit
from techpack import queries
from techpack.models import Product, Revision
from videos import offers
from videos.inputs import LENGTHS, PROMPT_MOST, SIZES
from videos.models import Video
from videos.movements import IN_WORDS, MOVEMENTS, Movement, joined, movement_of, split
from videos.offers import Offer

PRODUCTS_MOST: Final = 500
SIZE_LABELS: Final = {"1280x720": "Landscape 1280 × 720", "720x1280": "Portrait 720 × 1280"}
FIELDS: Final = ("product", "view", "movement", "words", "model", "seconds", "size", "once")


@dataclass(frozen=True)
class Choice:
    """Something to choose: what is sent, what is read, and what stands beside it."""

    value: str
    label: str
    note: str = ""
    picture: str = ""
    is_chosen: bool = False


@dataclass(frozen=True)
class FilmForm:
    """The form with the choices made so far; ``price`` is what the button says, in µcr."""

    once: str
    product: Product | None
    products: list[Choice]
    views: list[Choice]
    movements: list[Choice]
    words: str
    models: list[Choice]
    lengths: list[Choice]
    sizes: list[Choice]
    seconds: int
    price: Microcredits
    price_second: str
    free_now: str
    free_after: str
    is_short: bool
    about: str
    may_lack_product: bool
    words_most: int = PROMPT_MOST - 100

    @property
    def price_shown(self) -> str:
        """``2.00``."""
        return shown(self.price)

    @property
    def price_in_words(self) -> str:
        """``2 credits``."""
        return worded(self.price)

    @property
    def is_possible(self) -> bool:
        """Whether there is something to make a film of."""
        return bool(self.views) or self.may_lack_product


def film_form(user: Any, given: Mapping[str, str]) -> FilmForm | None:
    """The form with what was chosen; what cannot be chosen is as at first.

    None where nobody makes films here.
    """
    try:
        listed = offers.offers()
    except ProviderUnavailable:
        return None
    offer = _offer(given.get("model", ""))
    wanted = given.get("seconds", "")
    seconds = next((one for one in LENGTHS if str(one) == wanted), LENGTHS[0])
    products = list(queries.products_of(user)[:PRODUCTS_MOST])
    may_lack = any(one.provider != "studio" for one in listed)
    product = _product(user, products, given.get("product"), may_lack=may_lack)
    price, free = offers.price_for(offer, seconds), credit.balance(user).free
    return FilmForm(
        once=given.get("once", "")[:64] or uuid7().hex,
        product=product,
        products=_products(products, product),
        views=_views(product, given.get("view", "")),
        movements=_movements(given.get("movement", MOVEMENTS[0].key)),
        words=given.get("words", "")[:PROMPT_MOST],
        models=_models(listed, offer),
        lengths=[
            Choice(str(one), f"{one} s", shown(offers.price_for(offer, one)), "", one == seconds)
            for one in LENGTHS
        ],
        sizes=_sizes(given.get("size", "")),
        seconds=seconds,
        price=price,
        price_second=shown(offer.price_second),
        free_now=shown(free),
        free_after=shown(free - price),
        is_short=free < price,
        about=about(offers.usual_seconds(offer, seconds)),
        may_lack_product=may_lack,
    )


def _offer(model: str) -> Offer:
    try:
        return offers.offer_of(model or None)
    except InvalidRequest:
        return offers.offer_of(None)


def _product(
    user: Any, products: list[Product], wanted: str | None, *, may_lack: bool
) -> Product | None:
    """The product that was chosen, else the newest with a photo; none where that was chosen."""
    if wanted == "" and may_lack:
        return None
    found = next((one for one in products if str(one.pk) == wanted), None)
    if found is None and wanted and (pk := _uuid(wanted)):
        found = queries.products_of(user).filter(pk=pk).first()
        products.extend([found] if found else [])
    return found or _with_a_photo(user) or next(iter(products), None)


def _with_a_photo(user: Any) -> Product | None:
    photos = Revision.objects.filter(
        product=OuterRef("pk"), is_current=True, deleted_at__isnull=True
    )
    return queries.products_of(user).filter(Exists(photos)).first()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _products(products: list[Product], chosen: Product | None) -> list[Choice]:
    return [
        Choice(str(one.pk), one.name, one.style_no, is_chosen=one == chosen) for one in products
    ]


def _views(product: Product | None, wanted: str) -> list[Choice]:
    """The product's photos, the main one first, one of them chosen."""
    if product is None:
        return []
    rows = queries.main_first(product, queries.revisions_of(product))
    chosen = next((row for row in rows if str(row.pk) == wanted), next(iter(rows), None))
    return [_view(row, is_chosen=row == chosen) for row in rows]


def _view(row: Revision, *, is_chosen: bool) -> Choice:
    return Choice(
        value=str(row.pk),
        label=row.view_type.capitalize(),
        picture=storage.signed_url(row.thumbnail_key),
        is_chosen=is_chosen,
    )


def _movements(wanted: str) -> list[Choice]:
    chosen = movement_of(wanted)
    return [Choice(one.key, one.label, is_chosen=one == chosen) for one in (*MOVEMENTS, IN_WORDS)]


def _models(listed: list[Offer], chosen: Offer) -> list[Choice]:
    return [
        Choice(
            offers.name_of(one),
            "studio, from photos" if one.provider == "studio" else offers.name_of(one),
            shown(one.price_second),
            is_chosen=one == chosen,
        )
        for one in listed
    ]


def _sizes(wanted: str) -> list[Choice]:
    chosen = wanted if wanted in SIZES else SIZES[0]
    return [Choice(one, SIZE_LABELS[one], is_chosen=one == chosen) for one in SIZES]


def about(seconds: float) -> str:
    """How long that usually takes: ``about 4 s``, ``about 2 min``."""
    whole = max(1, round(seconds))
    return f"about {whole} s" if whole < 60 else f"about {round(whole / 60)} min"


def asked(given: Mapping[str, str]) -> dict[str, Any]:
    """What the form asks for, as the verb takes it. Raises InvalidRequest."""
    movement, words = movement_of(given.get("movement", "")), given.get("words", "").strip()
    product = given.get("product", "")
    if not words and (movement is IN_WORDS or not product):
        raise InvalidRequest("Say what it should show.", fields={"prompt": ["Write a sentence."]})
    wish: dict[str, Any] = {
        "prompt": joined(movement, words),
        "seconds": given.get("seconds", ""),
        "size": given.get("size", ""),
    }
    if given.get("model"):
        wish["model"] = given["model"]
    if product:
        wish["product_id"] = product
        if given.get("view"):
            wish["revision_id"] = given["view"]
    return wish


def of_video(video: Video) -> dict[str, str]:
    """The form's fields that ask for the same film once more."""
    movement: Movement
    movement, words = split(video.prompt)
    return {
        "product": str(video.product_id or ""),
        "view": str(video.revision_id or ""),
        "movement": movement.key,
        "words": words,
        "model": f"{video.provider}:{video.model}",
        "seconds": str(video.seconds),
        "size": video.size,
    }
