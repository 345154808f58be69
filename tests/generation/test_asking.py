"""Asking again: as often as is safe, as long as there is time, and never for one answer twice."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from core.money import CREDIT
from credits import queries as credit
from generation import asking, work
from generation.errors import Failure, LeaseLost, ProviderError
from generation.kinds import Outcome
from generation.models import AICall, Job
from generation.operations import cancel
from generation.providers.protocols import Answer
from generation.run import Run, claim
from tests.generation.conftest import Begin, Echo, Submit
from tests.generation.scripted import (
    OPERATION,
    SEEN,
    Script,
    ask,
    breaks,
    busy,
    end_of,
    garbled,
    logged,
    lost,
)
from tests.runtime.processes import wait_for

pytestmark = pytest.mark.usefixtures("hurried")


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
    worker.join(timeout=60)

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
    waiting.join(timeout=60)

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
