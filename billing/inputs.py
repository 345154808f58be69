"""What is asked of billing: what to buy, and where to lead back."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from django.conf import settings
from pydantic import AfterValidator, Field, model_validator

from core.errors import InvalidRequest
from core.shape import Input

LONGEST: Final = 500
NOT_INSIDE: Final = "Use a path of this site, from its / on."


def is_inner_path(path: str) -> bool:
    """A path of this site that no browser takes for an address elsewhere."""
    if len(path) > LONGEST or not path.startswith("/") or not path.isprintable():
        return False
    if "\\" in path or " " in path or path.startswith("//"):
        return False
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc


def inner_path(path: str) -> str:
    """The path, or "" where none is given. Raises InvalidRequest."""
    if path and not is_inner_path(path):
        raise InvalidRequest("The input is not valid.", fields={"backTo": [NOT_INSIDE]})
    return path


def from_here(url: str) -> str:
    """An address for who is here: of this site the path, so that they stay at its name they used.

    A session at ``127.0.0.1`` is none at ``localhost``.
    """
    path = url.removeprefix(settings.PUBLIC_URL)
    return path if is_inner_path(path) else url


def _inner(path: str) -> str:
    if not is_inner_path(path):
        raise ValueError(NOT_INSIDE)
    return path


BackTo = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=LONGEST),
    AfterValidator(_inner),
]
BACK_TO: Final = Field(
    None, description="the page of this site to come back to, such as `/credits`"
)


class CheckoutInput(Input):
    """The plan with its interval, or a top-up; never both."""

    plan: Literal["pro"] | None = None
    interval: Literal["month", "year"] | None = None
    topup: Annotated[int, Field(strict=True)] | None = Field(
        None, description="credits: 50, 200 or 1000"
    )
    back_to: BackTo | None = BACK_TO

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        is_plan = self.plan is not None and self.interval is not None and self.topup is None
        is_topup = self.topup is not None and self.plan is None and self.interval is None
        if not is_plan and not is_topup:
            raise ValueError("Send either plan and interval, or topup.")
        return self


class PortalInput(Input):
    """Where the portal leads back to."""

    back_to: BackTo | None = BACK_TO
