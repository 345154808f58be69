"""Where events go is a RabbitMQ, or the start ends with one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config.events import events_url
from tests.servers import Server


@pytest.mark.parametrize(
    "given",
    [
        *("", "amqp://rabbit", "amqps://rabbit.internal/techpack"),
        *("amqp://user:secret@127.0.0.1:5672//", "amqp://[::1]:5672/"),
    ],
)
def test_a_rabbitmq_is_taken_as_it_is(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTS_URL", given)
    assert events_url(Env()) == given


@pytest.mark.parametrize(
    "given",
    [
        *("redis://user:secret@rabbit/0", "http://rabbit:15672", "rabbit:5672", "secret", " "),
        *("amqp:rabbit", "amqp://", "amqp://user:secret@", "amqp://rabbit:secret/", "amqp://[::1"),
    ],
)
def test_what_is_none_is_refused_and_no_secret_in_it_is_told(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENTS_URL", given)
    with pytest.raises(ImproperlyConfigured, match=r"EVENTS_URL .*amqp://") as refused:
        events_url(Env())
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("setting", "given", "why"),
    [
        ("EVENTS_URL", "redis://127.0.0.1/0", "has to be an address of a RabbitMQ: amqp://"),
        ("STORAGE_URL", "s3://bucket", "has to be a folder, not s3."),
    ],
)
def test_the_server_does_not_start_with_another_and_says_why(
    tmp_path: Path, setting: str, given: str, why: str
) -> None:
    server = Server(tmp_path, settings={setting: given})
    try:
        assert server.process.wait(30) == 1
        assert server.says(f"{setting} {why}")
        assert not server.says("Traceback")
        assert not server.says("postgres")
    finally:
        server.end()
