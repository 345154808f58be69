"""A server that is killed while it answers, many streams, and clients that do not read."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as product
from django.db import connection
from django.db.models.functions import Now

from accounts.operations import create_key
from credits import queries as credit
from deploy.embedded.postgres import PROJECT
from generation import work
from generation.models import AICall, Job
from tests.asgi import serving
from tests.assistant.conftest import HELLO
from tests.assistant.hanging_up import asking
from tests.fakes.chat_script import Answer, answers_in_pieces, hangs, hangs_in_mid_stream
from tests.fakes.chat_server import ChatServer, Gate
from tests.runtime.processes import wait_for

STREAM = {**HELLO, "stream": True, "model": "gpt-6-luna"}


@pytest.fixture
def secret(user: Any) -> str:
    return create_key(user=user, name="process")[1]


@contextmanager
def another_process(vendor: ChatServer) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A web process of its own on the tests' database, and its address."""
    name = connection.settings_dict["NAME"]
    host = connection.settings_dict["OPTIONS"]["host"]
    environment = {
        **os.environ,
        **vendor.settings_for("openai"),
        "DATABASE_URL": f"postgres://techpack@/{name}?host={host}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "JOB_LEASE_S": "3600",
    }
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.embedded.web", str(listening.fileno())],
            cwd=PROJECT,
            env=environment,
            pass_fds=[listening.fileno()],
        )
        try:
            yield process, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            process.kill()
            process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("stream", [True, False])
def test_a_killed_process_leaves_a_job_that_the_sweeper_ends(
    user: Any, secret: str, chat_vendor: ChatServer, stream: bool
) -> None:
    chat_vendor.will(hangs_in_mid_stream if stream else hangs)
    with (
        another_process(chat_vendor) as (process, address),
        asking(address, secret, STREAM | {"stream": stream}) as client,
    ):
        if stream:
            client.hear(b"assistant")
        chat_vendor.wait_until(lambda: chat_vendor.bought == 1, within_s=60)
        process.kill()
        process.wait()
    assert credit.balance(user).held > 0
    work.sweep()
    assert Job.objects.get(kind="chat").status == "running", "its lease is not over yet"
    Job.objects.update(lease_expires_at=Now() - timedelta(seconds=1))
    work.sweep()
    job: Any = Job.objects.select_related("hold").get(kind="chat")
    assert (job.status, job.error["code"]) == ("failed", "AMBIGUOUS")
    assert AICall.objects.get().status == "ambiguous"
    assert (credit.balance(user).free, credit.balance(user).held) == (18_000_000, 0)
    assert chat_vendor.bought == 1


@pytest.mark.slow
def test_a_process_that_is_asked_to_stop_settles_its_streams_first(
    user: Any, secret: str, chat_vendor: ChatServer
) -> None:
    chat_vendor.will(hangs_in_mid_stream)
    with (
        another_process(chat_vendor) as (process, address),
        asking(address, secret, STREAM) as client,
    ):
        client.hear(b"assistant")
        process.terminate()
        assert process.wait(timeout=60) == 0
    job: Any = Job.objects.select_related("hold").get(kind="chat")
    assert (job.status, job.result["is_whole"]) == ("succeeded", False)
    assert job.hold.captured == job.input["input_tokens"]


def test_a_job_that_the_sweeper_ended_is_not_charged_by_a_process_that_wakes_up(
    user: Any, secret: str, openai_vendor: ChatServer
) -> None:
    gate = Gate()
    openai_vendor.will(answers_in_pieces(gate))
    with serving() as address, asking(address, secret, STREAM) as client:
        gate.let()
        client.hear(b"one")
        Job.objects.update(lease_expires_at=Now() - timedelta(seconds=1))
        work.sweep()
        gate.open()
        heard = client.hear_out()
    assert b'"code":"TRANSIENT"' in heard
    assert b"[DONE]" not in heard
    assert credit.balance(user).free == 18_000_000


def test_open_streams_hold_no_connections_of_the_database(
    user: Any, secret: str, openai_vendor: ChatServer
) -> None:
    gate = Gate()
    openai_vendor.usually = answers_in_pieces(gate)

    def connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND query NOT LIKE 'LISTEN%'"
            )
            return int(cursor.fetchone()[0])

    most = product.CHATS_OF_USER_AT_ONCE
    with serving() as address:
        clients = [asking(address, secret, STREAM) for _ in range(most)]
        opened = [client.__enter__() for client in clients]
        for client in opened:
            client.hear(b"assistant")
        assert Job.objects.filter(kind="chat", status="running").count() == most
        wait_for(lambda: connections() == 0, what="the end of every connection")
        with asking(address, secret, STREAM) as one_more:
            assert b"429" in one_more.hear(b"\r\n")
        gate.open()
        for client in opened:
            client.hear(b"[DONE]")
        for entered in clients:
            entered.__exit__(None, None, None)
    assert Job.objects.filter(kind="chat", status="succeeded").count() == most


@pytest.mark.parametrize("stream", [True, False])
def test_no_transaction_is_open_while_the_vendor_works(
    user: Any, secret: str, openai_vendor: ChatServer, stream: bool
) -> None:
    gate = Gate()
    openai_vendor.will(Answer(gate=gate))
    with serving() as address, asking(address, secret, STREAM | {"stream": stream}) as client:
        openai_vendor.wait_until(lambda: openai_vendor.bought == 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT query FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            )
            assert cursor.fetchall() == []
        assert credit.balance(user).held > 0
        assert AICall.objects.get().status == "pending"
        gate.open()
        client.hear_out()
    assert credit.balance(user).held == 0


def test_a_client_that_does_not_read_holds_the_vendor_back_and_is_given_up(
    user: Any, secret: str, openai_vendor: ChatServer, settings: Any
) -> None:
    settings.CHAT_DEADLINE_S = 4
    words = 400
    openai_vendor.will(Answer(" ".join(["x" * 60_000] * words)))
    with serving() as address, asking(address, secret, STREAM) as client:
        client.hear(b"assistant")
        wait_for(
            lambda: Job.objects.filter(kind="chat", status__in=Job.FINAL).exists(),
            what="the end of the job",
        )
        openai_vendor.wait_until(lambda: openai_vendor.hung_up == 1)
    job: Any = Job.objects.select_related("hold").get(kind="chat")
    assert (job.status, job.result["is_whole"]) == ("succeeded", False)
    assert openai_vendor.pieces < words
    assert job.hold.captured > job.input["input_tokens"], "what was sent is paid"
