"""Which models the assistant offers, and who answers for them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

import pytest
from django.conf import settings as configured

from core.errors import NotFound, ProviderUnavailable
from deploy.embedded.postgres import PROJECT
from generation.providers.routes import chat_models, chat_of
from tests.fakes.chat_server import KEY, ChatServer
from tests.providers.conftest import question

ALL = ["gpt-6.1-terra", "gpt-6-luna", "gemini-3-flash", "custom-1", "studio-1"]


@pytest.fixture(autouse=True)
def _nobody_is_set_up(settings: Any) -> None:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "CUSTOM_MODEL_URL", "CUSTOM_MODEL_KEY"):
        setattr(settings, name, "")


def test_the_studio_answers_where_nobody_else_is_set_up() -> None:
    assert list(chat_models()) == ["studio-1"]
    chat, model = chat_of("studio-1")
    assert (chat.name, model) == ("studio", "studio-1")
    assert chat.is_resubmittable


@pytest.mark.parametrize(
    ("names", "models"),
    [
        (["OPENAI_API_KEY"], ["gpt-6.1-terra", "gpt-6-luna", "studio-1"]),
        (["GEMINI_API_KEY"], ["gemini-3-flash", "studio-1"]),
        (["CUSTOM_MODEL_URL"], ["custom-1", "studio-1"]),
        (["CUSTOM_MODEL_KEY"], ["studio-1"]),
        (["CUSTOM_MODEL_URL", "OPENAI_API_KEY", "GEMINI_API_KEY"], ALL),
    ],
)
def test_a_model_is_offered_where_its_provider_is_set_up(
    settings: Any, names: list[str], models: list[str]
) -> None:
    for name in names:
        setattr(settings, name, "http://127.0.0.1:9/v1" if name.endswith("URL") else KEY)
    assert list(chat_models()) == models
    for model in models:
        assert chat_of(model)[0].name == chat_models()[model]["provider"]


def test_an_unknown_model_is_not_found_and_the_known_ones_are_named(settings: Any) -> None:
    settings.OPENAI_API_KEY = KEY
    with pytest.raises(NotFound) as caught:
        chat_of("gpt-4o")
    assert caught.value.code == "MODEL_NOT_FOUND"
    assert caught.value.suggestions == ["Use gpt-6.1-terra", "Use gpt-6-luna", "Use studio-1"]


def test_a_model_of_a_provider_that_is_not_set_up_is_unavailable() -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        chat_of("gpt-6-luna")
    assert caught.value.suggestions == ["Use studio-1"]


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-6-luna"), ("gemini", "gemini-3-flash"), ("custom", "custom-1")],
)
def test_the_answer_comes_from_where_the_settings_say(
    chat_vendor: ChatServer, settings: Any, provider: str, model: str
) -> None:
    for name, value in chat_vendor.settings_for(provider).items():
        setattr(settings, name, value)
    chat, upstream = chat_of(model)
    assert chat.complete(question(model=upstream), timeout_s=10).ref == "chatcmpl-1"
    [asked] = chat_vendor.requests
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body["model"] == model


def test_a_model_is_asked_for_by_its_providers_name(settings: Any) -> None:
    settings.CUSTOM_MODEL_URL = "http://127.0.0.1:9/v1"
    settings.CHAT_MODELS = {
        "house": {**configured.CHAT_MODELS["custom-1"], "upstream": "org/model:7b"}
    }
    assert chat_of("house")[1] == "org/model:7b"


def test_threads_get_the_same_client_and_a_changed_account_another(settings: Any) -> None:
    settings.OPENAI_API_KEY = "sk-first"
    together, got = threading.Barrier(8), []

    def take() -> None:
        together.wait()
        got.append(chat_of("gpt-6-luna")[0])

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len({id(chat) for chat in got}) == 1
    assert chat_of("gpt-6.1-terra")[0] is got[0]
    settings.OPENAI_API_KEY = "sk-second"
    assert chat_of("gpt-6-luna")[0] is not got[0]


FORKING = """
import os
from generation.providers.protocols import ChatRequest
from generation.providers.routes import chat_of

def ask(chat):
    messages = [{"role": "user", "content": "?"}]
    assert chat.complete(ChatRequest("m", messages, 10), timeout_s=10).choices

ours, _ = chat_of("gpt-6-luna")
ask(ours)
child = os.fork()
theirs, _ = chat_of("gpt-6-luna")
ask(theirs)
if child == 0:
    os._exit(0 if theirs is not ours else 1)
assert theirs is ours
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_a_forked_process_makes_a_client_of_its_own(chat_vendor: ChatServer) -> None:
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
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
    assert chat_vendor.bought == 3
    assert chat_vendor.connections == 2
