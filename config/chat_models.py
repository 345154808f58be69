"""The assistant's models as an operator sets them: ``CHAT_MODELS`` laid over the price list."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from generation.providers.protocols import ChatModel

PROVIDERS: Final = ("openai", "gemini", "custom", "studio")
_TEXTS: Final = ("provider", "owner", "upstream")
_PRICES: Final = ("input_usd", "output_usd")
_MOST_USD: Final = 1_000_000


def merged(usual: Mapping[str, ChatModel], *settings: Any) -> dict[str, ChatModel]:
    """The usual models with the settings laid over them in turn, the studio's last.

    ``{"gpt-6-luna": {"input_usd": "0.12"}}`` changes a model, ``{"gpt-6-luna": null}`` takes it
    away, a new name adds one and needs all but ``owner`` and ``upstream``. Prices are decimal
    strings, US dollars per million tokens. Raises ImproperlyConfigured, which says where.
    """
    models = dict(usual)
    for given in settings:
        if not isinstance(given, Mapping):
            raise ImproperlyConfigured("CHAT_MODELS has to be a JSON object: model → its fields.")
        for name, fields in given.items():
            if fields is None:
                models.pop(name, None)
            else:
                models[name] = _model(f"CHAT_MODELS[{name!r}]", fields, models.get(name))
    if not models:
        raise ImproperlyConfigured("CHAT_MODELS leaves no model.")
    return dict(sorted(models.items(), key=lambda item: item[1]["provider"] == "studio"))


def _model(where: str, fields: Any, usual: ChatModel | None) -> ChatModel:
    if not isinstance(fields, Mapping):
        raise ImproperlyConfigured(f"{where} has to be an object, or null.")
    if strange := sorted(set(fields) - {*_TEXTS, *_PRICES}):
        raise ImproperlyConfigured(f"{where} has unknown fields: {', '.join(strange)}.")
    model: dict[str, Any] = {**(usual or {})}
    for field in _TEXTS:
        if field in fields:
            model[field] = _text(f"{where}[{field!r}]", fields[field])
    for field in _PRICES:
        if field in fields:
            model[field] = _price(f"{where}[{field!r}]", fields[field])
    if missing := [name for name in ("provider", *_PRICES) if name not in model]:
        raise ImproperlyConfigured(f"{where} needs {', '.join(missing)}.")
    if model["provider"] not in PROVIDERS:
        raise ImproperlyConfigured(f"{where}['provider'] is not one of {', '.join(PROVIDERS)}.")
    return ChatModel(**{"owner": model["provider"], **model})  # type: ignore[typeddict-item]


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ImproperlyConfigured(f"{where} has to be a text.")
    return value.strip()


def _price(where: str, value: Any) -> Decimal:
    """A float would have lost its last digit before it came here, so only text is a price."""
    try:
        price = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or not 0 <= price <= _MOST_USD:
        raise ImproperlyConfigured(f'{where} has to be a decimal string like "0.25".')
    return price
