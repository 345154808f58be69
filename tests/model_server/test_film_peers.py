"""Servers behind one address: each answers for the films of all, and for nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from generation.model_server.peers import Peers
from tests.fakes.films import small_film
from tests.model_server.filming import PROMPT, Studio
from tests.model_server.inline import POLO, error_of
from tests.model_server.listening import listening
from tests.runtime.processes import wait_for
from tests.servers import free_port

KEY = "sesame"
ONE, TWO = "127.0.0.1", "127.0.0.2"
LET_IN = {"Authorization": f"Bearer {KEY}"}


def begun(url: str) -> str:
    """A film of the polo."""
    files = {"input_reference": ("a.jpg", POLO, "image/jpeg")}
    data = {"prompt": PROMPT, "seconds": "4"}
    answer = httpx.post(f"{url}/videos", data=data, files=files, headers=LET_IN, timeout=60)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def asked(url: str, path: str, method: str = "GET") -> httpx.Response:
    return httpx.request(method, f"{url}/videos/{path}", headers=LET_IN, timeout=60)


def test_whoever_is_asked_answers_for_the_films_of_all() -> None:
    port, works = free_port(), Studio()
    with (
        listening(works, key=KEY, host=ONE, port=port, address=ONE) as here,
        listening(Studio(), key=KEY, host=TWO, port=port, address=TWO) as there,
    ):
        ref = begun(here)
        wait_for(lambda: bool(works.begun), what="the film")
        assert asked(there, ref).json()["status"] == "in_progress"
        early = asked(there, f"{ref}/content")
        assert (early.status_code, error_of(early)["code"]) == (400, "video_not_ready")
        works.may_go_on.set()
        wait_for(lambda: asked(there, ref).json()["status"] == "completed", what="its end")
        film = asked(there, f"{ref}/content")
        assert (film.content, film.headers["content-type"]) == (small_film(4), "video/mp4")
        picture = asked(there, f"{ref}/content?variant=thumbnail")
        assert picture.headers["content-type"] == "image/jpeg"
        assert asked(there, ref, "DELETE").json()["deleted"] is True
        for url in (here, there):
            assert asked(url, ref).status_code == 404
        assert httpx.get(f"{there}/videos/{ref}", timeout=60).status_code == 401


def test_a_film_of_a_server_that_has_gone_is_gone() -> None:
    port = free_port()
    lost = Peers(address="127.0.0.3", port=port, key=KEY).new_ref()
    with listening(Studio(), key=KEY, host=ONE, port=port, address=ONE) as here:
        answer = asked(here, lost)
        assert (answer.status_code, error_of(answer)["param"]) == (404, "video_id")


class Stranger(BaseHTTPRequestHandler):
    """Writes down that it was asked."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("authorization", ""))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the console."""


@pytest.fixture
def stranger() -> Iterator[int]:
    """The port of a server that is none of ours."""
    Stranger.asked.clear()
    with HTTPServer((TWO, free_port()), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(5)


def test_a_name_that_we_did_not_sign_leads_nowhere(stranger: int) -> None:
    forged = Peers(address=TWO, port=stranger, key="another").new_ref()
    with listening(Studio(), key=KEY, host=ONE, port=stranger, address=ONE) as here:
        ours = Peers(address=TWO, port=stranger, key=KEY).new_ref()
        other = ours[:-1] + ("0" if ours[-1] != "0" else "1")
        moved = "video_" + Peers(address="127.0.0.9", key=KEY).new_ref()[6:14] + ours[14:]
        for ref in (forged, other, moved, ours.upper(), f"video_{TWO}", "video_" + "é" * 80):
            assert asked(here, ref).status_code == 404
        assert Stranger.asked == []
        # The stranger stands where a server of ours might.
        assert asked(here, ours).status_code == 200
    assert Stranger.asked == [f"Bearer {KEY}"]


def test_whoever_is_asked_by_another_asks_nobody(stranger: int) -> None:
    ref = Peers(address=TWO, port=stranger, key=KEY).new_ref()
    with listening(Studio(), key=KEY, host=ONE, port=stranger, address=ONE) as here:
        headers = {**LET_IN, "X-Asked-By-Another": "1"}
        assert httpx.get(f"{here}/videos/{ref}", headers=headers, timeout=60).status_code == 404
    assert Stranger.asked == []


@pytest.mark.parametrize("terms", [{"address": TWO}, {"key": KEY}])
def test_a_server_alone_asks_nobody(terms: dict[str, str]) -> None:
    alone = Peers(port=9, **terms)
    assert alone.home_of(Peers(address=TWO, port=9, key=KEY).new_ref()) == ""
    assert len(alone.new_ref()) == len("video_") + 32


@pytest.mark.parametrize("address", ["10.1.2.3", "fd00::12"])
def test_addresses_of_both_kinds_stand_in_names(address: str) -> None:
    ref = Peers(address=address, port=8100, key=KEY).new_ref()
    assert len(ref) <= 200
    host = f"[{address}]" if ":" in address else address
    other = Peers(address="10.9.9.9", port=8100, key=KEY)
    assert other.home_of(ref) == f"http://{host}:8100"
    assert Peers(address=address, port=8100, key=KEY).home_of(ref) == ""
