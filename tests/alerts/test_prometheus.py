"""The rules for Prometheus say the same as the product's own, and each leads to its runbook."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import pytest
import yaml
from django.test import Client

from credits.metrics import LedgerCollector
from deploy.embedded.postgres import PROJECT
from generation.alerts.rules import RULES
from generation.metrics import GenerationCollector
from notifications.event_figures import EventsCollector
from tests.core.docs import table_of
from tests.promtool import promtool
from videos.metrics import VideosCollector

PROMETHEUS = PROJECT / "deploy" / "prometheus"
FILES = sorted(path.stem for path in (PROMETHEUS / "rules").glob("*.yml"))
TESTS = sorted(path.name for path in (PROMETHEUS / "tests").glob("*.yml"))
RUNBOOKS = "/docs/operations/"


def rules(file: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "rules" / f"{file}.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = [rule for file in FILES for rule in rules(file) if "alert" in rule]


def known(alert: dict[str, Any]) -> tuple[str, str]:
    return alert["alert"], alert["labels"]["severity"]


def test_every_alert_of_the_product_is_a_rule_of_prometheus_with_the_same_runbook() -> None:
    of_prometheus = {known(alert): alert for alert in ALERTS}
    for rule in RULES:
        alert = of_prometheus[rule.name, rule.severity]
        assert alert["annotations"]["runbook_url"] == RUNBOOKS + rule.runbook
    assert len(of_prometheus) == len(ALERTS), "a name and a severity say which it is"


def test_only_what_the_product_cannot_say_of_itself_is_told_by_prometheus_alone() -> None:
    alone = {known(alert) for alert in ALERTS} - {(rule.name, rule.severity) for rule in RULES}
    assert alone == {
        ("SweeperMissing", "page"),
        ("AlertsSilent", "ticket"),
        ("AlertsUndelivered", "ticket"),
        ("LedgerCheckSilent", "page"),
        ("LedgerCheckMissing", "page"),
    }


@pytest.mark.parametrize("address", sorted({a["annotations"]["runbook_url"] for a in ALERTS}))
def test_every_alert_leads_to_a_runbook_that_names_it(address: str) -> None:
    path, anchor = urldefrag(address)
    answer = Client().get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    names = {a["alert"] for a in ALERTS if a["annotations"]["runbook_url"] == address}
    assert {name for name in names if name not in page} == set()
    assert not anchor or f'id="{anchor}"' in page


def test_the_page_of_alerts_lists_each_with_its_severity_and_its_runbook() -> None:
    rows = [
        *table_of("operations/alerts", below="What there is"),
        *table_of("operations/alerts", below="Be told by Prometheus"),
    ]
    listed = {(row[0].strip("`"), row[1]): re.findall(r"\((.*?)\)", row[3])[0] for row in rows}
    assert listed.keys() == {known(alert) for alert in ALERTS}
    for alert in ALERTS:
        path, _, anchor = listed[known(alert)].partition("#")
        page = (path or "alerts").removesuffix(".md")
        assert alert["annotations"]["runbook_url"] == RUNBOOKS + page + (anchor and f"#{anchor}")


def test_every_alert_has_a_severity_a_summary_and_a_description() -> None:
    for alert in ALERTS:
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert {"summary", "description", "runbook_url"} == alert["annotations"].keys()


def test_rules_ask_for_figures_that_there_are() -> None:
    collectors = (LedgerCollector(), GenerationCollector(), VideosCollector(), EventsCollector())
    families = [family for collector in collectors for family in collector.describe()]
    exported = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    recorded = {rule["record"] for file in FILES for rule in rules(file) if "record" in rule}
    figure = (
        r"\b(?:[a-z]\w*:)*[a-z]\w*(?:_total|_seconds|_ratio|_open|_undelivered|_microcredits)\b"
    )
    asked = set()
    for file in FILES:
        for rule in rules(file):
            asked |= set(re.findall(figure, re.sub(r"provider_model:[\w:]+", "", rule["expr"])))
            for name in re.findall(r"provider_model:[\w:]+", rule["expr"]):
                assert name in recorded, name
    assert asked
    assert asked <= exported


# --- What promtool says of them -----------------------------------------------------------
def said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


@pytest.mark.promtool
@pytest.mark.parametrize("test", TESTS)
def test_rules_fire_when_they_should_and_only_then(test: str) -> None:
    tested = promtool("test", "rules", f"tests/{test}", folder=PROMETHEUS)
    assert tested.returncode == 0, said(tested)


def test_every_file_of_rules_is_tested() -> None:
    named = {
        yaml.safe_load((PROMETHEUS / "tests" / test).read_text())["rule_files"][0] for test in TESTS
    }
    assert named == {f"../rules/{file}.yml" for file in FILES}


@pytest.mark.promtool
def test_the_example_of_a_configuration_is_one() -> None:
    checked = promtool("check", "config", "prometheus.yml", folder=PROMETHEUS)
    assert checked.returncode == 0, said(checked)
    assert f"{len(FILES)} rule files found" in said(checked)


@pytest.mark.alertmanager
def test_the_example_for_alertmanager_is_one() -> None:
    amtool = shutil.which("amtool")
    assert amtool is not None, "amtool comes with Alertmanager"
    checked = subprocess.run(
        [amtool, "check-config", "alertmanager.yml"],
        cwd=PROMETHEUS,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, said(checked)


@pytest.fixture
def rule_folder(tmp_path: Path) -> Path:
    """A copy of the rules and their tests, which may be broken."""
    return Path(shutil.copytree(PROMETHEUS, tmp_path / "prometheus"))


@pytest.mark.thorough
@pytest.mark.promtool
@pytest.mark.parametrize(
    ("test", "old", "new"),
    [
        ("ai-rates", "> 14.4 * 0.005", "> 20 * 0.005"),
        ("ai-rates", "> 14.4 * 0.005", "> 10 * 0.005"),
        ("ai-rates", "> 6 * 0.005", "> 9 * 0.005"),
        ("ai-rates", "> 6 * 0.005", "> 5 * 0.005"),
        ("ai-rates", "ratio5m > 14.4", "ratio1h > 14.4"),
        ("ai-rates", "ratio30m > 6", "ratio6h > 6"),
        ("ai-rates", "[1h]) >= 5", "[1h]) >= 4"),
        ("ai", 'outcome!="user_input"', 'outcome!="x"'),
        ("ai", "completed|user_input", "completed"),
        ("ai", "max by (provider, model, operation, outcome)", "sum by (provider, model)"),
        ("ai", "> 0.5 *", "> 0.4 *"),
        ("ai", "[1m]) >= 5", "[1m]) >= 2"),
        ("ai", "[5m]) >= 5", "[5m]) >= 50"),
        ("ai", "ALERTS{", "ALARMS{"),
        ("ai", 'outcome="quota"', 'outcome="transient"'),
        ("jobs", "> 5 * 60", "> 7 * 60"),
        ("jobs", "> 60", "> 600"),
        ("jobs", "for: 10m", "for: 1m"),
        ("videos", "> 5 * 60", "> 7 * 60"),
        ("videos", "keep_firing_for: 2m", "keep_firing_for: 9m"),
        ("events", "> 5 * 60", "> 7 * 60"),
        ("events", "> 0", "> 2"),
        ("events", "max by (consumer)", "sum by (consumer)"),
        ("storage", ">= 0.9", ">= 0.8"),
        ("storage", "keep_firing_for: 5m", "keep_firing_for: 1m"),
    ],
)
def test_rules_that_are_wrong_fail_their_tests(
    rule_folder: Path, test: str, old: str, new: str
) -> None:
    path = rule_folder / "rules" / f"{test.removesuffix('-rates')}.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    tested = promtool("test", "rules", f"tests/{test}.yml", folder=rule_folder)
    assert tested.returncode != 0
    assert "FAILED" in said(tested)
