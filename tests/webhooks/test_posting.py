"""One POST: to the public internet only, in time, read no further than it takes."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from core.addresses import Address
from core.pinned import Reach
from notifications.posting import Answer, post
from tests.certificates import certificate
from tests.webhooks.receiver import (
    HERE,
    HOST,
    Receiver,
    Sink,
    drip,
    hang,
    hang_up,
    rubbish,
    status,
)


def sent(receiver: Receiver, path: str = "/", **rest: object) -> Answer:
    given = {"reach": receiver.reach(), **rest}
    return post(receiver.url(path), b'{"a": 1}', [("webhook-id", "m")], **given)  # type: ignore[arg-type]


def test_it_is_posted_as_json_by_name(receiver: Receiver) -> None:
    answer = sent(receiver, "/in?x=1")
    assert (answer.status, answer.words, answer.is_taken) == (200, "", True)
    (got,) = receiver.got
    assert (got.path, got.body) == ("/in?x=1", b'{"a": 1}')
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"hooks.example.com:{receiver.port}"
    assert got.headers["user-agent"].startswith("TechpackStudio/")
    assert got.headers["webhook-id"] == "m"


@pytest.mark.parametrize("code", [201, 202, 204])
def test_any_2xx_is_taken(receiver: Receiver, code: int) -> None:
    receiver.will(status(code))
    assert sent(receiver).is_taken


def test_a_refusal_is_told_with_the_start_of_its_words(receiver: Receiver) -> None:
    receiver.will(status(500, b"<b>No\n\0 disk\x1b[1m</b> " + b"x" * 900))
    answer = sent(receiver)
    assert not answer.is_taken
    assert answer.words.startswith("500 Internal Server Error: <b>No disk[1m</b> xxx")
    assert len(answer.words) == 200


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_redirects_are_not_followed(receiver: Receiver, code: int) -> None:
    receiver.will(status(code, Location=receiver.url("/elsewhere")))
    answer = sent(receiver)
    assert (answer.status, answer.is_taken) == (code, False)
    assert "redirects are not followed" in answer.words
    assert [got.path for got in receiver.got] == ["/"]


@pytest.mark.parametrize("code", [200, 400])
def test_of_five_megabytes_little_is_read(receiver: Receiver, code: int) -> None:
    def answer_much(sink: Sink) -> None:
        sink.send_response(code)
        sink.end_headers()
        for _ in range(80):
            sink.wfile.write(bytes(65536))
        written.append("all of it")

    written: list[str] = []
    receiver.will(answer_much)
    began = time.monotonic()
    answer = sent(receiver)
    assert (answer.status, answer.is_taken) == (code, code == 200)
    assert time.monotonic() - began < 5
    assert len(answer.words) <= 200
    assert written == []


@pytest.mark.parametrize("silence", [hang, drip])
def test_who_does_not_answer_is_left_at_the_deadline(receiver: Receiver, silence: object) -> None:
    receiver.will(silence)  # type: ignore[arg-type]
    began = time.monotonic()
    answer = sent(receiver, deadline_s=0.3)
    assert time.monotonic() - began < 8
    assert (answer.status, answer.is_taken) == (None, False)
    assert answer.words == "No answer within 10 seconds."
    assert answer.took_ms >= 300


def test_what_is_no_answer_is_told(receiver: Receiver) -> None:
    receiver.will(rubbish, hang_up)
    assert sent(receiver).words == "The server did not answer in HTTP."
    assert not sent(receiver).is_taken


def test_inside_addresses_are_not_reached_whatever_the_name(receiver: Receiver) -> None:
    names = {"inside_example": "10.0.0.5", "meta_example": "169.254.169.254", "v6_example": "::1"}
    for name in names:
        url = f"http://{name.replace('_', '.')}:{receiver.port}/"
        answer = post(url, b"{}", [], reach=receiver.reach(**names))
        assert answer.words == "This address is not on the public internet."
    assert receiver.got == []


def test_the_usual_reach_lets_nothing_through_to_this_machine(receiver: Receiver) -> None:
    for url in (receiver.url(), "http://example.com/", f"https://127.0.0.1:{receiver.port}/"):
        assert post(url, b"{}", []).status is None
    assert post("https://127.0.0.1/", b"{}", []).words.endswith("not on the public internet.")
    assert post("https://localhost/", b"{}", []).words.endswith("not on the public internet.")
    assert receiver.got == []


def test_a_name_that_changes_its_address_is_resolved_once(receiver: Receiver) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        asked.append(host)
        return [HERE if len(asked) == 1 else ipaddress.ip_address("10.0.0.1")]

    usual = receiver.reach()
    assert sent(receiver, reach=Reach(rebinding, usual.permits, usual.ports)).is_taken
    assert asked == ["hooks.example.com"]


@pytest.mark.parametrize("url", ["", "x", "http://", "http://[::1", "http://a b/", "\0"])
def test_a_wrong_address_is_told_and_not_raised(receiver: Receiver, url: str) -> None:
    answer = post(url, b"{}", [], reach=receiver.reach())
    assert answer.status is None
    assert "address" in answer.words


def test_an_unknown_name_is_told(receiver: Receiver) -> None:
    answer = post(f"http://gone.example:{receiver.port}/", b"{}", [], reach=receiver.reach())
    assert answer.words == "The server could not be reached: its host name does not exist."


def test_a_resolver_that_is_away_for_a_moment_is_told_apart(receiver: Receiver) -> None:
    def away(host: str, port: int) -> list[Address]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    usual = receiver.reach()
    answer = sent(receiver, reach=Reach(away, usual.permits, usual.ports))
    assert answer.words == "The server could not be reached: its host name was not found just now."


def test_a_port_where_nobody_listens_is_told(receiver: Receiver) -> None:
    receiver.close()
    assert sent(receiver).words == "The server could not be reached: it refuses connections."


def test_a_server_without_tls_is_told(receiver: Receiver) -> None:
    url = receiver.url().replace("http://", "https://")
    answer = post(url, b"{}", [], reach=receiver.reach())
    assert answer.words == "The server could not be reached: no secure connection came about."


def test_a_certificate_that_is_not_trusted_is_told(tmp_path: Path) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*certificate(tmp_path, HOST))
    secured = Receiver()
    secured.secure(serving)
    secured.serve()
    try:
        url = secured.url().replace("http://", "https://")
        answer = post(url, b"{}", [], reach=secured.reach())
        assert answer.words == "The server's certificate is not valid: self-signed certificate."
        assert secured.got == []
    finally:
        secured.close()


def test_how_long_to_wait_is_read_as_number_or_date(receiver: Receiver) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    receiver.will(status(429, Retry_After=at))
    assert 60 < (sent(receiver).wait_s or 0) <= 90
    for told, seconds in {"120": 120, "soon": None, "-5": None, "9" * 20: None}.items():
        receiver.will(status(429, Retry_After=told))
        assert sent(receiver).wait_s == seconds, told
    receiver.will(status(503), status(500, Retry_After="120"))
    assert [sent(receiver).wait_s, sent(receiver).wait_s] == [None, None]
