"""Events and what was set aside of them, for operators; what was set aside can be replayed."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.errors import Conflict
from core.models import Event
from notifications.models import DeadLetter, EventDelivery
from notifications.replaying import replay
from notifications.webhook_admin import Read

SHOWN_LONGEST: Final = 20_000


class Open(admin.SimpleListFilter):
    """Those that somebody has to look at, or those that were replayed."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two states."""
        return [("open", "Set aside"), ("replayed", "Replayed")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[DeadLetter]
    ) -> QuerySet[DeadLetter]:
        """The letters in the chosen state."""
        if self.value() is None:
            return queryset
        return queryset.filter(replayed_at__isnull=self.value() == "open")


@admin.register(DeadLetter)
class DeadLetterAdmin(Read):
    """What a consumer could not use: replayed once the cause is mended, or deleted for good."""

    list_display = ("died_at", "consumer", "event_id", "error", "attempts", "replayed_at")
    list_filter = (Open, "consumer")
    search_fields = ("=id", "=event_id", "error")
    fields = ("consumer", "event_id", "error", "attempts", "died_at", "replayed_at", "what_came")
    actions = ("replay",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may, by Django's permission: nothing is to be done about some of them."""
        return request.user.has_perm("notifications.delete_deadletter")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Who may change them, by Django's permission."""
        return request.user.has_perm("notifications.change_deadletter")

    @admin.display(description="what came")
    def what_came(self, letter: DeadLetter) -> SafeString:
        """The body, laid out where it is JSON."""
        try:
            text = json.dumps(json.loads(letter.body), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            text = letter.body
        whole = text[:SHOWN_LONGEST].encode(errors="replace").decode()  # halves of pairs
        return format_html("<pre>{}</pre>", whole)

    @admin.action(description="Replay", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        """Give each to its consumer again, the oldest first."""
        done = 0
        for letter in queryset.order_by("died_at"):
            try:
                is_new = replay(letter=letter)
            except Conflict as error:
                self.message_user(request, f"{letter}: {error}", messages.ERROR)
                continue
            words = "Replayed" if is_new else "Replayed; the consumer had it already"
            self.log_change(request, letter, words)
            done += 1
        if done:
            self.message_user(request, f"{done} replayed.", messages.SUCCESS)


@admin.register(Event)
class EventAdmin(Read):
    """What happened, and which consumers have had it."""

    list_display = ("occurred_at", "type", "user_id", "sequence", "published_at")
    list_filter = ("type", ("published_at", admin.EmptyFieldListFilter))
    search_fields = ("id",)  # there is a box to search in; what it finds says the method below
    search_help_text = "Id of an event or of a user"
    fields = (
        *("id", "type", "version", "user_id", "sequence", "occurred_at", "published_at"),
        *("had_by", "told"),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """By what is exact: the table is long."""
        if not search_term:
            return queryset, False
        try:
            named = UUID(search_term.strip())
        except ValueError:
            return queryset.none(), False
        return queryset.filter(pk=named) | queryset.filter(user_id=named), False

    @admin.display(description="had by")
    def had_by(self, event: Event) -> str:
        """The consumers that did what it is for, in this order."""
        rows = EventDelivery.objects.filter(event_id=event.pk).order_by("pk")
        return ", ".join(f"{row.consumer} at {row.done_at:%F %T}" for row in rows) or "nobody"

    @admin.display(description="data")
    def told(self, event: Event) -> SafeString:
        """What it says."""
        text = json.dumps(event.data, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", text[:SHOWN_LONGEST])
