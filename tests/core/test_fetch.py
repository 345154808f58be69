"""Pictures by address: from the open web, in time and in size, and from nowhere else."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.addresses import Address, is_public
from core.errors import InvalidRequest
from core.fetch import Fetched, fetch_image
from core.pinned import Reach
from tests.certificates import certificate

HERE = ipaddress.ip_address("127.0.0.1")
Answer = Callable[[BaseHTTPRequestHandler], object]


class Site:
    """A small web server whose paths answer as told, and that remembers what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str]] = []
        self.is_over = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.headers["Host"], self.path))
                site.answers[self.path](self)

            def log_message(self, *args: object) -> None:
                """Keep the test's output quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port

    def serve(self) -> None:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.is_over.set()
        self.server.shutdown()
        self.server.server_close()

    def redirect(self, path: str, to: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", to)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.answers[path] = answer

    def page(self, path: str, body: bytes, *, status: int = 200, **headers: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer

    def drip(self, path: str, head: bytes) -> None:
        """One byte of ``head`` or body every 20 ms, without end."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(head)
            while not self.is_over.wait(0.02):
                handler.wfile.write(b"x")

        self.answers[path] = _quiet(answer)

    def flood(self, path: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            while not self.is_over.is_set():
                handler.wfile.write(bytes(65536))

        self.answers[path] = _quiet(answer)


def _quiet(answer: Answer) -> Answer:
    def guarded(handler: BaseHTTPRequestHandler) -> None:
        try:
            answer(handler)
        except OSError:
            handler.close_connection = True

    return guarded


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    site.serve()
    yield site
    site.close()


def reach_of(site: Site, hosts: dict[str, str] | None = None, **rest: object) -> Reach:
    """The site as ``photos.example``; every other name as given, or unknown."""
    known = {"photos.example": "127.0.0.1", **(hosts or {})}

    def resolver(host: str, port: int) -> list[Address]:
        if host not in known:
            raise socket.gaierror(f"no address for {host} {port}")
        return [ipaddress.ip_address(text) for text in known[host].split()]

    permits = lambda address: address == HERE or is_public(address)  # noqa: E731
    return Reach(resolver, permits, frozenset({site.port}), **rest)  # type: ignore[arg-type]


def get(site: Site, path: str, **options: object) -> Fetched:
    options = {"reach": reach_of(site), **options}
    return fetch_image(f"http://photos.example:{site.port}{path}", **options)  # type: ignore[arg-type]


def refused(url: str, **options: object) -> str:
    with pytest.raises(InvalidRequest) as caught:
        fetch_image(url, **options)  # type: ignore[arg-type]
    assert caught.value.code == "URL_NOT_ALLOWED"
    return caught.value.fields["imageUrl"][0]


def refused_by(site: Site, path: str, **options: object) -> str:
    options = {"reach": reach_of(site), **options}
    return refused(f"http://photos.example:{site.port}{path}", **options)


def test_a_picture_is_loaded_with_its_claimed_name_and_type(site: Site) -> None:
    site.page("/a/%E5%89%8D%20view.jpg?x=1", b"bytes", Content_Type="Image/JPEG; q=1")
    fetched = get(site, "/a/前%20view.jpg?x=1")
    assert fetched == Fetched(b"bytes", "前 view.jpg", "image/jpeg")
    assert site.asked == [(f"photos.example:{site.port}", "/a/%E5%89%8D%20view.jpg?x=1")]


def test_three_redirects_are_followed_and_no_more(site: Site) -> None:
    for step in range(4):
        site.redirect(f"/{step}", f"/{step + 1}")
    site.page("/4", b"there")
    assert get(site, "/1").data == b"there"
    assert "redirects too often" in refused_by(site, "/0")


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://inside.example/",
        "http://[::1]/",
        "file:///etc/passwd",
        "gopher://photos.example/",
        "http://user:word@photos.example/",
        "//inside.example/",
    ],
)
def test_a_redirect_leads_nowhere_inside(site: Site, target: str) -> None:
    site.redirect("/go", target)
    hosts = {"inside.example": "10.0.0.5", "169.254.169.254": "169.254.169.254", "::1": "::1"}
    reach = reach_of(site, hosts)
    reach = Reach(reach.resolver, reach.permits, reach.ports | {80})
    refused(f"http://photos.example:{site.port}/go", reach=reach)
    assert len(site.asked) == 1


def test_a_name_that_changes_its_address_is_resolved_once_and_pinned(site: Site) -> None:
    site.page("/a.png", b"first")
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [HERE if len(asked) == 1 else ipaddress.ip_address("10.0.0.1")]

    reach = reach_of(site)
    reach = Reach(rebinding, reach.permits, reach.ports)
    assert get(site, "/a.png", reach=reach).data == b"first"
    assert asked == ["photos.example"]


def test_one_private_address_among_public_ones_is_enough_to_refuse(site: Site) -> None:
    reach = reach_of(site, {"mixed.example": "127.0.0.1 10.1.2.3"})
    why = refused(f"http://mixed.example:{site.port}/", reach=reach)
    assert why == "This address is not on the public internet."
    assert site.asked == []


def test_a_second_address_is_tried_when_the_first_is_dead(site: Site) -> None:
    site.page("/", b"here")
    reach = reach_of(site, {"two.example": "127.0.0.1 127.0.0.2"})
    reach = Reach(
        lambda host, port: [ipaddress.ip_address("127.0.0.9"), HERE],
        lambda address: address.is_loopback,
        reach.ports,
    )
    assert fetch_image(f"http://two.example:{site.port}/", reach=reach).data == b"here"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::7f00:1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://172.16.3.4/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://192.0.0.192/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
    ],
)
def test_inside_addresses_are_refused_in_every_spelling(url: str) -> None:
    assert refused(url) == "This address is not on the public internet."


@pytest.mark.parametrize(
    "url",
    [
        "",
        "photo.jpg",
        "ftp://photos.example/a.jpg",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "http://",
        "http:///a.jpg",
        "http://user@photos.example/",
        "http://photos.example:22/",
        "http://photos.example:5432/",
        "http://photos.example:99999/",
        "http://photos.example/\r\nX-Injected: 1",
        "http://photos.example/a b",
        "http://[::1/",
        "http://" + "a" * 300 + ".example/",
        "http://photos.example/" + "a" * 3000,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str, site: Site) -> None:
    reach = Reach(reach_of(site).resolver)
    refused(url, reach=reach)
    assert site.asked == []


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 2"]
)
def test_a_slow_server_is_left_at_the_deadline_wherever_it_drips(site: Site, head: bytes) -> None:
    site.drip("/slow", head)
    started = time.monotonic()
    why = refused_by(site, "/slow", deadline_s=0.4)
    assert time.monotonic() - started < 8
    assert "too long" in why or "answer properly" in why


def test_a_resolver_that_hangs_is_left_at_the_deadline(site: Site) -> None:
    def hanging(host: str, port: int) -> list[Address]:
        site.is_over.wait(30)
        return []

    reach = Reach(hanging, is_public, frozenset({site.port}))
    assert "too long" in refused_by(site, "/", deadline_s=0.2, reach=reach)


def test_more_than_the_limit_is_refused_by_its_length_or_while_reading(site: Site) -> None:
    site.page("/stated", b"", Content_Length="26214401")
    site.flood("/flood")
    assert "too large" in refused_by(site, "/stated")
    assert "larger than" in refused_by(site, "/flood", limit=200_000)
    site.page("/small", b"12345", Content_Length="5")
    assert get(site, "/small", limit=5).data == b"12345"


@pytest.mark.parametrize("status", [204, 304, 401, 404, 500])
def test_anything_but_200_is_refused(site: Site, status: int) -> None:
    site.page("/x", b"", status=status)
    assert str(status) in refused_by(site, "/x")


def test_rubbish_and_packed_answers_are_refused(site: Site) -> None:
    site.page("/packed", b"\x1f\x8b", Content_Encoding="gzip")
    site.page("/length", b"", Content_Length="-5")
    site.answers["/rubbish"] = lambda handler: handler.wfile.write(b"\0\1\2 not http\r\n\r\n")
    site.answers["/nothing"] = lambda handler: None
    for path in ("/packed", "/length", "/rubbish", "/nothing"):
        refused_by(site, path)


def test_unknown_hosts_and_closed_ports_are_refused(site: Site) -> None:
    assert "reached" in refused(f"http://unknown.example:{site.port}/", reach=reach_of(site))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        reach = Reach(reach_of(site).resolver, lambda address: True, frozenset({port}))
        assert "reached" in refused(f"http://photos.example:{port}/", reach=reach)


def test_the_certificate_is_checked_against_the_name_not_the_pinned_address(
    tmp_path: Path,
) -> None:
    cert_file, key_file = certificate(tmp_path, "photos.example")
    site = Site()
    names: list[str | None] = []
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(cert_file, key_file)
    serving.sni_callback = lambda _socket, name, _context: names.append(name)
    site.server.socket = serving.wrap_socket(site.server.socket, server_side=True)
    site.serve()
    site.page("/a.png", b"over tls")
    trusting = ssl.create_default_context(cafile=str(cert_file))
    hosts = {"other.example": "127.0.0.1"}
    reach = reach_of(site, hosts, tls=trusting)
    try:
        url = f"https://photos.example:{site.port}/a.png"
        assert fetch_image(url, reach=reach).data == b"over tls"
        assert names == ["photos.example"]
        refused(f"https://other.example:{site.port}/a.png", reach=reach)
        refused(url, reach=reach_of(site))
        assert len(site.asked) == 1
    finally:
        site.close()


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_public_only_if_its_mapped_forms_are_closed(
    address: ipaddress.IPv4Address,
) -> None:
    for prefix in ("::ffff:", "64:ff9b::", "::"):
        assert not is_public(ipaddress.ip_address(f"{prefix}{address}"))
    if address.is_private or address.is_loopback or address.is_link_local:
        assert not is_public(address)


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450::1"])
def test_ordinary_addresses_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))
