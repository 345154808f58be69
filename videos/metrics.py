"""Figures of films for Prometheus, and which of them nobody asks after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

from django.db import Error, connection
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from generation import backlog
from generation.backlog import SILENT_LONGEST_S, Silent

# A film that its provider works on is silent since somebody last asked after it. While it is being
# fetched nobody has to; and what is made here is asked after by nobody.
_AWAITED: Final = """
    WITH awaited AS (
        SELECT id, extract(epoch FROM
            statement_timestamp() - coalesce(looked_at, submitted_at, created_at)) AS silent_s
        FROM videos_video
        WHERE status IN ('queued', 'in_progress') AND provider_ref <> '' AND deleted_at IS NULL
          AND (fetching_until IS NULL OR fetching_until < statement_timestamp())
    )
"""
_SILENT: Final = f"""{_AWAITED}
    SELECT count(*) FILTER (WHERE silent_s > %s), coalesce(greatest(max(silent_s), 0), 0)::float
    FROM awaited
"""  # noqa: S608 - our own words
_SILENT_IDS: Final = f"{_AWAITED} SELECT id FROM awaited WHERE silent_s > %s"  # noqa: S608 - our own words
_COUNTED: Final = """
    SELECT provider, status, count(*), coalesce(sum(seconds), 0), coalesce(sum(byte_count), 0)
    FROM videos_video GROUP BY provider, status ORDER BY provider, status
"""


def silent() -> Silent:
    """How many films nobody has asked after for too long, and for how long the first of all."""
    return Silent(*_rows(_SILENT, SILENT_LONGEST_S)[0])


def silent_ids() -> list[int]:
    """The films that nobody has asked after for too long."""
    return [row[0] for row in _rows(_SILENT_IDS, SILENT_LONGEST_S)]


def _rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


class VideosCollector(Collector):
    """All processes share these, so they are read from the database when asked for."""

    def describe(self) -> list[GaugeMetricFamily]:
        """The names, without asking the database."""
        return _families([])

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures; none while the database does not answer."""
        try:
            families = _families(_rows(_COUNTED), silent())
        except Error:
            return
        yield from families


def _families(
    rows: Iterable[tuple[Any, ...]], found: Silent | None = None
) -> list[GaugeMetricFamily]:
    videos = GaugeMetricFamily(
        "videos", "Videos by who made them and how they stand.", labels=["provider", "status"]
    )
    seconds = GaugeMetricFamily(
        "videos_filmed_seconds", "Seconds of the videos that were completed.", labels=["provider"]
    )
    stored = GaugeMetricFamily("videos_stored_bytes", "Bytes of the videos that are stored.")
    oldest = GaugeMetricFamily(
        "oldest_silent_video_seconds",
        "For how long nobody has asked after the video that was asked after least lately.",
    )
    total = 0
    for provider, status, count, filmed, byte_count in rows:
        videos.add_metric([provider, status], count)
        total += byte_count
        if status == "completed":
            seconds.add_metric([provider], filmed)
    if found is not None:
        stored.add_metric([], total)
        oldest.add_metric([], found.oldest_s)
    return [videos, seconds, stored, oldest]


@cache
def register() -> None:
    """Export these figures from this process, once, and let alerts see who is silent."""
    REGISTRY.register(VideosCollector())
    backlog.count_silent(silent)
