"""The whole product with a RabbitMQ: what is emitted arrives, and its consumers are kept up."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.rabbitmq import RabbitMQ
from tests.runtime.processes import alive, wait_for
from tests.servers import STOP_WITHIN_S, Server, empty_data_dir

pytestmark = [pytest.mark.rabbitmq, pytest.mark.thorough]

BEGIN = """
from accounts.models import User
print(User.objects.create_user("ada@studio.example").pk)
"""
TURN = """
from django.db import transaction
from accounts.models import User
from core.outbox import emit
data = {{"fromTier": "free", "toTier": "{tier}", "interval": None, "reason": "upgraded"}}
with transaction.atomic():
    user = User.objects.get()
    User.objects.update(tier="{tier}")
    emit(type="SubscriptionTierChanged", user_id=user.pk, data=data)
"""


@pytest.fixture
def supervised(server: RabbitMQ, tmp_path: Path) -> Iterator[Server]:
    with empty_data_dir(tmp_path) as folder:
        running = Server(folder, settings={"EVENTS_URL": server.url})
        try:
            yield running
        finally:
            running.end()


def turn(product: Server, tier: str) -> None:
    done = product.manage("shell", "-c", TURN.format(tier=tier))
    assert done.returncode == 0, done.stderr


def is_pro(product: Server) -> bool:
    with psycopg.connect(product.database_url) as looking:
        found = looking.execute("SELECT count(*) FROM accounts_user_groups").fetchone()
    return found == (1,)


def test_what_is_emitted_arrives_and_consumers_come_back_and_go_with_the_product(
    supervised: Server,
) -> None:
    supervised.until_ready()
    supervised.until(r"consumers .*permissions listens")
    assert supervised.manage("shell", "-c", BEGIN).returncode == 0
    turn(supervised, "pro")
    wait_for(lambda: is_pro(supervised), within_s=90, what="the group")
    for consumers in supervised.children("consume_events"):
        os.kill(consumers, signal.SIGKILL)
    turn(supervised, "free")
    wait_for(lambda: not is_pro(supervised), within_s=90, what="the group's end")
    assert supervised.says(r"consumers +killed by SIGKILL; starting again")
    processes = supervised.everything()
    assert supervised.children("consume_events")
    os.kill(supervised.process.pid, signal.SIGKILL)
    supervised.process.wait()
    wait_for(lambda: not alive(processes), within_s=STOP_WITHIN_S, what="the end of all")
