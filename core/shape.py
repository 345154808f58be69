"""Checking the shape of an input: pydantic models in, domain errors out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from rest_framework import serializers

from core.errors import InvalidRequest
from core.wire import camel

M = TypeVar("M", bound="Input")


class Input(BaseModel):
    """An input: unknown fields are refused, names are camelCase outside."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, populate_by_name=True, str_strip_whitespace=True
    )


def _is_number(value: Any) -> bool:
    is_text = isinstance(value, str) and value.strip() != ""
    return is_text or (isinstance(value, int | float) and not isinstance(value, bool))


# Serializers take a 7 for a text, and an empty text for no number at all.
_KINDS: tuple[tuple[type[Any], Callable[[Any], bool], str], ...] = (
    (serializers.BooleanField, lambda value: isinstance(value, bool), "Send true or false."),
    (serializers.DecimalField, _is_number, "Send a number."),
    (serializers.CharField, lambda value: isinstance(value, str), "Send text."),
)


class KnownFields(serializers.Serializer[Any]):
    """The same of a serializer: what is not named is refused, so that nobody thinks it was set."""

    def to_internal_value(self, given: Any) -> Any:
        """The values; raises ValidationError with each field whose value is of another kind."""
        wrong = {
            name: [words]
            for name, value in (given.items() if isinstance(given, Mapping) else ())
            for kind, fits, words in _KINDS
            if value is not None and isinstance(self.fields.get(name), kind) and not fits(value)
        }
        if wrong:
            raise serializers.ValidationError(wrong)
        return super().to_internal_value(given)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """The input; raises ValidationError with each field that is not known."""
        if unknown := sorted(set(self.initial_data) - set(self.fields)):
            raise serializers.ValidationError(
                dict.fromkeys(unknown, "There is no such field here.")
            )
        return given


def checked(model: type[M], data: Any, *, spelled: Callable[[str], str] = camel) -> M:
    """The input as its model; raises InvalidRequest with the path of each fault.

    ``spelled`` writes a field's name as the client knows it.
    """
    if not isinstance(data, Mapping):
        raise InvalidRequest("The body is not valid.", fields={"body": ["Send a JSON object."]})
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        raise InvalidRequest(
            "The input is not valid.", fields=fault_paths(error, spelled)
        ) from None


def fault_paths(
    error: ValidationError, spelled: Callable[[str], str] = camel
) -> dict[str, list[str]]:
    """What was wrong, by path."""
    paths: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False, include_input=False):
        # Parts that name a branch of a union are no part of the input's own path.
        parts = [
            spelled(part) if isinstance(part, str) else str(part)
            for part in fault["loc"]
            if not (isinstance(part, str) and ("[" in part or part in _BRANCHES))
        ]
        message = str(fault["msg"]).removeprefix("Value error, ")
        words = paths.setdefault(".".join(parts) or "body", [])
        if message not in words:
            words.append(message)
    return paths


_BRANCHES = frozenset({"uuid", "str", "int", "float", "AnalysisRef"})
