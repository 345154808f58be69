"""What the database holds becomes alerts that begin once, go on, and end without flapping."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from credits.models import LedgerCheck
from generation import heartbeats
from generation.alerts import evaluating, rules
from generation.alerts.evaluating import evaluate
from generation.models import Alert, Breaker, Job

from .conftest import End, firing, sweeper_stands_still, time_passes

pytestmark = pytest.mark.django_db


def test_a_provider_that_fails_fires_once_and_goes_on(end: End) -> None:
    end(5, "transient")
    assert evaluate()._asdict() == {"firing": 3, "began": 3, "ended": 0}
    (down,) = Alert.objects.filter(name="AIProviderDown")
    assert down.labels == {
        "alertname": "AIProviderDown",
        "severity": "page",
        "provider": "openai",
        "model": "eyes-1",
    }
    assert evaluate().began == 0
    assert Alert.objects.filter(name="AIProviderDown").count() == 1


def test_refusals_of_what_users_sent_wake_nobody(end: End) -> None:
    end(500, "user_input")
    evaluate()
    assert firing() == {}
    end(4, "transient", apart_s=1)
    evaluate()
    assert "AIProviderDown" not in firing(), "four calls of a minute, whatever was refused beside"


def test_each_provider_and_model_is_judged_alone(end: End) -> None:
    end(6, "transient")
    end(60, provider="gemini", model_name="eyes-2")
    end(4, "transient", model_name="eyes-3")
    evaluate()
    down = Alert.objects.filter(name="AIProviderDown")
    assert [(row.labels["provider"], row.labels["model"]) for row in down] == [("openai", "eyes-1")]


def test_a_bad_minute_between_two_looks_is_not_missed(end: End) -> None:
    """Five failures, 14 s apart, seen 14 s after the last: the breaker lets no sixth through."""
    end(5, "transient", ago_s=14, apart_s=14)
    evaluate()
    assert "AIProviderDown" in firing()


def test_a_breaker_that_lets_few_failures_through_hides_nothing(end: End) -> None:
    """Ten calls a second are answered, then five fail, and nobody is asked any more."""
    end(300, ago_s=11, apart_s=0.1)
    end(5, "transient", ago_s=10, apart_s=0.1)
    soon = Now() + timedelta(seconds=20)
    Breaker.objects.create(provider="openai", model_name="eyes-1", open_until=soon)
    evaluate()
    assert "AIProviderDown" not in firing(), "it may recover"
    time_passes(seconds=55)
    evaluate()
    assert "AIProviderDown" in firing(), "65 s after the first failure"


def test_calls_of_two_minutes_do_not_make_a_bad_one(end: End) -> None:
    end(6, "transient", apart_s=16)
    evaluate()
    assert "AIProviderDown" not in firing()


def test_an_alert_ends_when_its_condition_was_gone_for_a_while(end: End) -> None:
    end(6, "transient", ago_s=5)
    evaluate()
    assert "AIProviderDown" in firing()
    time_passes(seconds=90)
    for _ in range(20):
        end(1, ago_s=1)
    evaluate()
    assert "AIProviderDown" not in firing(), "the last bad minute is 90 s ago"
    ended = Alert.objects.get(name="AIProviderDown")
    assert ended.ends_at is not None
    assert ended.due_at is not None, "it is to be told"


def test_an_alert_does_not_end_at_once(end: End) -> None:
    end(6, "transient", ago_s=1)
    evaluate()
    time_passes(seconds=40)
    assert evaluate().ended == 0, "the condition is gone for less than a minute"
    assert "AIProviderDown" in firing()
    end(1, "transient")
    evaluate()
    time_passes(seconds=45)
    assert evaluate().ended == 0, "a single failure prolongs it"
    time_passes(seconds=61)
    assert evaluate().ended == 1


def test_a_shut_breaker_keeps_the_alert_though_nobody_asks(end: End) -> None:
    end(5, "transient", ago_s=1)
    Breaker.objects.create(
        provider="openai", model_name="eyes-1", open_until=Now() + timedelta(seconds=30)
    )
    evaluate()
    time_passes(minutes=4)
    assert evaluate().ended == 0
    assert "AIProviderDown" in firing()
    Breaker.objects.update(open_until=None)  # the call that tried was answered
    time_passes(seconds=61)
    evaluate()
    assert "AIProviderDown" not in firing()


def test_what_fires_again_is_another_alert(end: End) -> None:
    end(6, "transient")
    evaluate()
    time_passes(minutes=10)
    evaluate()
    end(6, "transient")
    evaluate()
    first, second = Alert.objects.filter(name="AIProviderDown").order_by("starts_at")
    assert first.fingerprint == second.fingerprint
    assert (first.ends_at is None, second.ends_at is None) == (False, True)
    assert first.due_at is None, "that it ended is told by what fires anew"


def test_the_database_lets_no_alert_fire_twice(end: End) -> None:
    end(6, "transient")
    evaluate()
    alert = Alert.objects.get(name="AIProviderDown")
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(fingerprint=alert.fingerprint, name=alert.name)


def test_burn_rates_are_read_from_the_log(end: End) -> None:
    end(184, ago_s=60, apart_s=16)
    end(16, "malformed_output", ago_s=90, apart_s=200)
    evaluate()
    assert {row.labels["severity"] for row in Alert.objects.filter(name="AIErrorRateHigh")} == {
        "page",
        "ticket",
    }
    time_passes(minutes=10)
    evaluate()
    assert Alert.objects.filter(labels__severity="page", ends_at=None).count() == 0
    assert Alert.objects.filter(labels__severity="ticket", ends_at=None).count() == 1


def test_a_used_up_account_fires_until_it_answers(end: End) -> None:
    end(1, "quota")
    evaluate()
    assert set(firing()) == {"AIProviderQuota"}
    time_passes(minutes=30)
    evaluate()
    assert set(firing()) == {"AIProviderQuota"}, "nobody was answered since"
    end(1)
    evaluate()
    time_passes(minutes=6)
    evaluate()
    assert firing() == {}


def test_a_refused_key_fires(end: End) -> None:
    end(1, "configuration")
    evaluate()
    assert set(firing()) == {"AIProviderMisconfigured"}


def test_an_ambiguous_purchase_names_what_it_may_have_cost(end: End) -> None:
    end(2, "ambiguous", context={"possibleCostUsdMicros": 134_000})
    evaluate()
    alert = firing()["AmbiguousPurchase"]
    assert alert.labels["operation"] == "base-views/analyze"
    assert alert.labels["severity"] == "ticket"
    assert "$0.27" in alert.annotations["description"]


def test_the_ledgers_last_check_decides(job: Job) -> None:
    LedgerCheck.objects.create(drift=7_000_000)
    evaluate()
    assert "7.00 credits" in firing()["LedgerDrift"].annotations["summary"]
    LedgerCheck.objects.create(drift=0)
    evaluate()
    assert firing() == {}


def queue(job: Job, *, waits: timedelta) -> Job:
    return Job.objects.create(
        user_id=job.user_id,
        kind="analyze",
        deadline_at=Now() + timedelta(hours=1),
        created_at=Now() - waits,
    )


def test_a_job_that_waits_too_long_fires(job: Job) -> None:
    queue(job, waits=timedelta(minutes=4))
    evaluate()
    assert firing() == {}
    queue(job, waits=timedelta(minutes=7))
    evaluate()
    words = firing()["OldestJobWaiting"].annotations
    assert words["summary"] == "A job has waited for a worker for 7 minutes"
    assert words["description"].startswith("2 jobs wait")


def test_jobs_that_wait_for_others_of_their_user_wake_nobody(job: Job, settings: Any) -> None:
    queue(job, waits=timedelta(minutes=7))
    for _ in range(settings.JOB_RUNNING_LIMIT):
        running = queue(job, waits=timedelta(minutes=8))
        Job.objects.filter(pk=running.pk).update(status="running", lease_expires_at=Now())
    evaluate()
    assert firing() == {}


def test_a_sweeper_that_stops_is_noticed_and_one_that_never_ran_too() -> None:
    evaluate()
    assert firing() == {}, "expected from now on"
    sweeper_stands_still(seconds=90)
    evaluate()
    silent_s = re.search(r" (\d+) seconds ago", firing()["SweeperSilent"].annotations["summary"])
    assert silent_s is not None
    assert int(silent_s[1]) >= 90
    time_passes(seconds=30)
    heartbeats.beat(heartbeats.SWEEP)
    evaluate()
    assert "SweeperSilent" in firing(), "not yet for long enough"
    time_passes(seconds=31)
    evaluate()
    assert firing() == {}


def test_a_full_disk_fires(disk: dict[str, float]) -> None:
    disk["used"] = 0.93
    evaluate()
    assert "93 %" in firing()["StorageFull"].annotations["summary"]


def test_a_broken_rule_hides_nothing_that_others_find(
    end: End, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(figures: Any) -> Any:
        raise ZeroDivisionError

    kept = [rule for rule in rules.RULES if rule.name == "AIProviderQuota"]
    bad = rules.Rule("Broken", "page", broken, "", "", "", "")
    monkeypatch.setattr(evaluating, "RULES", (bad, *kept))
    end(1, "quota")
    evaluate()
    assert set(firing()) == {"AIProviderQuota"}
    assert "the rule Broken is broken" in caplog.text


def test_words_and_addresses_are_whole(end: End, settings: Any) -> None:
    settings.PUBLIC_URL = "https://studio.example"
    end(6, "transient")
    evaluate()
    words = firing()["AIProviderDown"].annotations
    assert words["summary"] == "openai does not answer for eyes-1"
    assert "6 of the 6 calls" in words["description"]
    assert words["runbook_url"] == "https://studio.example/docs/operations/provider-down"
    assert words["page_url"].startswith("https://studio.example/admin/generation/aicall/?")


def test_old_alerts_are_forgotten_once_they_were_told(end: End) -> None:
    old = {"name": "Old", "labels": {"alertname": "Old", "severity": "page"}}
    ended = timezone.now() - timedelta(days=91)
    Alert.objects.create(fingerprint="a", ends_at=ended, due_at=None, **old)
    Alert.objects.create(fingerprint="b", ends_at=ended, **old)
    evaluate()
    assert [row.fingerprint for row in Alert.objects.all()] == ["b"]


def test_an_alert_whose_rule_is_gone_ends(end: End) -> None:
    Alert.objects.create(
        fingerprint="a", name="Old", labels={"alertname": "Old", "severity": "page"}
    )
    assert evaluate().ended == 1
