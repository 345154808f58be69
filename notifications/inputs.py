"""What a client may send, strictly."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from pydantic import Field, StrictBool, StrictStr, field_validator

from core.shape import Input
from notifications.event_types import TYPES
from notifications.subjects import SUBJECTS, Way
from notifications.target_urls import LONGEST
from notifications.targets import LONGEST_DESCRIPTION

EventType = Annotated[StrictStr, Field(json_schema_extra={"enum": list(TYPES)})]
Url = Annotated[StrictStr, Field(max_length=LONGEST, json_schema_extra={"format": "uri"})]
Types = Annotated[list[EventType], Field(max_length=2 * len(TYPES))]
Description = Annotated[StrictStr, Field(max_length=LONGEST_DESCRIPTION)]


class ChosenWay(Input):
    """How to be told of one subject."""

    subject: StrictStr = Field(json_schema_extra={"enum": list(SUBJECTS)})
    inbox: StrictBool
    email: StrictBool

    @field_validator("subject")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in SUBJECTS:
            raise ValueError(f"Use one of {', '.join(SUBJECTS)}.")
        return name


class PreferencesInput(Input):
    """How to be told of these subjects; of the others as before."""

    subjects: list[ChosenWay] = Field(min_length=1, max_length=len(SUBJECTS))

    @field_validator("subjects")
    @classmethod
    def _are_named_once(cls, chosen: list[ChosenWay]) -> list[ChosenWay]:
        named = Counter(one.subject for one in chosen)
        if twice := [name for name, count in named.items() if count > 1]:
            raise ValueError(f"Name each subject once: {', '.join(twice)}.")
        return chosen

    def ways(self) -> dict[str, Way]:
        """By name of subject."""
        return {one.subject: Way(inbox=one.inbox, email=one.email) for one in self.subjects}


class NewWebhookInput(Input):
    """An address to be told of events: of those types, or of all."""

    url: Url
    types: Types = []
    description: Description = ""


class WebhookChanges(Input):
    """What can be changed of an address; what is left out stays."""

    url: Url | None = None
    types: Types | None = None
    description: Description | None = None
    enabled: StrictBool | None = None
