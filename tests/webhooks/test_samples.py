"""The documentation's receivers, each run as a program of its own, against what is really sent."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import playwright
import pytest

from accounts.models import User
from accounts.operations import create_key
from core.ids import uuid7
from notifications.delivering import JITTER, PAUSES_S
from notifications.event_types import TEST, TYPES
from notifications.models import WebhookTarget
from notifications.posting import post
from notifications.signing import new_secret, signed_headers
from tests.asgi import serving
from tests.core.docs import samples, table_of
from tests.runtime.processes import wait_for
from tests.servers import free_port
from tests.webhooks.receiver import HOST, Receiver

PAGE = "webhooks"
# Playwright brings a Node of its own, so that there is one wherever browsers are tested.
NODE = str(Path(playwright.__file__).parent / "driver" / "node")


def of_page(language: str) -> list[str]:
    return [one.code for one in samples(language) if one.address == PAGE]


def program(language: str, folder: Path) -> list[str]:
    """The command that runs the page's receiver in that language."""
    name = {"python": "receiver.py", "javascript": "receiver.mjs"}[language]
    file = folder / name
    (code,) = [one for one in of_page(language) if "WEBHOOK_SECRET" in one]
    file.write_text(code)
    return [sys.executable if language == "python" else NODE, str(file)]


class Running:
    """A receiver at work: ``send`` answers its status, ``said`` what it printed."""

    def __init__(self, port: int, secret: str, log: Path) -> None:
        self.port = port
        self.secret = secret
        self.log = log

    def send(self, body: str, *, headers: list[tuple[str, str]]) -> int | None:
        at = Receiver()
        at.port = self.port
        return post(at.url(), body.encode(), headers, reach=at.reach()).status

    def said(self) -> list[str]:
        return self.log.read_text().splitlines()


@contextmanager
def running(language: str, folder: Path) -> Iterator[Running]:
    port, secret, log = free_port(), new_secret(), folder / "said"
    given = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    with log.open("w") as out:
        process = subprocess.Popen(program(language, folder), env=given, stdout=out, stderr=out)
        try:
            wait_for(lambda: _listens(port), what=f"the receiver in {language}")
            yield Running(port, secret, log)
        finally:
            process.kill()
            process.wait(60)


def _listens(port: int) -> bool:
    with closing(socket.socket()) as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def message(**data: object) -> tuple[str, str]:
    """An event's id and its body."""
    event_id = str(uuid7())
    told = {"id": event_id, "type": "job.updated", "version": 1, "data": data}
    return event_id, json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_receiver_takes_ours_once_and_refuses_all_else(language: str, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    event_id, body = message(words="Grüße 🧵")
    with running(language, tmp_path) as receiver:

        def headers(*secrets: str, at: datetime = now, id: str = event_id) -> list[tuple[str, str]]:
            return signed_headers(message_id=id, at=at, body=body, secrets=secrets)

        ours = headers(receiver.secret)
        assert receiver.send(body, headers=ours) == 204
        assert receiver.send(body, headers=ours) == 204
        assert receiver.send(body, headers=headers(new_secret(), receiver.secret)) == 204
        forged = [
            headers(new_secret()),
            headers(receiver.secret, at=now - timedelta(minutes=6)),
            headers(receiver.secret, at=now + timedelta(minutes=6)),
            ours[:2],
            [*ours[:2], ("webhook-signature", "v1,")],
            [*ours[:2], ("webhook-signature", "v1," + "A" * 43 + "=")],
            [*ours[:2], ("webhook-signature", ours[2][1].replace("v1,", "v2,"))],
            [("webhook-id", "other"), *ours[1:]],
        ]
        for wrong in forged:
            assert receiver.send(body, headers=wrong) == 400, wrong
        assert receiver.send(body.replace("üß", "ue"), headers=ours) == 400
        other, body = message(n=2)
        assert receiver.send(body, headers=headers(receiver.secret, id=other)) == 204
        said = wait_for(
            lambda: [line for line in receiver.said() if "job.updated" in line][1:],
            what="the second event",
        )
    assert len(said) == 1
    assert sum("Grüße" in line for line in receiver.said()) == 1


@pytest.mark.django_db(transaction=True)
def test_an_address_is_added_and_tested_by_program(ada: User, tmp_path: Path) -> None:
    (code,) = [one for one in of_page("python") if "/api/webhooks" in one]
    key = create_key(user=ada, name="samples", scopes=["account"])[1]
    with serving() as url:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "TECHPACK_URL": url, "TECHPACK_KEY": key},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    target = WebhookTarget.objects.get(user=ada)
    assert f"Keep this: {target.secret}" in done.stdout
    assert f"{TEST} pending 0 None" in done.stdout


def test_the_page_names_every_type_that_there_is() -> None:
    named = [row[0].strip("`") for row in table_of(PAGE, below="What comes")]
    assert named == [*TYPES, TEST]


def test_the_page_tells_when_it_is_tried_again() -> None:
    units = {"s": 1, "min": 60, "h": 3600}
    (row,) = table_of(PAGE, below="When your server does not answer")
    waits = [re.fullmatch(r"(\d+) (s|min|h)", cell) for cell in row[1:]]
    assert [int(one[1]) * units[one[2]] for one in waits if one] == list(PAUSES_S)
    assert JITTER == 0.2
    assert HOST == "hooks.example.com"
