"""One client per process and account: shared by threads, made anew after a fork, and quick."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.errors import ProviderUnavailable
from deploy.embedded.postgres import PROJECT
from generation.providers.routes import routes_of, step_provider
from generation.providers.steps import DRAWING, SEEING
from tests.fakes.openai_script import answers_well
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.trouble import held
from tests.fakes.vendor import Exchange, Gate
from tests.providers.steps_asked import analysed, steps_of


def at_once(count: int, do: Callable[[], Any]) -> list[Any]:
    """What ``do`` returns to that many threads that begin together."""
    together = threading.Barrier(count)

    def one(_: int) -> Any:
        together.wait(60)
        return do()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_a_provider_without_a_key_is_left_out(settings: Any) -> None:
    settings.OPENAI_API_KEY = settings.GEMINI_API_KEY = settings.CUSTOM_MODEL_URL = ""
    for operation in SEEING | DRAWING:
        assert [name for name, _ in routes_of(operation)] == ["studio"]
    settings.ROUTES = {"*": ["openai:gpt-6.1-terra"]}
    with pytest.raises(ProviderUnavailable):
        routes_of("edit")


def test_a_provider_with_a_key_comes_before_the_studio(
    openai_vendor: OpenAIServer, settings: Any
) -> None:
    assert routes_of("base-views/analyze")[0] == ("openai", "gpt-6.1-terra")
    assert routes_of("sketches/generate")[0] == ("openai", "gpt-image-2")
    assert routes_of("close-ups/cut") == [("studio", "studio-1")]
    settings.CUSTOM_MODEL_URL = "http://127.0.0.1:9/v1"
    assert [name for name, _ in routes_of("edit")] == ["openai", "custom", "studio"]


def test_threads_share_a_client_and_a_changed_account_has_another(
    openai_vendor: OpenAIServer, settings: Any
) -> None:
    got = at_once(8, lambda: step_provider("openai"))
    assert len({id(provider) for provider in got}) == 1
    settings.OPENAI_API_KEY = "sk-another"
    assert step_provider("openai") is not got[0]
    assert step_provider("openai").at_once >= 8


def test_threads_get_their_own_answers_over_connections_that_are_kept(
    chat_vendor: OpenAIServer,
) -> None:
    steps = steps_of("openai", chat_vendor)
    for _ in range(3):
        answers = at_once(8, lambda: analysed(steps))
        assert len({answer.ref for answer in answers}) == 8
    assert chat_vendor.bought == 24
    # One that nobody used for five seconds is closed, which a slow machine may come to.
    assert chat_vendor.connections < chat_vendor.bought


@pytest.mark.thorough
@pytest.mark.parametrize("provider", ["openai", "custom"])
def test_five_views_are_asked_for_at_once(chat_vendor: OpenAIServer, provider: str) -> None:
    steps, all_came = steps_of(provider, chat_vendor), Gate()
    chat_vendor.always(held(all_came, answers_well))
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(analysed, steps) for _ in range(5)]
        try:
            chat_vendor.wait_until(lambda: chat_vendor.at_once == 5)
        finally:
            all_came.open()
        assert len({answer.result().ref for answer in answers}) == 5


FORKING = """
import os
import django
django.setup()
from generation.providers.protocols import Ask, Brief, FieldAsked
from generation.providers.routes import step_provider

def ask(steps):
    wanted = FieldAsked("a.b.value", "Chest", "length", 52.0, "make it 54 cm", "cm")
    ask = Ask("gpt-6.1-terra", 20)
    answer = steps.edit_field(wanted=wanted, view=None, brief=Brief(), ask=ask)
    assert answer.data["value"] == 54

ours = step_provider("openai")
ask(ours)
child = os.fork()
theirs = step_provider("openai")
ask(theirs)
if child == 0:
    os._exit(0 if theirs is not ours else 1)
assert theirs is ours
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_a_forked_process_makes_a_client_of_its_own(chat_vendor: OpenAIServer) -> None:
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        **chat_vendor.settings_for("openai"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", FORKING],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert chat_vendor.sold == {"edit": 3}
    assert chat_vendor.connections == 2


HEAVY = ("openai", "google.genai", "cv2", "numpy")


def test_nothing_heavy_is_imported_before_a_provider_is_asked() -> None:
    code = (
        "import sys, generation.providers.routes, generation.providers.steps; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"


def test_a_hanging_vendor_holds_up_nobody_else(chat_vendor: OpenAIServer) -> None:
    steps = steps_of("openai", chat_vendor)
    left = threading.Event()

    def hangs_until_the_others_are_done(exchange: Exchange) -> None:
        assert left.wait(60)
        answers_well(exchange)

    chat_vendor.will(hangs_until_the_others_are_done)
    with ThreadPoolExecutor(4) as pool:
        slow = pool.submit(analysed, steps)
        chat_vendor.wait_until(lambda: len(chat_vendor.requests) == 1)
        for quick in [pool.submit(analysed, steps) for _ in range(3)]:
            assert quick.result(timeout=60).data
        assert not slow.done()
        left.set()
        assert slow.result(timeout=60).data
