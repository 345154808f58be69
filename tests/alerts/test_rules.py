"""When each alert fires and when it does not, by its figures alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from generation.alerts.figures import HOUR, MINUTE, WINDOWS_S, Asked, Ended, Figures, Unsure
from generation.alerts.rules import DOWN, PAGE, RULES, TICKET, Firing, Rule, fingerprint
from generation.webhooks import Webhooks

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
WHO = {"provider": "openai", "model": "eyes-1"}


def rule_of(name: str, severity: str = PAGE) -> Rule:
    (found,) = [rule for rule in RULES if (rule.name, rule.severity) == (name, severity)]
    return found


def found(name: str, severity: str = PAGE, /, **figures: Any) -> list[Firing]:
    return list(rule_of(name, severity).find(Figures(at=NOW, **figures)))


def asked(**more: Any) -> dict[str, Any]:
    """Figures of one provider's model that nobody asked of late, but for what is given."""
    quiet = dict.fromkeys(WINDOWS_S, Ended())
    more["ended"] = quiet | more.get("ended", {})
    return {"asked": (Asked("openai", "eyes-1", **more),)}


def ago(**by: float) -> datetime:
    return NOW - timedelta(**by)


# --- A provider that is down --------------------------------------------------------------
@pytest.mark.parametrize(
    ("calls", "failed", "fires"),
    [
        (5, 5, True),
        (5, 3, True),
        (6, 3, False),  # half is not more than half
        (4, 4, False),
        (0, 0, False),
        (200, 101, True),
        (200, 100, False),
    ],
)
def test_a_provider_is_down_when_most_of_five_calls_fail(
    calls: int, failed: int, fires: bool
) -> None:
    told = found(DOWN, **asked(minute=Ended(calls, failed)))
    assert [firing.labels for firing in told] == [WHO] * fires


@pytest.mark.parametrize(
    ("minute", "is_shut", "goes_on"),
    [
        (Ended(1, 1), False, True),
        (Ended(0, 0), True, True),
        (Ended(1, 0), False, False),
        (Ended(0, 0), False, False),
    ],
)
def test_a_provider_stays_down_while_single_calls_fail_or_its_breaker_is_shut(
    minute: Ended, is_shut: bool, goes_on: bool
) -> None:
    figures = asked(minute=minute, is_shut=is_shut)
    assert not found(DOWN, **figures), "it takes more to begin"
    fires = frozenset({(DOWN, "openai", "eyes-1")})
    assert bool(found(DOWN, firing=fires, **figures)) == goes_on
    other = frozenset({(DOWN, "openai", "eyes-2")})
    assert not found(DOWN, firing=other, **figures)


@pytest.mark.parametrize(
    ("is_shut", "answered_ago_s", "failed", "fires"),
    [
        (True, 61, 5, True),
        (True, None, 5, True),
        (True, 59, 5, False),  # it may have been one bad moment
        (True, 61, 4, False),
        (False, 61, 5, False),
    ],
)
def test_a_provider_is_down_when_its_breaker_is_shut_and_nobody_is_answered(
    is_shut: bool, answered_ago_s: int | None, failed: int, fires: bool
) -> None:
    figures = asked(
        ended={5 * MINUTE: Ended(3000, failed)},
        is_shut=is_shut,
        completed_at=None if answered_ago_s is None else ago(seconds=answered_ago_s),
    )
    assert bool(found(DOWN, **figures)) == fires


# --- Burn rates ---------------------------------------------------------------------------
def ended(**rates: tuple[int, int]) -> dict[str, Any]:
    windows = {"m5": 5 * MINUTE, "m30": 30 * MINUTE, "h1": HOUR, "h6": 6 * HOUR}
    return asked(ended={windows[name]: Ended(*pair) for name, pair in rates.items()})


@pytest.mark.parametrize(
    ("short", "long", "fires"),
    [
        ((100, 8), (1000, 80), True),
        ((100, 8), (1000, 72), False),  # 7.2 % is 14.4 times 0.5 %, and not more
        ((1000, 73), (1000, 73), True),
        ((100, 7), (1000, 80), False),  # it is over
        ((2, 2), (20, 4), False),  # a few failures of a quiet hour
        ((2, 2), (20, 5), True),
        ((0, 0), (20, 20), False),
    ],
)
def test_a_fast_burn_needs_both_windows(
    short: tuple[int, int], long: tuple[int, int], fires: bool
) -> None:
    told = found("AIErrorRateHigh", PAGE, **ended(m5=short, h1=long))
    assert [firing.labels for firing in told] == [WHO] * fires
    assert not found("AIErrorRateHigh", TICKET, **ended(m5=short, h1=long))


@pytest.mark.parametrize(
    ("short", "long", "fires"),
    [
        ((1000, 31), (1000, 31), True),
        ((1000, 30), (1000, 31), False),
        ((1000, 31), (1000, 30), False),
        ((4, 4), (4, 4), False),
        ((5, 5), (5, 5), True),
    ],
)
def test_a_slow_burn_needs_both_windows(
    short: tuple[int, int], long: tuple[int, int], fires: bool
) -> None:
    told = found("AIErrorRateHigh", TICKET, **ended(m30=short, h6=long))
    assert [firing.labels for firing in told] == [WHO] * fires
    assert not found("AIErrorRateHigh", PAGE, **ended(m30=short, h6=long))


# --- What a provider says of our account --------------------------------------------------
@pytest.mark.parametrize(
    ("name", "column"),
    [("AIProviderQuota", "quota_at"), ("AIProviderMisconfigured", "configuration_at")],
)
@pytest.mark.parametrize(
    ("said", "answered", "fires"),
    [
        (ago(seconds=1), None, True),
        (ago(minutes=50), None, True),
        (ago(minutes=61), None, False),
        (ago(minutes=50), ago(minutes=55), True),
        (ago(minutes=50), ago(minutes=45), False),  # it answers again
        (ago(seconds=30), ago(seconds=20), True),  # some calls pass, some do not
        (None, ago(minutes=1), False),
    ],
)
def test_an_account_that_is_refused_fires_until_a_call_is_answered(
    name: str, column: str, said: datetime | None, answered: datetime | None, fires: bool
) -> None:
    told = found(name, **asked(completed_at=answered, **{column: said}))
    assert [firing.labels for firing in told] == [WHO] * fires


def test_a_used_up_account_is_not_a_wrong_one() -> None:
    assert not found("AIProviderMisconfigured", **asked(quota_at=ago(seconds=1)))
    assert not found("AIProviderQuota", **asked(configuration_at=ago(seconds=1)))


# --- The rest -----------------------------------------------------------------------------
def test_an_ambiguous_purchase_fires_for_its_operation() -> None:
    (told,) = found(
        "AmbiguousPurchase", TICKET, unsure=(Unsure("openai", "pen-1", "regenerate", 2, 120_000),)
    )
    assert told.labels == {"provider": "openai", "model": "pen-1", "operation": "regenerate"}
    assert told.told == {"calls": 2, "usd": "0.12"}


@pytest.mark.parametrize(
    ("name", "figures", "fires"),
    [
        ("LedgerDrift", {"drift": 0}, False),
        ("LedgerDrift", {"drift": 1}, True),
        ("OldestJobWaiting", {"oldest_waiting_s": 300, "jobs_waiting": 1}, False),
        ("OldestJobWaiting", {"oldest_waiting_s": 301, "jobs_waiting": 1}, True),
        ("VideosSilent", {"oldest_silent_s": 300}, False),
        ("VideosSilent", {"oldest_silent_s": 301, "videos_silent": 1}, True),
        ("WebhookFailing", {"webhooks": (Webhooks("stripe", due=9),)}, False),
        ("WebhookFailing", {"webhooks": (Webhooks("stripe", 9, 1),)}, True),
        ("EventsWaiting", {"oldest_event_s": 300, "events_waiting": 1}, False),
        ("EventsWaiting", {"oldest_event_s": 301, "events_waiting": 1}, True),
        ("EventsSetAside", {"events_set_aside": {"webhooks": 0}}, False),
        ("EventsSetAside", {"events_set_aside": {"webhooks": 1}}, True),
        ("SweeperSilent", {"swept_at": ago(seconds=60)}, False),
        ("SweeperSilent", {"swept_at": ago(seconds=61)}, True),
        ("SweeperSilent", {"swept_at": None}, False),
        ("StorageFull", {"disk_used": 0.899}, False),
        ("StorageFull", {"disk_used": 0.9}, True),
        ("StorageFull", {"disk_used": None}, False),
    ],
)
def test_the_products_own_alerts_fire_at_their_bounds(
    name: str, figures: dict[str, Any], fires: bool
) -> None:
    severities = {rule.severity for rule in RULES if rule.name == name}
    assert any(found(name, severity, **figures) for severity in severities) == fires


def test_nothing_fires_where_nothing_happened() -> None:
    assert [rule.name for rule in RULES if list(rule.find(Figures(at=NOW)))] == []


def test_labels_alone_make_a_fingerprint() -> None:
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})
    assert fingerprint({"a": "1"}) != fingerprint({"a": "2"})
    assert len(fingerprint({})) == 64
