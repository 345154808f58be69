"""What the log of AI calls keeps of each ask: its outcome, its cost, and nothing secret."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, connections

from core import storage
from core.money import CREDIT
from credits import queries as credit
from generation import calls, work
from generation.errors import Failure, ProviderError
from generation.kinds import Outcome
from generation.models import AICall
from generation.providers.protocols import Answer, Usage
from generation.run import Run
from tests.generation.conftest import Begin, Echo, Submit
from tests.generation.scripted import (
    SEEN,
    Script,
    ask,
    breaks,
    end_of,
    garbled,
    logged,
    lost,
)

pytestmark = pytest.mark.usefixtures("hurried")


def test_a_failed_answer_is_logged_with_what_it_cost(begin: Begin) -> None:
    script = Script(garbled(), SEEN)

    ask(begin(), script)

    row = AICall.objects.order_by("pk")[0]
    assert (row.total_tokens, row.cost_usd_micros) == (37, 41)
    assert (row.provider_ref, row.prompt_version) == ("resp_9", "look@1")
    assert AICall.objects.order_by("pk")[1].prompt_version == "look@1"


def test_the_providers_code_is_logged(begin: Begin) -> None:
    with pytest.raises(ProviderError):
        ask(begin(), Script(ProviderError(Failure.USER_INPUT, "no", code="SAFETY")))

    assert AICall.objects.get().error_code == "SAFETY"


def test_what_an_ambiguous_call_may_have_cost_is_an_estimate_apart_from_costs(
    begin: Begin, settings: Any
) -> None:
    settings.CUSTOM_MODEL_URL = "http://127.0.0.1:9/v1"
    settings.ROUTES = {"*": ["custom:dear-1"]}
    settings.AI_PRICES = {"dear-1": {"input": 2, "output": 10}}
    run, script = begin(), Script(lost())
    for part in ("front", "back"):
        with pytest.raises(ProviderError):
            ask(run, script, part=part)
        ask(run, Script(SEEN), part=f"{part} of a collar")

    unknown, known = AICall.objects.filter(status=AICall.Status.AMBIGUOUS).order_by("pk")
    assert unknown.context == {"possibleCostUsdMicros": 4000 * 2 + 2000 * 10}
    assert known.context == {"possibleCostUsdMicros": 70}
    assert (unknown.cost_usd_micros, known.cost_usd_micros) == (0, 0)


def test_what_a_provider_estimates_is_no_cost_either(begin: Begin) -> None:
    error = lost()
    error.usage = Usage(900, 400, 5100, details={"isEstimate": True})

    with pytest.raises(ProviderError):
        ask(begin(), Script(error))

    row = AICall.objects.get()
    assert row.context == {"possibleCostUsdMicros": 5100}
    assert (row.total_tokens, row.cost_usd_micros) == (0, 0)


def test_an_exception_of_our_own_is_a_bug(submit: Submit, user: Any, echo: Echo) -> None:
    def works(run: Run) -> Outcome:
        ask(run, Script(breaks))
        raise AssertionError

    echo.work = works  # type: ignore[method-assign]
    job = submit()
    work.run_job(job_id=job.pk)

    assert end_of(job) == ("failed", "BUG")
    assert logged() == [("failed", "bug")]
    assert credit.balance(user).available == 18 * CREDIT


def test_a_picture_that_cannot_be_kept_leaves_no_call_open(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("generation.calls.storage.put", full)
    monkeypatch.setattr(calls, "AWAY_LONGEST_S", 0.0)
    drawn = Answer({}, images={"image.jpg": b"\xff\xd8"}, usage=SEEN.usage, ref="img_1")

    with pytest.raises(OSError, match="space"):
        ask(begin(), Script(drawn))

    row = AICall.objects.get()
    assert (row.status, row.error_class) == ("failed", "bug")
    assert (row.provider_ref, row.cost_usd_micros) == ("img_1", 70)


def test_what_was_bought_waits_for_a_storage_that_is_away(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, put = [OSError(5, "Input/output error")] * 2, calls.storage.put

    def comes_back(*given: Any) -> str:
        if away:
            raise away.pop()
        return put(*given)

    monkeypatch.setattr("generation.calls.storage.put", comes_back)
    monkeypatch.setattr(calls, "AWAY_LOOK_AGAIN_S", 0.01)

    answer = ask(begin(), Script(Answer({}, images={"a.png": b"\x89PNG"})))

    assert storage.read(answer.keys["a.png"]) == b"\x89PNG"


def test_what_was_bought_waits_for_a_database_that_is_away(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is cut while the provider works, and once more as the answer is logged."""
    monkeypatch.setattr(calls, "AWAY_LOOK_AGAIN_S", 0.01)

    def loses_the_connection() -> Answer:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        with connections.create_connection("default").cursor() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            other.connection.close()
        return SEEN

    assert ask(begin(), Script(loses_the_connection)).data == {"seen": "hood"}
    assert logged() == [("completed", "")]


def test_neither_pictures_nor_secrets_nor_long_texts_are_kept(begin: Begin) -> None:
    told = {
        "view": "front",
        "image": b"\x89PNG" * 1000,
        "url": "data:image/png;base64," + "A" * 5000,
        "words": "hem " * 1000,
        "api_key": "sk-12345678901234567890",
        "note": "my key is sk-12345678901234567890, keep it",
        "nested": {"authorization": "Bearer x", "boxes": [[1, 2.5]], "nul": "a\0b"},
    }

    ask(begin(), Script(), told=told)

    kept = AICall.objects.get().input_data
    assert kept["view"] == "front"
    assert kept["image"] == "(4000 bytes)"
    assert kept["url"] == "(5022 characters of image/png)"
    assert len(kept["words"]) == 501
    assert kept["nested"] == {"boxes": [[1, 2.5]], "nul": "ab"}
    assert "sk-1234" not in str(kept)
    assert kept["note"] == "my key is (secret), keep it"
