"""Whether an event is one of the catalogue and as its schema says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from notifications.catalogue import EVENTS, schema_of, version_of

OF_TESTS = "test."  # types that only tests tell


def problems(type: str, version: int, data: Mapping[str, Any]) -> list[str]:
    """What is wrong with an event that the product tells, in words; nothing where it fits."""
    if type.startswith(OF_TESTS):
        return []
    if type not in EVENTS:
        return [f"{type} is not in notifications.catalogue.EVENTS"]
    if version != version_of(type):
        return [f"{type} is told as version {version}, and listed as {version_of(type)}"]
    schema, validator = _of_data(EVENTS[type])
    untold = sorted(data.keys() - schema["properties"].keys())
    wrong = [f"{type}: {error.message}" for error in validator.iter_errors(data)]
    return wrong + [f"{type}: the schema does not name {name}" for name in untold]


@cache
def _of_data(key: str) -> tuple[dict[str, Any], Draft202012Validator]:
    schema = schema_of(key)["properties"]["data"]
    return schema, Draft202012Validator(schema, format_checker=FormatChecker())
