"""When an alert fires: each rule looks at figures and says for whom, and touches nothing.

The same rules for Prometheus are in ``deploy/prometheus/rules``, with the same labels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from core.money import shown
from generation.alerts.figures import FEWEST_CALLS, HOUR, MINUTE, Asked, Figures
from generation.backlog import SILENT_LONGEST_S
from generation.webhooks import PAGES

PAGE: Final = "page"  # somebody has to get up
TICKET: Final = "ticket"  # somebody has to look at it in working hours
DOWN: Final = "AIProviderDown"
OBJECTIVE: Final = 0.995  # of the calls answer
BUDGET: Final = 1 - OBJECTIVE
# One job that fails in a quiet hour, asked three times, is a high rate and wakes nobody.
FEWEST_ERRORS: Final = 5
DOWN_ABOVE: Final = 0.5
WAITING_LONGEST_S: Final = 5 * MINUTE
EVENT_WAITS_LONGEST_S: Final = 5 * MINUTE
SWEEPER_SILENT_AFTER_S: Final = MINUTE
DISK_FULL_FROM: Final = 0.9


class Firing(NamedTuple):
    """One alert of a rule: what tells it from others, and the figures that its words need."""

    labels: Mapping[str, str]
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """An alert. ``summary`` and ``description`` are formatted with labels and figures.

    ``runbook`` is a page below ``/docs/operations/``, ``page`` an address of the product where
    an operator sees more, formatted likewise. It ends when its condition was gone for ``keep_s``.
    """

    name: str
    severity: str
    find: Callable[[Figures], Iterable[Firing]]
    summary: str
    description: str
    runbook: str
    page: str
    keep_s: int = 2 * MINUTE

    def labels_of(self, firing: Firing) -> dict[str, str]:
        """All the labels that the alert is known by."""
        return {"alertname": self.name, "severity": self.severity, **firing.labels}

    def labels_match(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is one of this rule's."""
        return (labels["alertname"], labels["severity"]) == (self.name, self.severity)


def fingerprint(labels: Mapping[str, str]) -> str:
    """What stands for a set of labels: 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()


# --- Providers ---------------------------------------------------------------------------
def _labels(asked: Asked) -> dict[str, str]:
    return {"provider": asked.provider, "model": asked.model}


def provider_down(figures: Figures) -> Iterator[Firing]:
    """Five calls or more in a minute, and more than half of them failed.

    A breaker lets few failures through, so that those of a busy minute stay less than half: where
    it is shut and nobody was answered for a minute, five failures are enough. To keep what fires
    already, a single one is, or the shut breaker.
    """
    for asked in figures.asked:
        fails = asked.minute.error_rate > DOWN_ABOVE
        fires = (DOWN, asked.provider, asked.model) in figures.firing
        goes_on = fires and (fails or asked.is_shut)
        if goes_on or (fails and asked.minute.calls >= FEWEST_CALLS) or _is_cut_off(asked, figures):
            yield Firing(_labels(asked), asked.ended[5 * MINUTE]._asdict())


def _is_cut_off(asked: Asked, figures: Figures) -> bool:
    answered_at = asked.completed_at
    is_silent = answered_at is None or figures.at - answered_at > timedelta(seconds=MINUTE)
    return asked.is_shut and is_silent and asked.ended[5 * MINUTE].failed >= FEWEST_CALLS


def error_rate(*, burn: float, short_s: int, long_s: int) -> Callable[[Figures], Iterator[Firing]]:
    """The error budget burns ``burn`` times as fast as it may, in both windows.

    The long one says that it matters, the short one that it still goes on.
    """

    def find(figures: Figures) -> Iterator[Firing]:
        for asked in figures.asked:
            long, short = asked.ended[long_s], asked.ended[short_s]
            is_high = min(long.error_rate, short.error_rate) > burn * BUDGET
            if is_high and long.failed >= FEWEST_ERRORS:
                percent = f"{100 * long.error_rate:.3g}"
                yield Firing(_labels(asked), {**long._asdict(), "percent": percent})

    return find


def provider_quota(figures: Figures) -> Iterator[Firing]:
    """The account is used up: it said so, and has answered nothing since."""
    yield from _said(figures, lambda asked: asked.quota_at)


def provider_misconfigured(figures: Figures) -> Iterator[Firing]:
    """The key or the model is refused, and nothing was answered since."""
    yield from _said(figures, lambda asked: asked.configuration_at)


def _said(figures: Figures, moment: Callable[[Asked], datetime | None]) -> Iterator[Firing]:
    for asked in figures.asked:
        at = moment(asked)
        if at is None:
            continue
        age = figures.at - at
        is_answered = asked.completed_at is not None and asked.completed_at > at
        if age < timedelta(seconds=MINUTE if is_answered else HOUR):
            yield Firing(_labels(asked), {})


def ambiguous_purchase(figures: Figures) -> Iterator[Firing]:
    """A paid call was sent and its answer never came."""
    for unsure in figures.unsure:
        labels = {
            "provider": unsure.provider,
            "model": unsure.model,
            "operation": unsure.operation,
        }
        usd = f"{unsure.cost_usd_micros / 1_000_000:.2f}"
        yield Firing(labels, {"calls": unsure.calls, "usd": usd})


# --- The product -------------------------------------------------------------------------
def ledger_drift(figures: Figures) -> Iterator[Firing]:
    """The last check of the ledger found a balance that is not the sum of its entries."""
    if figures.drift:
        yield Firing({}, {"credits": shown(figures.drift)})


def oldest_job_waiting(figures: Figures) -> Iterator[Firing]:
    """A job has waited for a worker for more than five minutes."""
    if figures.oldest_waiting_s > WAITING_LONGEST_S:
        minutes = int(figures.oldest_waiting_s // MINUTE)
        yield Firing({}, {"minutes": minutes, "jobs": figures.jobs_waiting})


def videos_silent(figures: Figures) -> Iterator[Firing]:
    """Nobody has asked a provider after a film for more than five minutes."""
    if figures.oldest_silent_s > SILENT_LONGEST_S:
        minutes = int(figures.oldest_silent_s // MINUTE)
        yield Firing({}, {"minutes": minutes, "videos": figures.videos_silent})


def webhook_failing(figures: Figures) -> Iterator[Firing]:
    """Webhooks have not worked for too long, or never will by themselves."""
    for of in figures.webhooks:
        if of.failing:
            told = {"count": of.failing, "given_up": of.given_up, "list": PAGES[of.operation]}
            yield Firing({"operation": of.operation}, told)


def events_waiting(figures: Figures) -> Iterator[Firing]:
    """An event has waited for more than five minutes to be carried to its consumers."""
    if figures.oldest_event_s > EVENT_WAITS_LONGEST_S:
        minutes = int(figures.oldest_event_s // MINUTE)
        yield Firing({}, {"minutes": minutes, "events": figures.events_waiting})


def events_set_aside(figures: Figures) -> Iterator[Firing]:
    """A consumer gave events up, and nobody has replayed or deleted them."""
    for consumer, count in figures.events_set_aside.items():
        if count:
            yield Firing({"consumer": consumer}, {"count": count})


def sweeper_silent(figures: Figures) -> Iterator[Firing]:
    """The sweeper, which runs every ten seconds, has not for a minute."""
    if figures.swept_at is None:
        return
    silent_s = (figures.at - figures.swept_at).total_seconds()
    if silent_s > SWEEPER_SILENT_AFTER_S:
        yield Firing({}, {"seconds": int(silent_s)})


def storage_full(figures: Figures) -> Iterator[Firing]:
    """The disk that photos and results are on is nearly full."""
    if figures.disk_used is not None and figures.disk_used >= DISK_FULL_FROM:
        yield Firing({}, {"percent": f"{100 * figures.disk_used:.0f}"})


_LOG = "/admin/generation/aicall/?provider={provider}&model_name={model}"
_RATE_WORDS = (
    "{failed} of {calls} calls ({percent} %) failed in {window}, at least {burn} times what the "
    "objective of 99.5 % allows. Refusals of what users sent are not counted."
)

RULES: Final = (
    Rule(
        DOWN,
        PAGE,
        provider_down,
        "{provider} does not answer for {model}",
        "{failed} of the {calls} calls of the last five minutes failed. Users are told that "
        "nothing was charged; while the breaker is open, requests are answered 503.",
        "provider-down",
        _LOG,
        keep_s=MINUTE,
    ),
    Rule(
        "AIErrorRateHigh",
        PAGE,
        error_rate(burn=14.4, short_s=5 * MINUTE, long_s=HOUR),
        "{percent} % of the calls of {provider} for {model} fail",
        _RATE_WORDS.replace("{window}", "the last hour").replace("{burn}", "14.4"),
        "error-rate",
        _LOG,
    ),
    Rule(
        "AIErrorRateHigh",
        TICKET,
        error_rate(burn=6, short_s=30 * MINUTE, long_s=6 * HOUR),
        "{percent} % of the calls of {provider} for {model} fail",
        _RATE_WORDS.replace("{window}", "the last six hours").replace("{burn}", "6"),
        "error-rate",
        _LOG,
    ),
    Rule(
        "AIProviderQuota",
        PAGE,
        provider_quota,
        "The account at {provider} is used up",
        "{provider} refuses calls for {model} until its account is topped up or its limit raised.",
        "provider-quota",
        _LOG + "&error_class=quota",
        keep_s=5 * MINUTE,
    ),
    Rule(
        "AIProviderMisconfigured",
        PAGE,
        provider_misconfigured,
        "{provider} refuses our key, or does not know {model}",
        "Calls for {model} are refused as they are set up: by the key, its rights, or the model's "
        "name.",
        "provider-misconfigured",
        _LOG + "&error_class=configuration",
        keep_s=5 * MINUTE,
    ),
    Rule(
        "AmbiguousPurchase",
        TICKET,
        ambiguous_purchase,
        "{calls} calls of {provider} may have been bought for nothing",
        "They were sent to {model} for {operation}, and no answer came. They are not sent again. "
        "They may have cost up to ${usd}.",
        "ambiguous-purchase",
        _LOG + "&status=ambiguous",
    ),
    Rule(
        "LedgerDrift",
        PAGE,
        ledger_drift,
        "The credit ledger drifted by {credits} credits",
        "The hourly check found a balance that is not the sum of its entries. Somebody may have "
        "more credits, or fewer, than they should.",
        "ledger-drift",
        "/admin/credits/ledgercheck/",
        keep_s=0,
    ),
    Rule(
        "OldestJobWaiting",
        PAGE,
        oldest_job_waiting,
        "A job has waited for a worker for {minutes} minutes",
        "{jobs} jobs wait. Workers are gone, stuck, or too few.",
        "oldest-job-waiting",
        "/admin/generation/job/?status=queued",
    ),
    Rule(
        "VideosSilent",
        PAGE,
        videos_silent,
        "Nobody has asked after a video for {minutes} minutes",
        "{videos} videos that providers work on are not asked after. What is done is not fetched, "
        "and what they hold stays held until their deadline.",
        "videos-silent",
        "/admin/videos/video/?state=silent",
    ),
    Rule(
        "WebhookFailing",
        TICKET,
        webhook_failing,
        "{count} webhooks ({operation}) have not worked for a while",
        "They are tried again, each at longer intervals, but for {given_up} that were given up.",
        "webhook-failing",
        "{list}",
    ),
    Rule(
        "EventsWaiting",
        TICKET,
        events_waiting,
        "An event has waited for its consumers for {minutes} minutes",
        "{events} events wait. Permissions, notifications of plans and webhooks of users come "
        "late; credits are not touched by it.",
        "events",
        "/admin/core/event/?published_at__isempty=1",
    ),
    Rule(
        "EventsSetAside",
        TICKET,
        events_set_aside,
        "{count} events were set aside by {consumer}",
        "They failed again and again, or are no events that we know. Mend the cause and replay "
        "them.",
        "events#what-was-set-aside",
        "/admin/notifications/deadletter/?state=open&consumer={consumer}",
    ),
    Rule(
        "SweeperSilent",
        PAGE,
        sweeper_silent,
        "The sweeper last ran {seconds} seconds ago",
        "It runs every ten seconds. While it is silent, jobs of lost workers stay where they are "
        "and holds stay open.",
        "sweeper-silent",
        "/admin/generation/heartbeat/",
        keep_s=MINUTE,
    ),
    Rule(
        "StorageFull",
        PAGE,
        storage_full,
        "The disk of photos and results is {percent} % full",
        "When it is full, photos are refused and answers that were bought cannot be kept.",
        "storage-full",
        "/admin/generation/alert/",
        keep_s=5 * MINUTE,
    ),
)
