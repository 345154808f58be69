"""Films in the admin: to be found, read and asked after again; nothing of them is edited."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.safestring import SafeString

from core.money import shown
from generation import log_admin as log
from generation.admin import ReadOnly
from generation.audit import charged_of
from videos import metrics
from videos.models import LooseFile, ProviderCallback, Video
from videos.tasks import look_soon

# What its provider may still have: open films, and those that it was too slow for.
MAY_COME: Final = (
    ~Q(provider_ref="")
    & Q(deleted_at__isnull=True)
    & (Q(status__in=Video.OPEN) | Q(look_at__isnull=False) | Q(error_code=Video.Code.TIMEOUT))
)


class State(admin.SimpleListFilter):
    """What operators look for beside the status."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """By what may be wrong with them."""
        return [
            ("silent", "Silent: nobody asks after them"),
            ("fetching", "Being fetched"),
            ("late", "Came late, free"),
            ("removed", "Files removed"),
            ("deleted", "Deleted by their user"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> QuerySet[Video]:
        """The films in the chosen state."""
        match self.value():
            case "silent":
                return queryset.filter(pk__in=metrics.silent_ids())
            case "fetching":
                return queryset.filter(fetching_until__gt=Now())
            case "late":
                return queryset.filter(is_late=True)
            case "removed":
                return queryset.filter(files_removed_at__isnull=False)
            case "deleted":
                return queryset.filter(deleted_at__isnull=False)
        return queryset


@admin.register(Video)
class VideoAdmin(ReadOnly):
    """Films."""

    list_display = (
        "created_at",
        "status",
        "progress",
        "provider",
        "seconds",
        "price",
        "charged",
        "looked_at",
        "user",
        "video_id",
    )
    list_filter = (
        State,
        "status",
        "provider",
        "error_code",
        ("created_at", admin.DateFieldListFilter),
    )
    search_fields = ("video_id",)  # there is a box to search in; what it finds says ``_found``
    search_help_text = "Id of a video, job, hold, product or user; a provider's; an address"
    list_select_related = ("user", "job__hold")
    actions = ("look_again",)
    fieldsets = (
        (
            "What was asked",
            {"fields": ("video_id", "user", "prompt", "product", "seconds", "size", "model")},
        ),
        ("How it went", {"fields": ("status", "progress", "is_late", "error", "times")}),
        ("At its provider", {"fields": ("provider", "provider_ref", "looks", "unknown_looks")}),
        ("What it cost", {"fields": ("price", "charged", "job_link", "hold_link")}),
        ("Its files", {"fields": ("file_key", "poster_key", "byte_count", "files_removed_at")}),
    )

    def has_look_permission(self, request: HttpRequest) -> bool:
        """Whoever may change films may have them asked after; the row itself nobody may."""
        return request.user.has_perm("videos.change_video")

    @admin.action(description="Look again now", permissions=["look"])
    def look_again(self, request: HttpRequest, queryset: QuerySet[Video]) -> None:
        """Have providers asked after the chosen films, those that timed out too."""
        chosen = list(queryset.filter(MAY_COME).values_list("pk", "video_id"))
        Video.objects.filter(MAY_COME, pk__in=[pk for pk, _ in chosen]).update(look_at=Now())
        for _, video_id in chosen:
            look_soon(video_id)
        over = queryset.count() - len(chosen)
        words = f"{len(chosen)} videos are asked after now."
        if over:
            words += f" {over} are over, or were never begun."
        messages.success(request, words)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By what is exact."""
        return (_found(queryset, search_term.strip()) if search_term else queryset), False

    @admin.display(description="price")
    def price(self, video: Video) -> str:
        """What was held for it, in credits."""
        return shown(video.job.price)

    @admin.display(description="charged")
    def charged(self, video: Video) -> str:
        """What was drawn, in credits."""
        return shown(charged_of(video.job))

    @admin.display(description="size")
    def size(self, video: Video) -> str:
        """Of its picture."""
        return video.size

    @admin.display(description="error")
    def error(self, video: Video) -> str:
        """What the user was told."""
        return f"{video.error_code}: {video.error_message}" if video.error_code else "none"

    @admin.display(description="times")
    def times(self, video: Video) -> SafeString | str:
        """What happened when, and what is to happen."""
        names = ("created", "submitted", "looked", "finished", "canceled", "deleted")
        told = {f"{name}_at": getattr(video, f"{name}_at") for name in names}
        due = {"look_at": video.look_at, "fetching_until": video.fetching_until}
        return log.readable({name: at for name, at in {**told, **due}.items() if at})

    @admin.display(description="job")
    def job_link(self, video: Video) -> SafeString:
        """The job that it is, with its calls."""
        return log.link("generation_job_change", video.job_id, str(video.job_id))

    @admin.display(description="charge explained")
    def hold_link(self, video: Video) -> SafeString | str:
        """Every movement of its hold."""
        if video.job.hold_id is None:
            return "free: nothing was held"
        return log.link("credits_hold_explain", video.job.hold_id, "Every movement of its hold")


def _found(rows: QuerySet[Video], term: str) -> QuerySet[Video]:
    if "@" in term:
        return rows.filter(user__email__istartswith=term)
    try:
        pk = UUID(term)
    except ValueError:
        return rows.filter(Q(video_id=term) | Q(provider_ref=term))
    return rows.filter(Q(job=pk) | Q(job__hold=pk) | Q(product=pk) | Q(revision=pk) | Q(user=pk))


@admin.register(ProviderCallback)
class ProviderCallbackAdmin(ReadOnly):
    """What providers called back about."""

    list_display = ("received_at", "provider", "type", "provider_ref", "webhook_id")
    list_filter = ("provider", "type")
    search_fields = ("provider_ref__exact", "webhook_id__exact")


@admin.register(LooseFile)
class LooseFileAdmin(ReadOnly):
    """Stored files that no film owns, or none yet."""

    list_display = ("key", "due_at")
    ordering = ("due_at",)
