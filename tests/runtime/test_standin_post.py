"""Under the supervisor the stand-in for Stripe delivers by itself, also after its process died."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from environ import Env

from config.payments import payments
from tests.runtime.processes import wait_for
from tests.servers import Server, empty_data_dir

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

HOME = "/standin/stripe/"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with empty_data_dir(tmp_path) as folder:
        running = Server(folder, settings={"DEBUG": "1", "SECRET_KEY": "k" * 50})
        try:
            yield running
        finally:
            running.end()


def press(browser: httpx.Client, **fields: str) -> None:
    page = browser.get(HOME).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token is not None
    answer = browser.post(HOME, data={"csrfmiddlewaretoken": token[1], **fields})
    assert answer.status_code == 302, answer.text


def test_late_webhooks_outlive_the_web_process(server: Server) -> None:
    server.until("server +ready in")
    acted = payments(
        Env(),
        is_relaxed=True,
        bind="127.0.0.1",
        port=server.port,
        public_url=server.url,
        key="k" * 50,
    )
    with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as browser:
        press(browser, do="switch", mode="once", late_s="4")
        key = {"Authorization": f"Bearer {acted.secret_key}"}
        made = browser.post(f"{HOME}v1/customers", headers=key, data={"email": "a@studio.example"})
        assert made.status_code == 200, made.text
        for pid in server.children("deploy.embedded.web"):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: server.says("web +killed by SIGKILL"), what="its end")
        wait_for(server.is_healthy, within_s=60, what="a healthy web")
        wait_for(
            lambda: "Taken, 200" in browser.get(HOME).text, within_s=60, what="the late webhook"
        )
