"""A real Alertmanager takes the alerts, forwards each once, and misses none while it is away."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from deploy.embedded.postgres import PROJECT
from generation.alerts.watching import watch
from generation.models import Alert
from tests.alertmanager import alertmanager_path
from tests.runtime.processes import wait_for
from tests.servers import free_port

from .conftest import End, time_passes
from .receiver import Receiver, receiving

pytestmark = [pytest.mark.django_db, pytest.mark.alertmanager]

EXAMPLE = PROJECT / "deploy" / "prometheus" / "alertmanager.yml"
ALERTS = "/api/v2/alerts"


class Alertmanager:
    """A process of its own, alone, with what it keeps in a folder."""

    def __init__(self, folder: Path, pager: Receiver) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        config = yaml.safe_load(EXAMPLE.read_text())
        hook = {"webhook_configs": [{"url": pager.url + "/", "send_resolved": True}]}
        config["receivers"] = [{"name": each["name"], **hook} for each in config["receivers"]]
        for route in (config["route"], *config["route"]["routes"]):
            route |= {"group_wait": "100ms", "group_interval": "200ms"}
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))

    def start(self) -> None:
        """Start it and wait until it is ready."""
        program = alertmanager_path()
        if program is None:
            pytest.fail(
                "There is no Alertmanager: install it (Debian: apt install "
                "prometheus-alertmanager) or set ALERTMANAGER=/path/to/it. script/test leaves "
                "these tests out where there is none."
            )
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    program,
                    f"--config.file={self.folder / 'alertmanager.yml'}",
                    f"--storage.path={self.folder / 'kept'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    "--cluster.listen-address=",
                ],
                stdout=log,
                stderr=log,
            )
        wait_for(self.is_ready, what=(self.folder / "log").read_text())

    def is_ready(self) -> bool:
        """Whether it answers."""
        with suppress(httpx2.HTTPError):
            return httpx2.get(self.url + "/-/ready", timeout=5).status_code == 200
        return False

    def stop(self) -> None:
        """End it and wait for that."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def alerts(self) -> list[dict[str, Any]]:
        """What it knows, as its own page shows it."""
        found: list[dict[str, Any]] = httpx2.get(self.url + ALERTS, timeout=10).json()
        return found

    def active(self) -> list[str]:
        """The names of what fires and is held back by nothing else."""
        return sorted(
            alert["labels"]["alertname"]
            for alert in self.alerts()
            if alert["status"]["state"] == "active"
        )


@pytest.fixture
def pager() -> Iterator[Receiver]:
    """Whoever Alertmanager tells."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def alertmanager(tmp_path: Path, pager: Receiver, settings: Any) -> Iterator[Alertmanager]:
    process = Alertmanager(tmp_path, pager)
    settings.ALERTMANAGER_URL = process.url
    try:
        process.start()
        yield process
    finally:
        process.stop()


def told(pager: Receiver, name: str, status: str) -> int:
    """How many notifications there were of an alert in that state."""
    return sum(
        alert["labels"]["alertname"] == name and alert["status"] == status
        for notification in list(pager.posted)
        for alert in notification["alerts"]
    )


def until_told(pager: Receiver, name: str, status: str) -> None:
    wait_for(lambda: told(pager, name, status) > 0, what=f"{name} {status}")


def test_a_provider_that_fails_wakes_somebody_once_and_recovers_once(
    alertmanager: Alertmanager, pager: Receiver, end: End
) -> None:
    """One call in two seconds: all are answered, then none for a minute and a half."""
    end(60, apart_s=2)
    watch()
    assert alertmanager.alerts() == []
    took_s = 0
    while not Alert.objects.filter(name="AIProviderDown").exists():
        time_passes(seconds=15)
        end(7, "transient", apart_s=2)
        watch()
        took_s += 15
        assert took_s < 120
    until_told(pager, "AIProviderDown", "firing")

    time_passes(seconds=61)  # it goes on, and is told again
    end(6, "transient")
    watch()
    listed = [
        alert for alert in alertmanager.alerts() if alert["labels"]["alertname"] == "AIProviderDown"
    ]
    assert len(listed) == 1, "the same labels are the same alert"
    assert listed[0]["annotations"]["runbook_url"].endswith("/docs/operations/provider-down")
    assert listed[0]["generatorURL"].startswith("http")

    time_passes(seconds=121)
    end(9)
    watch()
    until_told(pager, "AIProviderDown", "resolved")
    assert told(pager, "AIProviderDown", "firing") == 1
    assert told(pager, "AIProviderDown", "resolved") == 1


def test_a_provider_that_is_down_keeps_its_error_rate_quiet(
    alertmanager: Alertmanager, end: End
) -> None:
    end(6, "transient")
    watch()
    wait_for(lambda: alertmanager.active() == ["AIProviderDown"], what="inhibition")
    suppressed = [alert for alert in alertmanager.alerts() if alert["status"]["inhibitedBy"]]
    assert {alert["labels"]["alertname"] for alert in suppressed} == {"AIErrorRateHigh"}
    assert {alert["labels"]["severity"] for alert in suppressed} == {"page", "ticket"}
    end(6, "transient", provider="gemini", ago_s=200)
    watch()
    rates = ["AIErrorRateHigh", "AIProviderDown"]
    wait_for(lambda: alertmanager.active() == rates, what="another provider's rate")


def test_an_alertmanager_that_was_away_is_told_of_all(
    alertmanager: Alertmanager, pager: Receiver, end: End
) -> None:
    """What fires still, and what began and ended while it was away."""
    alertmanager.stop()
    end(1, "quota", model_name="eyes-8")
    assert watch()["delivered"] == 0
    time_passes(minutes=10)
    end(1, model_name="eyes-8")
    end(1, "configuration", model_name="eyes-9")
    assert watch()["delivered"] == 0
    time_passes(minutes=6)
    watch()
    assert list(Alert.objects.filter(ends_at=None).values_list("name", flat=True)) == [
        "AIProviderMisconfigured"
    ]

    alertmanager.start()
    time_passes(seconds=121)
    assert watch()["delivered"] == 2
    until_told(pager, "AIProviderQuota", "firing")
    until_told(pager, "AIProviderMisconfigured", "firing")
    time_passes(seconds=61)
    assert watch()["delivered"] == 2
    until_told(pager, "AIProviderQuota", "resolved")
    assert told(pager, "AIProviderMisconfigured", "resolved") == 0
