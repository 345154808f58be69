"""Who takes the money, by the environment; a server that sells does not start without an answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config.payments import Payments, payments
from deploy.embedded.cluster import EmbeddedServiceError
from deploy.embedded.postgres import PROJECT
from deploy.embedded.runtime import Runtime

HERE = "http://localhost:8000"
STRANGERS = "https://studio.example"


class Environment(Env):
    """An environment of the test's own."""

    def __init__(self, **given: str) -> None:
        super().__init__()
        self.ENVIRON = given


def asked(
    *, is_relaxed: bool = True, bind: str = "127.0.0.1", url: str = HERE, **given: str
) -> Payments:
    return payments(
        Environment(**given),
        is_relaxed=is_relaxed,
        bind=bind,
        port=8000,
        public_url=url,
        key="a key",
    )


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
@pytest.mark.parametrize(
    "url",
    [HERE, "http://127.0.0.1:8000", "http://[::1]:8000", "http://LOCALHOST", "https://localhost"],
)
def test_on_this_machine_payments_are_acted(bind: str, url: str) -> None:
    found = asked(bind=bind, url=url)
    assert (found.mode, found.why) == ("standin", "")
    host = f"[{bind}]" if ":" in bind else bind
    assert found.api_base == f"http://{host}:8000/standin/stripe"
    assert found.secret_key.startswith("sk_test_standin")
    assert found.webhook_secret.startswith("whsec_")


@pytest.mark.parametrize(
    ("is_relaxed", "bind", "url"),
    [
        (False, "127.0.0.1", HERE),
        (False, "0.0.0.0", STRANGERS),  # noqa: S104 - read, not bound
        (True, "0.0.0.0", HERE),  # noqa: S104
        (True, "::", HERE),
        (True, "", HERE),
        (True, "192.168.1.5", HERE),
        (True, "fe80::1", HERE),
        (True, "studio.example", HERE),
        (True, "127.0.0.1", STRANGERS),
        (True, "127.0.0.1", "http://192.168.1.5:8000"),
        (True, "127.0.0.1", "http://[2001:db8::1]:8000"),
        (True, "127.0.0.1", "http://localhost.studio.example"),
        (True, "127.0.0.1", "http://localhost@studio.example"),
        (True, "127.0.0.1", "http://[::1"),
        (True, "127.0.0.1", "localhost"),
        (True, "127.0.0.1", ""),
    ],
)
def test_whatever_strangers_may_reach_is_refused_without_a_key(
    is_relaxed: bool, bind: str, url: str
) -> None:
    found = asked(is_relaxed=is_relaxed, bind=bind, url=url)
    assert found.mode == "refused"
    assert "STRIPE_SECRET_KEY" in found.why
    assert "PAYMENTS=off" in found.why
    assert "\n" not in found.why
    assert (found.secret_key, found.webhook_secret) == ("", "")


@pytest.mark.parametrize("is_relaxed", [True, False])
@pytest.mark.parametrize(("bind", "url"), [("127.0.0.1", HERE), ("192.168.1.5", STRANGERS)])
def test_with_a_key_stripe_takes_the_money_and_off_wins_over_all(
    is_relaxed: bool, bind: str, url: str
) -> None:
    live = asked(
        is_relaxed=is_relaxed,
        bind=bind,
        url=url,
        STRIPE_SECRET_KEY="sk_live_1",
        STRIPE_WEBHOOK_SECRET="whsec_1",
    )
    assert live == Payments("stripe", "sk_live_1", "https://api.stripe.com", "whsec_1")
    off = asked(
        is_relaxed=is_relaxed, bind=bind, url=url, PAYMENTS="off", STRIPE_SECRET_KEY="sk_live_1"
    )
    assert off == Payments("off")


def test_another_address_of_the_api_is_taken_without_its_slash() -> None:
    found = asked(STRIPE_SECRET_KEY="sk_test_1", STRIPE_API_BASE="http://127.0.0.1:9/")
    assert found.api_base == "http://127.0.0.1:9"


def test_payments_are_off_or_not_named() -> None:
    with pytest.raises(ImproperlyConfigured, match="PAYMENTS"):
        asked(PAYMENTS="on")


def test_keys_of_the_stand_in_differ_from_one_installation_to_the_next() -> None:
    def of(key: str) -> Payments:
        return payments(
            Environment(), is_relaxed=True, bind="::1", port=1, public_url=HERE, key=key
        )

    assert of("one").secret_key != of("other").secret_key
    assert of("one").webhook_secret != of("other").webhook_secret
    assert of("one") == of("one")


@pytest.mark.parametrize(
    ("given", "said"),
    [({"DEBUG": "0"}, "STRIPE_SECRET_KEY"), ({"PAYMENTS": "perhaps"}, "PAYMENTS is")],
)
def test_the_supervisor_asks_who_takes_the_money_before_it_serves(
    given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(EmbeddedServiceError, match=said):
        Runtime.from_environment().check_payments()
    monkeypatch.setenv("PAYMENTS", "off")
    Runtime.from_environment().check_payments()


def started(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command of the product on an installation that says nothing about money."""
    environment = {
        **os.environ,
        "DEBUG": "0",
        "SECRET_KEY": "x" * 50,
        "DATA_DIR": str(folder),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        **more,
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_server_without_an_answer_says_so_in_one_line_and_ends(tmp_path: Path) -> None:
    web = started(tmp_path, "-c", "import config.asgi")
    assert web.returncode == 1
    assert len(web.stderr.strip().splitlines()) == 1
    assert "STRIPE_SECRET_KEY" in web.stderr

    whole = started(tmp_path, "-m", "deploy.embedded.supervisor")
    assert whole.returncode == 1
    assert len((whole.stdout + whole.stderr).strip().splitlines()) == 1
    assert "STRIPE_SECRET_KEY" in whole.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
def test_commands_and_workers_run_all_the_same(tmp_path: Path) -> None:
    found = started(tmp_path, "manage.py", "check")
    assert found.returncode == 0, found.stderr
    worker = started(tmp_path, "-c", "import config.celery as c; c.app.finalize(); print(c.app)")
    assert worker.returncode == 0, worker.stderr
    off = started(tmp_path, "-c", "import config.asgi; print('there')", PAYMENTS="off")
    assert (off.returncode, off.stdout.strip()) == (0, "there"), off.stderr
