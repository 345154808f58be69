"""What is wrong with a request, in the form of OpenAI's errors."""

from __future__ import annotations

from typing import Any, Final

INVALID: Final = "invalid_request_error"
USER: Final = "image_generation_user_error"  # not the request is wrong, but what was wished

BUSY: Final = 429


class Refused(Exception):
    """A request that is not done; ``status`` is HTTP's."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = INVALID,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {
            "message": message,
            "type": kind,
            "param": param,
            "code": code,
        }

    @classmethod
    def told(cls, told: dict[str, Any]) -> Refused:
        """The refusal that a seat told; exceptions of two arguments do not cross processes."""
        error = told["error"]
        return cls(
            error["message"],
            status=told["status"],
            kind=error["type"],
            code=error["code"],
            param=error["param"],
        )


def not_an_image(message: str, param: str) -> Refused:
    """A picture that cannot be read."""
    return Refused(message, code="invalid_image", param=param)


def too_large(most: int) -> Refused:
    """A body beyond the limit."""
    return Refused(
        f"The request is larger than {most // 2**20} MB.", status=413, code="request_too_large"
    )


def broken() -> Refused:
    """Our own failure."""
    return Refused("Something went wrong here.", status=500, kind="server_error")


def all_busy() -> Refused:
    """Too much at once."""
    return Refused(
        "All seats are busy. Ask again in a moment.",
        status=BUSY,
        kind="rate_limit_error",
        code="rate_limit_exceeded",
    )


def no_such_film() -> Refused:
    """A film that is not here, or not any more."""
    return Refused("There is no such film.", status=404, param="video_id")
