"""Asking again: as often as is safe, as long as there is time, and never for one answer twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models.functions import Now

from core import storage
from core.money import CREDIT
from credits import queries as credit
from generation import asking, calls, work
from generation.errors import Failure, LeaseLost, ProviderError
from generation.kinds import Outcome
from generation.models import AICall, Job
from generation.operations import cancel
from generation.providers.protocols import Answer, Usage
from generation.run import Run, claim
from tests.generation.conftest import Echo, Submit
from tests.generation.scripted import SEEN, Script, breaks, busy, garbled, lost
from tests.runtime.processes import wait_for

OPERATION = "base-views/analyze"
Begin = Callable[[], Run]


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIRST_WAIT_S", 0.01)


@pytest.fixture
def begin(submit: Submit) -> Begin:
    """A job in the hands of a worker."""

    def take() -> Run:
        run = claim(job_id=submit().pk)
        assert run is not None
        return run

    return take


def ask(run: Run, script: Script, **more: Any) -> Answer:
    given: dict[str, Any] = {"part": "front", "told": {"view": "front"}} | more
    return run.ask(OPERATION, put=script, **given)


def logged() -> list[tuple[str, str]]:
    return list(AICall.objects.order_by("pk").values_list("status", "error_class"))


def end_of(job: Job) -> tuple[str, str]:
    job.refresh_from_db()
    return job.status, str((job.error or {}).get("code"))


def again(run: Run) -> Run:
    """The job in the hands of another worker, the first being lost."""
    Job.objects.filter(pk=run.job.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
    assert work.sweep()["requeued"] == 1
    other = claim(job_id=run.job.pk)
    assert other is not None
    return other


def test_a_busy_provider_is_asked_again_and_each_ask_is_logged(begin: Begin) -> None:
    script = Script(busy(), busy(), SEEN)

    answer = ask(begin(), script)

    assert answer.data == {"seen": "hood"}
    assert logged() == [("failed", "transient"), ("failed", "transient"), ("completed", "")]


def test_after_three_asks_it_is_over(begin: Begin) -> None:
    script = Script(busy())

    with pytest.raises(ProviderError, match="429"):
        ask(begin(), script)

    assert len(script.asks) == 3


def test_what_may_have_been_begun_is_not_asked_again(begin: Begin) -> None:
    script = Script(ProviderError(Failure.TRANSIENT, "fell silent"))

    with pytest.raises(ProviderError, match="fell silent"):
        ask(begin(), script)

    assert len(script.asks) == 1


@pytest.mark.parametrize(
    "failure", [Failure.QUOTA, Failure.CONFIGURATION, Failure.USER_INPUT, Failure.BUG]
)
def test_what_another_ask_would_not_change_is_not_asked_again(
    begin: Begin, failure: Failure
) -> None:
    script = Script(ProviderError(failure, "no", can_ask_again=True))

    with pytest.raises(ProviderError):
        ask(begin(), script)

    assert len(script.asks) == 1


def test_it_is_waited_as_long_as_the_provider_says(begin: Begin) -> None:
    started = time.monotonic()

    ask(begin(), Script(busy(0.4), SEEN))

    assert time.monotonic() - started >= 0.4


def test_a_minute_is_the_longest_that_is_waited(begin: Begin) -> None:
    script, started = Script(busy(60.5), SEEN), time.monotonic()

    with pytest.raises(ProviderError):
        ask(begin(), script)

    assert len(script.asks) == 1
    assert time.monotonic() - started < 30


def test_a_wait_beyond_the_jobs_deadline_is_not_begun(begin: Begin) -> None:
    run = begin()
    Job.objects.filter(pk=run.job.pk).update(deadline_at=Now() + timedelta(seconds=20))
    script, started = Script(busy(30), SEEN), time.monotonic()

    with pytest.raises(ProviderError):
        ask(run, script)

    assert len(script.asks) == 1
    assert time.monotonic() - started < 15


def test_past_its_deadline_a_job_asks_nobody(begin: Begin) -> None:
    run = begin()
    Job.objects.filter(pk=run.job.pk).update(deadline_at=Now() - timedelta(seconds=1))
    script = Script()

    with pytest.raises(ProviderError) as caught:
        ask(run, script)

    assert caught.value.failure is Failure.TRANSIENT
    assert script.asks == []


def test_a_call_may_take_as_long_as_the_setting_and_the_job_allow(
    begin: Begin, settings: Any
) -> None:
    settings.AI_DEADLINES = {"*": 120, OPERATION: 33, "close-ups/generate": 44}
    run, script = begin(), Script()

    ask(run, script)
    assert script.asks[0].timeout_s == 33
    assert asking.longest_s("close-ups/plan") == 44
    assert asking.longest_s("sketches/generate") == 120

    settings.AI_DEADLINES = {"*": 100_000}
    ask(run, script, part="back")
    assert script.asks[1].timeout_s <= settings.JOB_DEADLINE_S


def test_a_canceled_job_waits_no_longer(submit: Submit, user: Any, echo: Echo) -> None:
    script = Script(busy(50), SEEN)

    def works(run: Run) -> Outcome:
        found = ask(run, script)
        return Outcome(lambda job: found.data, run.job.price)

    echo.work = works  # type: ignore[method-assign]
    job, started = submit(), time.monotonic()

    def work_on_it() -> None:
        try:
            work.run_job(job_id=job.pk)
        finally:
            connection.close()

    worker = threading.Thread(target=work_on_it)
    worker.start()
    wait_for(lambda: script.asks, what="the first ask")
    cancel(user=user, job_id=job.pk)
    worker.join(timeout=20)

    assert not worker.is_alive()
    assert time.monotonic() - started < 30
    assert end_of(job) == ("canceled", "None")
    assert len(script.asks) == 1
    assert credit.balance(user).available == 18 * CREDIT


def test_a_lost_job_waits_no_longer(begin: Begin) -> None:
    run, script = begin(), Script(busy(50), SEEN)
    failures: list[BaseException] = []

    def wait() -> None:
        try:
            ask(run, script)
        except LeaseLost as error:
            failures.append(error)
        finally:
            connection.close()

    waiting = threading.Thread(target=wait)
    waiting.start()
    wait_for(lambda: script.asks, what="the first ask")
    run.lose()
    waiting.join(timeout=20)

    assert len(failures) == 1
    assert len(script.asks) == 1


def test_an_unusable_answer_is_asked_for_once_more_with_the_complaint(begin: Begin) -> None:
    script = Script(garbled("shots: at least 6"), SEEN)

    ask(begin(), script)

    assert [ask.complaint for ask in script.asks] == ["", "shots: at least 6"]
    assert logged() == [("failed", "malformed_output"), ("completed", "")]


def test_a_second_unusable_answer_is_the_last(begin: Begin) -> None:
    run, script = begin(), Script(garbled())

    with pytest.raises(ProviderError) as caught:
        ask(run, script)

    assert caught.value.failure is Failure.MALFORMED_OUTPUT
    assert len(script.asks) == 2


def test_unusable_answers_are_counted_over_the_attempts_of_a_job(begin: Begin) -> None:
    run, script = begin(), Script(garbled("no colours"), breaks, garbled("still none"))
    with pytest.raises(ZeroDivisionError):
        ask(run, script)

    other = again(run)
    with pytest.raises(ProviderError):
        ask(other, script)
    assert [each.complaint for each in script.asks] == ["", "no colours", "no colours"]
    with pytest.raises(ProviderError, match="still none"):
        ask(again(other), script)
    assert len(script.asks) == 3


def test_what_may_have_been_bought_is_never_asked_for_again(begin: Begin) -> None:
    run, script = begin(), Script(lost(), SEEN)
    with pytest.raises(ProviderError):
        ask(run, script)

    for attempt in (run, again(run)):
        with pytest.raises(ProviderError) as caught:
            ask(attempt, script)
        assert caught.value.failure is Failure.AMBIGUOUS
    assert len(script.asks) == 1
    assert logged() == [("ambiguous", "ambiguous")]


def test_the_other_parts_of_a_lost_call_go_on(begin: Begin) -> None:
    run, script = begin(), Script(SEEN, lost(), SEEN)
    ask(run, script, part="front")
    with pytest.raises(ProviderError):
        ask(run, script, part="back")

    other = again(run)

    assert ask(other, script, part="front").data == {"seen": "hood"}
    assert ask(other, script, part="side").data == {"seen": "hood"}
    assert len(script.asks) == 3


def test_a_worker_that_lost_its_job_buys_nothing(begin: Begin) -> None:
    """It stood still while another took over, and does not know it yet."""
    late, script = begin(), Script()
    again(late)

    with pytest.raises(LeaseLost):
        ask(late, script)

    assert script.asks == []
    assert logged() == []


def test_an_ask_renews_the_lease_of_its_job(begin: Begin, settings: Any) -> None:
    run = begin()
    Job.objects.filter(pk=run.job.pk).update(lease_expires_at=Now() + timedelta(seconds=1))

    ask(run, Script())

    fresh = Job.objects.filter(
        pk=run.job.pk, lease_expires_at__gt=Now() + timedelta(seconds=settings.JOB_LEASE_S / 2)
    )
    assert fresh.exists()


def test_an_answer_that_comes_after_the_word_that_it_is_lost_is_kept(begin: Begin) -> None:
    run = begin()

    def answers_late() -> Answer:
        again(run)
        return SEEN

    ask(run, Script(answers_late))
    # The studio buys nothing, so its lost call was failed, and came to its answer all the same.
    assert logged() == [("completed", "")]


def test_of_two_answers_to_one_part_the_first_counts(begin: Begin) -> None:
    run, first = begin(), Answer({"seen": "collar"})

    def answers_late() -> Answer:
        ask(again(run), Script(first))
        return SEEN

    with pytest.raises(LeaseLost):
        ask(run, Script(answers_late))

    row = AICall.objects.get(status=AICall.Status.COMPLETED)
    assert (row.output_data or {})["data"] == {"seen": "collar"}


class TestTheLog:
    """What is kept of a call."""

    def test_a_failed_answer_is_logged_with_what_it_cost(self, begin: Begin) -> None:
        script = Script(garbled(), SEEN)

        ask(begin(), script)

        row = AICall.objects.order_by("pk")[0]
        assert (row.total_tokens, row.cost_usd_micros) == (37, 41)
        assert (row.provider_ref, row.prompt_version) == ("resp_9", "look@1")
        assert AICall.objects.order_by("pk")[1].prompt_version == "look@1"

    def test_the_providers_code_is_logged(self, begin: Begin) -> None:
        with pytest.raises(ProviderError):
            ask(begin(), Script(ProviderError(Failure.USER_INPUT, "no", code="SAFETY")))

        assert AICall.objects.get().error_code == "SAFETY"

    def test_what_an_ambiguous_call_may_have_cost_is_an_estimate_apart_from_costs(
        self, begin: Begin, settings: Any
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

    def test_what_a_provider_estimates_is_no_cost_either(self, begin: Begin) -> None:
        error = lost()
        error.usage = Usage(900, 400, 5100, details={"isEstimate": True})

        with pytest.raises(ProviderError):
            ask(begin(), Script(error))

        row = AICall.objects.get()
        assert row.context == {"possibleCostUsdMicros": 5100}
        assert (row.total_tokens, row.cost_usd_micros) == (0, 0)

    def test_an_exception_of_our_own_is_a_bug(self, submit: Submit, user: Any, echo: Echo) -> None:
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
        self, begin: Begin, monkeypatch: pytest.MonkeyPatch
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
        self, begin: Begin, monkeypatch: pytest.MonkeyPatch
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
        self, begin: Begin, monkeypatch: pytest.MonkeyPatch
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

    def test_neither_pictures_nor_secrets_nor_long_texts_are_kept(self, begin: Begin) -> None:
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
