"""Who makes films and for how much: what a request may name, its price, and what costs less."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from core.errors import InvalidRequest, ProviderUnavailable
from core.money import Microcredits
from credits import quotes
from credits.shortage import Alternative
from generation import breaker
from generation.providers.filming import OPERATION
from generation.providers.routes import routes_of
from videos.inputs import LENGTHS, Priced, priced

LABEL: Final = "Video"
# Seconds of work for a second of film: the studio draws it, others generate it.
_STUDIO_PACE: Final = 1.0
_USUAL_PACE: Final = 15.0


@dataclass(frozen=True)
class Offer:
    """A model that makes films here; ``price_second`` is µcr for one second of film."""

    provider: str
    model: str
    price_second: Microcredits

    @property
    def route(self) -> str:
        """``provider:model``, which names it beyond doubt."""
        return f"{self.provider}:{self.model}"


def offers() -> list[Offer]:
    """The models that are set up, in order; the first is the usual one.

    Raises ProviderUnavailable where there is none.
    """
    prices: Mapping[str, Microcredits] = settings.VIDEO_PRICES
    routes = dict.fromkeys(routes_of(OPERATION))
    return [Offer(provider, model, prices[provider]) for provider, model in routes]


def offer_of(model: str | None) -> Offer:
    """The offer that a request names: by model id, provider, or both; the first for None.

    Raises InvalidRequest with what can be named, and ProviderUnavailable.
    """
    listed = offers()
    if model is None:
        return listed[0]
    for names in (lambda o: o.route, lambda o: o.model, lambda o: o.provider):
        if (found := next((one for one in listed if names(one) == model), None)) is not None:
            return found
    known = ", ".join(name_of(one) for one in listed)
    raise InvalidRequest("There is no such model.", fields={"model": [f"Use one of {known}."]})


def open_offer(user: Any, model: str | None) -> Offer:
    """The same where it is not failing at present, else raises ProviderUnavailable.

    Where the request names none and the user allows others to answer, the next that is no dearer.
    """
    wanted = offer_of(model)
    allowed = [wanted]
    if model is None and user.may_fall_back:
        allowed += [one for one in offers()[1:] if one.price_second <= wanted.price_second]
    waits_s = []
    for one in allowed:
        wait_s = breaker.shut_for_s(one.provider, one.model)
        if not wait_s:
            return one
        waits_s.append(wait_s)
    raise ProviderUnavailable(
        "The AI service for films is failing at present, so nothing was started or charged.",
        retry_after_s=math.ceil(min(waits_s)),
        suggestions=["Try again in a minute"],
    )


def name_of(offer: Offer) -> str:
    """What to write as ``model``: its id where no other offer has the same."""
    return offer.model if offer_of(offer.model) == offer else offer.route


def price_of(data: Mapping[str, Any] | Priced) -> Microcredits:
    """The price of a film, in µcr. Raises InvalidRequest, ProviderUnavailable."""
    given = data if isinstance(data, Priced) else priced(data)
    return price_for(offer_of(given.model), given.seconds)


def price_for(offer: Offer, seconds: int) -> Microcredits:
    """What a film of that length costs from there, in µcr; any size costs the same."""
    return offer.price_second * seconds


def alternatives(offer: Offer, seconds: int) -> Iterator[Alternative]:
    """Cheaper ways to nearly the same film: a shorter one, another model, at last both."""
    price = price_for(offer, seconds)
    shorter = [length for length in LENGTHS if length < seconds]
    cheaper = [one for one in offers() if price_for(one, seconds) < price]
    for length in shorter:
        yield Alternative(
            f"Make {length} seconds instead",
            price_for(offer, length),
            kind="seconds",
            parameters={"seconds": str(length)},
        )
    for one in cheaper:
        yield Alternative(
            f"Use {name_of(one)} instead",
            price_for(one, seconds),
            kind="model",
            parameters={"model": name_of(one)},
        )
    if shorter and cheaper:
        yield _least(min(cheaper, key=lambda one: one.price_second), shorter[0])


def _least(offer: Offer, seconds: int) -> Alternative:
    name = name_of(offer)
    return Alternative(
        f"Make {seconds} seconds with {name} instead",
        price_for(offer, seconds),
        kind="model",
        parameters={"model": name, "seconds": str(seconds)},
    )


def usual_seconds(offer: Offer, seconds: int) -> float:
    """How long making a film of that length usually takes there, in seconds."""
    return seconds * (_STUDIO_PACE if offer.provider == "studio" else _USUAL_PACE)


def quoted(user: Any, data: Mapping[str, Any]) -> quotes.Price:
    """A film's price for ``quotes``: no plan pays it. Raises InvalidRequest."""
    given = priced(data)
    offer = offer_of(given.model)
    return quotes.Price(
        credits=price_for(offer, given.seconds),
        seconds=usual_seconds(offer, given.seconds),
        by_plan=False,
    )
