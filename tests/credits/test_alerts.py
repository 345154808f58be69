"""The ledger is checked every hour, and a drift, or a check that stopped, wakes somebody."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.test import Client
from prometheus_client import generate_latest

from config.celery import app
from credits import audit
from credits.metrics import LedgerCollector
from credits.models import Account, LedgerCheck
from deploy.embedded.postgres import PROJECT
from tests.core.docs import table_of
from tests.promtool import promtool

from .conftest import MakeHold

PROMETHEUS = PROJECT / "deploy" / "prometheus"
RULES = PROMETHEUS / "rules" / "ledger.yml"
CHECK = "credits.tasks.check_ledger"


# --- The check ---------------------------------------------------------------------------
def exported() -> dict[str, float]:
    """The ledger's figures as Prometheus reads them."""
    lines = generate_latest().decode().splitlines()
    return {name: float(figure) for name, _, figure in map(_parted, lines) if "ledger_" in name}


def _parted(line: str) -> tuple[str, str, str]:
    return ("", "", "0") if line.startswith("#") else line.rpartition(" ")


def beat() -> None:
    """Do what beat rings for once an hour."""
    (entry,) = [each for each in settings.CELERY_BEAT_SCHEDULE.values() if each["task"] == CHECK]
    app.loader.import_default_modules()  # as a worker does
    app.tasks[entry["task"]].apply(throw=True)


def test_beat_rings_for_the_check_every_hour() -> None:
    every = [
        each["schedule"] for each in settings.CELERY_BEAT_SCHEDULE.values() if each["task"] == CHECK
    ]
    assert every == [timedelta(hours=1)]


@pytest.mark.usefixtures("tampering")
def test_the_drift_shows_after_the_next_check_and_goes_with_the_one_after(
    put_aside: MakeHold, account: Account
) -> None:
    put_aside(3)

    def tamper(by: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE credits_account SET available = available + %s WHERE id = %s",
                [by, account.pk],
            )

    beat()
    assert exported()["ledger_drift_microcredits"] == 0
    tamper(+5)
    assert exported()["ledger_drift_microcredits"] == 0, "it shows what the last check found"
    beat()
    # Once beside its entries, once beside its lots.
    assert exported()["ledger_drift_microcredits"] == 10
    tamper(-5)
    beat()
    assert exported()["ledger_drift_microcredits"] == 0
    assert [check.drift for check in LedgerCheck.objects.order_by("pk")] == [0, 10, 0]


def test_the_metrics_say_when_the_ledger_was_checked(db: None) -> None:
    assert "ledger_checked_timestamp_seconds" not in exported()
    for _ in range(2):
        beat()
    last = LedgerCheck.objects.latest("checked_at").checked_at
    assert exported()["ledger_checked_timestamp_seconds"] == pytest.approx(last.timestamp())


# --- The rules ---------------------------------------------------------------------------
def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_the_rules_ask_for_figures_that_there_are() -> None:
    known = {family.name for family in LedgerCollector().describe()}
    asked = {name for rule in rules() for name in re.findall(r"ledger_\w+", rule["expr"])}
    assert asked == {"ledger_drift_microcredits", "ledger_checked_timestamp_seconds"}
    assert asked <= known


def test_every_alert_leads_to_the_page_that_says_what_to_do() -> None:
    for rule in rules():
        path, anchor = urldefrag(rule["annotations"]["runbook_url"])
        answer = Client().get(path)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert rule["alert"] in page
        assert not anchor or f'id="{anchor}"' in page


def test_the_page_explains_every_kind_of_difference() -> None:
    kinds = set(re.findall(r"SELECT '([a-z ]+)'", audit._CHECK))
    rows = table_of("operations/ledger-drift", below="How to read a difference")
    assert {row[0].strip("`") for row in rows} == kinds
    assert {"account", "lot", "hold"} < kinds


# --- What promtool says of them ----------------------------------------------------------
@pytest.fixture
def rule_folder(tmp_path: Path) -> Path:
    """A copy of the rules and their tests, which may be broken."""
    return Path(shutil.copytree(PROMETHEUS, tmp_path / "prometheus"))


@pytest.mark.promtool
def test_the_alerts_fire_when_they_should_and_only_then() -> None:
    checked = promtool("check", "rules", str(RULES.relative_to(PROMETHEUS)), folder=PROMETHEUS)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool("test", "rules", "tests/ledger.yml", folder=PROMETHEUS)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.promtool
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("!= 0", "> 10"),
        ("max(last_over_time(ledger_drift_microcredits[15m]))", "ledger_drift_microcredits"),
        ("> 3 * 3600", "> 4 * 3600"),
        ("> 3 * 3600", "> 2 * 3600"),
        ("for: 3h", "for: 4h"),
    ],
)
def test_rules_that_are_wrong_fail_their_tests(rule_folder: Path, old: str, new: str) -> None:
    path = rule_folder / RULES.relative_to(PROMETHEUS)
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    tested = promtool("test", "rules", "tests/ledger.yml", folder=rule_folder)
    assert tested.returncode != 0
    assert "FAILED" in tested.stdout + tested.stderr


def test_without_promtool_its_tests_say_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMTOOL", "/nowhere/promtool")
    with pytest.raises(pytest.fail.Exception, match="apt install prometheus"):
        promtool("--version", folder=PROMETHEUS)
