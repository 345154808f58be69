"""The server as operators and the official client meet it."""

from __future__ import annotations

import base64
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.model_server.inline import POLO, asking, data_url
from tests.model_server.running import KEY, ModelServer, running
from tests.runtime.processes import command_lines, descendants, wait_for
from tests.techpack.conftest import photo


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    with running(tmp_path_factory.mktemp("model-server"), workers=1) as served:
        yield served


@pytest.fixture
def client(server: ModelServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0, timeout=60)


def test_the_official_client_asks_for_words_for_schemas_and_for_pictures(
    client: openai.OpenAI,
) -> None:
    assert [model.id for model in client.models.list()] == ["studio-1"]
    said = client.chat.completions.create(
        model="studio-1", messages=[{"role": "user", "content": "Hello"}]
    )
    assert said.choices[0].message.content
    body: Any = asking("category_v1", data_url(POLO))
    seen = client.chat.completions.create(model="studio-1", **body)
    assert '"category": "tops"' in (seen.choices[0].message.content or "")
    changed = client.images.edit(
        model="studio-1", image=("a.jpg", POLO, "image/jpeg"), prompt="a bit brighter"
    )
    assert changed.data
    assert base64.b64decode(changed.data[0].b64_json or "").startswith(b"\xff\xd8")


def test_the_official_client_streams(client: openai.OpenAI) -> None:
    pieces = client.chat.completions.create(
        model="studio-1", messages=[{"role": "user", "content": "Hello"}], stream=True
    )
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert text


def test_the_official_client_meets_its_own_errors(
    client: openai.OpenAI, server: ModelServer
) -> None:
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "x"}])
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=server.url, api_key="wrong", max_retries=0).models.list()
    bad: Any = asking("category_v1", data_url(b"no image"))
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="studio-1", **bad)
    assert refused.value.code == "invalid_image"


@pytest.mark.thorough
def test_what_has_begun_is_finished_when_it_is_asked_to_stop(tmp_path: Path) -> None:
    with running(tmp_path, workers=1) as server:
        client = openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0, timeout=120)
        answers: list[Any] = []
        body: Any = asking("analysis_v1", data_url(photo("polo-navy-front.jpg", side=500)))

        def ask() -> None:
            answers.append(client.chat.completions.create(model="studio-1", **body))

        asking_thread = threading.Thread(target=ask)
        asking_thread.start()
        wait_for(lambda: _busy(server) == 1, what="a busy seat")
        server.process.send_signal(signal.SIGTERM)
        asking_thread.join(120)
        assert answers[0].choices[0].message.content
        server.process.wait(60)
        assert "Traceback" not in server.log.read_text()


@pytest.mark.thorough
def test_a_server_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    with running(tmp_path, workers=1) as server:
        below = descendants(server.process.pid) - {server.process.pid}
        assert below
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(60)
        wait_for(lambda: not below & set(command_lines()), what="the end of the seats")


def _busy(server: ModelServer) -> int:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=5) as told:
        lines = told.read().decode().splitlines()
    return int(
        float(next(row for row in lines if row.startswith("model_server_seats_busy")).split()[1])
    )
