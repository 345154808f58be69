"""The stand-in's webhooks come by themselves, over HTTP, also late and after a restart."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe

from billing import webhooks
from billing.models import StripeEvent
from billing.standin import here, sending
from billing.standin.sending import PostOffice
from billing.standin.world import World
from config.payments import Payments
from tests.asgi import serving
from tests.billing.acted import customer_named, session_for
from tests.runtime.processes import wait_for

SECRET = "whsec_of_the_post"


class Mailbox:
    """A server that takes webhooks, or refuses them while ``status`` says so."""

    def __init__(self) -> None:
        self.status = 200
        self.letters: list[dict[str, Any]] = []
        self.came_at: list[float] = []  # of each letter, in seconds of the epoch

    def types(self) -> list[str]:
        return [one["type"] for one in self.letters]


@contextmanager
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            stripe.WebhookSignature.verify_header(body, self.headers["Stripe-Signature"], SECRET)
            if box.status == 200:
                box.came_at.append(time.time())
                box.letters.append(json.loads(body))
            self.send_response(box.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield box, f"http://127.0.0.1:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> World:
    settings.DATA_DIR = tmp_path
    settings.PAYMENTS = Payments(
        "standin", "sk_test_standinpost", "http://127.0.0.1:9", webhook_secret=SECRET
    )
    return here.world()


@contextmanager
def opened(world: World) -> Iterator[PostOffice]:
    office = PostOffice(world)
    office.open()
    try:
        yield office
    finally:
        office.close()


def test_what_happens_is_delivered_at_once_signed(world: World) -> None:
    with mailbox() as (box, url), opened(world) as office:
        world.enlist(url=url, secret=SECRET)
        customer_named()
        office.wake()
        wait_for(lambda: "customer.created" in box.types())


def test_late_ones_come_by_the_clock(world: World) -> None:
    with mailbox() as (box, url):
        world.enlist(url=url, secret=SECRET)
        world.deliveries.switch(late_s=1)
        with opened(world):
            made_at = time.time()
            customer_named()
            wait_for(lambda: "customer.created" in box.types())
    assert box.came_at[box.types().index("customer.created")] >= made_at + 1


def test_what_was_not_sent_before_a_restart_is_sent_after_it(world: World) -> None:
    with mailbox() as (box, url):
        world.enlist(url=url, secret=SECRET)
        with opened(world):
            pass
        customer_named()
        with opened(World(Path(here.settings.DATA_DIR) / here.FILE, base=world.base)):
            wait_for(lambda: "customer.created" in box.types())


def test_what_was_refused_is_tried_again(world: World) -> None:
    with mailbox() as (box, url), opened(world) as office:
        world.enlist(url=url, secret=SECRET)
        box.status = 500
        customer_named()
        office.wake()
        wait_for(lambda: [one for one in world.deliveries.listed() if one.status == 500])
        box.status = 200
        world.deliveries.hurry()
        office.wake()
        wait_for(lambda: world.deliveries.listed()[0].state == "delivered")
        (letter,) = [one for one in world.deliveries.listed() if one.type == "customer.created"]
        assert letter.status == 200
        assert letter.attempts >= 2  # a slow machine may try again before it is hurried
        assert box.types() == ["customer.created"]


def test_a_world_that_breaks_does_not_end_the_post(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sending, "REST_S", 0.01)
    real, calls = sending.deliver_due, []

    def breaking(*given: Any) -> int:
        calls.append(given)
        if len(calls) == 1:
            raise OSError("the disk is full")
        return real(*given)

    monkeypatch.setattr(sending, "deliver_due", breaking)
    with mailbox() as (box, url), opened(world):
        world.enlist(url=url, secret=SECRET)
        customer_named()
        wait_for(lambda: "customer.created" in box.types())
    assert "are not sent" in caplog.text


@pytest.mark.parametrize("mode", ["stripe", "off", "refused"])
def test_there_is_no_post_where_payments_are_not_acted(settings: Any, mode: str) -> None:
    settings.PAYMENTS = Payments(mode, "sk_test_1")
    sending.start()
    assert sending._office is None


@pytest.mark.django_db(transaction=True)
def test_a_payment_reaches_the_product_by_itself(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    with serving() as address:
        settings.PUBLIC_URL = address
        api = f"{address}/standin/stripe"
        settings.PAYMENTS = Payments("standin", "sk_test_standinwhole", api, SECRET)
        monkeypatch.setattr(stripe, "api_base", api)
        monkeypatch.setattr(sending, "_office", None)
        sending.start()
        office = sending._office
        assert office is not None
        try:
            session = session_for(customer_named(), "price_topup_50")
            here.world().actions.complete(session)
            sending.wake()
            kind = "checkout.session.completed"
            wait_for(lambda: StripeEvent.objects.filter(type=kind).exists())
        finally:
            office.close()
        assert {one.url for one in here.world().deliveries.listed()} == {webhooks.endpoint_url()}
