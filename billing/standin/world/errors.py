"""Refusals in Stripe's shape: an HTTP status and an ``error`` object."""

from __future__ import annotations

from typing import Any

INVALID = "invalid_request_error"


class Refused(Exception):
    """A request that is refused; ``error`` is the object that the client reads.

    ``leaves_traces``: what was written before stays, as with a declined card.
    """

    leaves_traces = False

    def __init__(self, status: int, message: str, *, kind: str = INVALID, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"message": message, "type": kind}
        self.error |= {name: value for name, value in more.items() if value is not None}


class Declined(Refused):
    """A card that was not charged, 402. The failed attempt and its events stay."""

    leaves_traces = True

    def __init__(self, code: str, decline_code: str | None, message: str, **more: Any) -> None:
        super().__init__(
            402, message, kind="card_error", code=code, decline_code=decline_code, **more
        )
        self.code = code


class WrongState(Refused):
    """What was asked for does not fit the state of the object, 400."""

    def __init__(self, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(400, message, code=code, param=param)


def not_found(kind: str, named: str, param: str | None = None) -> Refused:
    """404 for an object of the address, 400 for one that a parameter names."""
    spoken = {"checkout.session": "checkout.session", "test_helpers.test_clock": "testclock"}
    name = spoken.get(kind, kind.rpartition(".")[2])
    return Refused(
        404 if param is None else 400,
        f"No such {name}: '{named}'",
        code="resource_missing",
        param=param or "id",
    )


def missing_parameter(param: str) -> Refused:
    """A required parameter was not sent."""
    return Refused(400, f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown_parameter(param: str) -> Refused:
    """A parameter that the call does not take."""
    return Refused(
        400, f"Received unknown parameter: {param}", code="parameter_unknown", param=param
    )


def invalid(param: str, message: str, code: str | None = None) -> Refused:
    """A parameter whose value cannot be used."""
    return Refused(400, message, code=code, param=param)
