"""Many at once, some of whom go away: every answer ends, and is charged once or not at all."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db.models import F, Sum

from accounts.operations import create_key
from credits import queries as credit
from credits.models import Hold
from generation.models import AICall, Job
from tests.asgi import serving
from tests.assistant.conftest import HELLO
from tests.assistant.hanging_up import asking
from tests.fakes.chat_script import Answer, refuses_content
from tests.fakes.chat_server import Behaviour, ChatServer
from tests.runtime.processes import wait_for
from tests.techpack.conftest import new_user

AT_ONCE = 8
ASKED = 80


def ask(address: str, key: str, seed: int) -> None:
    """Ask whole or as a stream; read it all, or go away at some point."""
    rng = random.Random(seed)
    body = HELLO | {
        "model": rng.choice(["gpt-6-luna", "studio-1"]),
        "stream": rng.random() < 0.7,
        "max_tokens": rng.choice([16, 256, 4096]),
    }
    with asking(address, key, body) as client:
        leaves = rng.random()
        if leaves < 0.15:
            return
        if leaves < 0.5:
            client.hear_perhaps(rng.choice([b"HTTP/1.1", b"\r\n\r\n", b'"choices"']))
            return
        client.hear_out()


@pytest.mark.slow
def test_every_answer_ends_whoever_goes_away(
    user: Any, chat_vendor: ChatServer, settings: Any
) -> None:
    settings.CHATS_OF_USER_AT_ONCE = settings.CHATS_AT_ONCE = 100
    for name, value in chat_vendor.settings_for("openai").items():
        setattr(settings, name, value)
    rng = random.Random(7)
    breaks: list[Behaviour] = [Answer(breaks="reset"), Answer(breaks="error")]
    behaviours: list[Behaviour] = [Answer(), *breaks, refuses_content]
    chat_vendor.will(*rng.choices(behaviours, weights=[6, 1, 1, 1], k=ASKED))
    users = [user, new_user()]
    keys = [create_key(user=one, name="crowd")[1] for one in users]
    with serving() as address, ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(ask, address, keys[seed % 2], seed) for seed in range(ASKED)]:
            done.result()
        wait_for(
            lambda: not Job.objects.exclude(status__in=Job.FINAL).exists(), what="the end of all"
        )
    jobs = Job.objects.filter(kind="chat")
    assert jobs.count() > ASKED // 2
    assert not AICall.objects.filter(status="pending").exists()
    assert not Hold.objects.filter(open__gt=0).exists()
    assert not Hold.objects.exclude(amount=F("captured") + F("released")).exists()
    assert not jobs.exclude(status="succeeded").filter(hold__captured__gt=0).exists()
    for one in users:
        charged = Hold.objects.filter(job__user=one).aggregate(total=Sum("captured"))["total"]
        assert credit.balance(one).free == 18_000_000 - charged
        assert credit.balance(one).held == 0
