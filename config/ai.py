"""Who is asked for which step, what a call costs us, and how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypedDict

from django.core.exceptions import ImproperlyConfigured

from generation.providers.steps import DRAWING, SEEING

STUDIO: Final = "studio:studio-1"
CROP: Final = "close-ups/cut"
FINAL: Final = "base-views/generate:final"
VIDEO: Final = "generate-video"

DEADLINES: Final[dict[str, int]] = {
    "*": 120,
    "category/detect": 60,
    "close-ups/describe": 60,
    "edit": 60,
    VIDEO: 60,  # until it is accepted; the studio makes all of it meanwhile
}


class Price(TypedDict, total=False):
    """US dollars: per million tokens in, in from the vendor's cache and out; per picture made.

    ``second`` is for one of a film.
    """

    input: Decimal
    cached: Decimal
    output: Decimal
    image: Decimal
    second: Decimal


_FIELDS: Final = frozenset(Price.__annotations__)
PRICES: Final[dict[str, Price]] = {
    "gpt-6.1-terra": {"input": Decimal(1), "output": Decimal(5)},
    "gpt-6-luna": {"input": Decimal("0.10"), "output": Decimal("0.50")},
    "gpt-image-2": {"input": Decimal(8), "output": Decimal(30)},
    "gemini-3-flash": {"input": Decimal("0.30"), "output": Decimal("2.50")},
    "gemini-nano-banana-2.1": {"image": Decimal("0.034")},
    "gemini-3-pro-image": {"image": Decimal("0.134")},
    "gemini-omni-1.2-flash": {"second": Decimal("0.07")},
    "sora-2": {"second": Decimal("0.10")},
}


def usual_routes(
    *,
    seeing: Mapping[str, str],
    drawing: Mapping[str, str],
    finals: str,
    filming: Mapping[str, str],
) -> dict[str, list[str]]:
    """Operation → ``provider:model`` in order, where ``ROUTES`` does not say otherwise.

    The studio comes last, so it answers where nobody else is set up. A close-up is a crop of the
    photo: a model would draw a detail that nobody photographed.
    """
    routes = {
        operation: [*(f"{name}:{model}" for name, model in models.items()), STUDIO]
        for operations, models in ((SEEING, seeing), (DRAWING, drawing))
        for operation in sorted(operations)
    }
    final = {**drawing, "gemini": finals}
    return {
        **routes,
        CROP: [STUDIO],
        FINAL: [*(f"{name}:{model}" for name, model in final.items()), STUDIO],
        VIDEO: [*(f"{name}:{model}" for name, model in filming.items() if model), STUDIO],
    }


def prices(given: Any) -> dict[str, Price]:
    """The usual prices with the setting's laid over them, as decimal strings.

    Raises ImproperlyConfigured, which says where.
    """
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured("AI_PRICES has to be a JSON object: model → its prices.")
    return {**PRICES, **{name: _price(name, fields) for name, fields in given.items()}}


def _price(name: str, fields: Any) -> Price:
    where = f"AI_PRICES[{name!r}]"
    if not isinstance(fields, Mapping) or not set(fields) <= _FIELDS:
        raise ImproperlyConfigured(
            f"{where} has to be an object of input, cached, output, image and second."
        )
    try:
        found = {key: Decimal(str(value)) for key, value in fields.items()}
    except InvalidOperation as error:
        raise ImproperlyConfigured(f"{where} has to hold decimal numbers.") from error
    if any(not value.is_finite() or value < 0 for value in found.values()):
        raise ImproperlyConfigured(f"{where} has to hold amounts from 0 on.")
    return Price(**found)  # type: ignore[typeddict-item]
