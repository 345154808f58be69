"""The vendor of films that other tests rely on: as a process of its own, and its callbacks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from deploy.embedded.postgres import PROJECT
from generation.providers.openai_video import OpenAIVideo
from generation.providers.protocols import Ask, VideoAsked
from tests.fakes.openai_films import MODEL
from tests.fakes.vendor import KEY


@pytest.fixture
def root() -> Iterator[str]:
    """The address of a vendor in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.openai_films"],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(10)


def test_a_vendor_in_a_process_of_its_own_is_commanded_over_http(root: str) -> None:
    maker = OpenAIVideo(f"{root}/v1", KEY)
    asked = VideoAsked("a polo", 4, 1280, 720)

    def command(name: str, **told: object) -> None:
        httpx.post(f"{root}/control/{name}", json=told).raise_for_status()

    command("fate", looks=None, next=1)
    begun = maker.create(asked, ask=Ask(MODEL, timeout_s=5), told=lambda *_: None)
    assert maker.look(begun.ref, timeout_s=5).status == "in_progress"
    command("end", prompt="a polo", code="moderation_blocked")
    assert maker.look(begun.ref, timeout_s=5).code == "moderation_blocked"
    state = httpx.get(f"{root}/control/state").json()
    assert state["purchases"] == {"a polo": 1}
    assert state["films"][begun.ref]["looks"] == 2
