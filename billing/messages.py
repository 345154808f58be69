"""What Stripe delivers, read strictly: what is not an event as we know them is refused.

Only ids and the type are used of it, but all of it is kept, and dj-stripe reads more: what it
could not store would be tried in vain for a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core import strict_json
from core.errors import InvalidRequest
from core.shape import fault_paths

LATEST: Final = 2**32 - 1  # seconds since 1970

Text = Annotated[str, Field(min_length=1, max_length=255)]


class _Part(BaseModel):
    """A part of an event; what else Stripe says of it is kept unread."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Object(_Part):
    object: Text
    id: Text | None = None
    customer: Text | dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class _Data(_Part):
    object: _Object
    previous_attributes: dict[str, Any] | None = None


class _Request(_Part):
    id: Annotated[str, Field(max_length=50)] | None = None
    idempotency_key: Text | None = None


class _Event(_Part):
    id: str = Field(pattern=r"^evt_[A-Za-z0-9_]{1,200}$")
    object: Literal["event"]
    type: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$", max_length=250)
    api_version: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z]{1,40})?$")
    created: int = Field(ge=0, le=LATEST)
    livemode: bool
    data: _Data
    request: _Request | None = None
    # That of a connected account, of which there are none.
    account: None = None


@dataclass(frozen=True)
class Message:
    """An event that was read: its id, its type, and the text that it came as."""

    id: str
    type: str
    text: str


def read(body: bytes) -> Message:
    """The event. Raises InvalidRequest for what is none, or is one of the other mode's."""
    told = strict_json.loads(body)
    try:
        event = _Event.model_validate(told)
    except ValidationError as error:
        fields = fault_paths(error, str)
        raise InvalidRequest("This is not an event of Stripe's.", fields=fields) from None
    if event.livemode != settings.STRIPE_LIVE_MODE:
        raise refused("The event is one of test mode, or of live mode, and this is the other.")
    return Message(event.id, event.type, body.decode("utf-8-sig"))


def refused(words: str) -> InvalidRequest:
    """A message that is not taken, and why."""
    return InvalidRequest(words, fields={"body": [words]})
