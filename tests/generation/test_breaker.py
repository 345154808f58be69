"""A provider that fails is left alone for a while, and then tried by one."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from accounts.operations import change_preferences, create_key
from core.errors import ProviderUnavailable
from core.money import CREDIT
from credits import queries as credit
from generation import asking, breaker, work
from generation.breaker import Entry
from generation.errors import Failure, ProviderError
from generation.models import AICall, Breaker, Job
from generation.routing import pin
from generation.run import Run, claim
from tests.database_clock import Span
from tests.generation.conftest import Submit
from tests.generation.scripted import SEEN, Script, breaks, busy, garbled, lost, refused
from tests.runtime.processes import wait_for

OPERATION = "base-views/analyze"
IT = ("studio", "studio-1")
OTHERS = ["custom:first-1", "custom:second-1"]


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(asking, "LOOK_AGAIN_S", 0.05)


@pytest.fixture
def run(submit: Submit) -> Run:
    """A job in the hands of a worker."""
    found = claim(job_id=submit().pk)
    assert found is not None
    return found


def ask(run: Run, script: Script, part: str = "front") -> Any:
    return run.ask(OPERATION, part=part, told={}, put=script)


def fail(times: int, failure: Failure = Failure.TRANSIENT) -> None:
    for _ in range(times):
        breaker.failed(*IT, failure)


def pass_by(seconds: float) -> None:
    """Time passes: everything that the breaker remembers is that much longer ago."""
    for row in Breaker.objects.all():
        row.failures = [at - seconds for at in row.failures]
        row.open_until = _earlier(row.open_until, seconds)
        row.probing_at = _earlier(row.probing_at, seconds)
        row.save()


def _earlier(moment: datetime | None, seconds: float) -> datetime | None:
    return moment - timedelta(seconds=seconds) if moment else None


def test_five_failures_within_a_minute_open_it_for_half_a_minute(transactional_db: None) -> None:
    fail(3)
    fail(1, Failure.AMBIGUOUS)
    assert breaker.enter(*IT) is Entry.ASK

    with Span() as last:
        fail(1)

    assert breaker.enter(*IT) is Entry.REFUSED
    assert 0 < breaker.shut_for_s(*IT) <= 30
    row = Breaker.objects.get()
    assert last.puts_off(row.open_until, 30)
    assert row.reason == "transient"


def test_failures_of_more_than_a_minute_do_not_open_it(transactional_db: None) -> None:
    fail(4)
    pass_by(61)
    fail(4)

    assert breaker.enter(*IT) is Entry.ASK


def test_another_model_of_the_provider_is_asked_all_the_same(transactional_db: None) -> None:
    fail(5)

    assert breaker.enter("studio", "studio-2") is Entry.ASK


@pytest.mark.parametrize("failure", [Failure.QUOTA, Failure.CONFIGURATION])
def test_what_operators_have_to_mend_opens_it_at_once(
    transactional_db: None, failure: Failure
) -> None:
    fail(1, failure)

    assert breaker.enter(*IT) is Entry.REFUSED
    assert Breaker.objects.get().reason == failure.value


@pytest.mark.parametrize("failure", [Failure.USER_INPUT, Failure.MALFORMED_OUTPUT, Failure.BUG])
def test_what_is_not_its_being_down_does_not_count(
    transactional_db: None, failure: Failure
) -> None:
    fail(20, failure)

    assert breaker.enter(*IT) is Entry.ASK


def test_after_its_time_one_of_many_tries(transactional_db: None) -> None:
    fail(5)
    pass_by(30)
    ready, entries = threading.Barrier(8), []

    def come() -> None:
        try:
            ready.wait(timeout=60)
            entries.append(breaker.enter(*IT))
        finally:
            connection.close()

    callers = [threading.Thread(target=come) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=60)

    assert sorted(entry.name for entry in entries) == ["PROBE"] + ["WAIT"] * 7


def half_open() -> None:
    fail(5)
    pass_by(30)
    assert breaker.enter(*IT) is Entry.PROBE


def test_a_success_of_who_tried_closes_it(transactional_db: None) -> None:
    half_open()
    breaker.succeeded(*IT)

    assert breaker.enter(*IT) is Entry.ASK
    fail(4)
    assert breaker.enter(*IT) is Entry.ASK


def test_a_failure_of_who_tried_opens_it_anew(transactional_db: None) -> None:
    half_open()
    with Span() as tried:
        breaker.failed(*IT, Failure.TRANSIENT, was_probe=True)

    assert breaker.enter(*IT) is Entry.REFUSED
    assert tried.puts_off(Breaker.objects.get().open_until, 30)


@pytest.mark.parametrize("failure", [Failure.USER_INPUT, Failure.MALFORMED_OUTPUT])
def test_whoever_is_answered_at_all_closes_it(transactional_db: None, failure: Failure) -> None:
    half_open()
    breaker.failed(*IT, failure, was_probe=True)

    assert breaker.enter(*IT) is Entry.ASK


def test_failures_that_were_asked_before_do_not_keep_it_open(transactional_db: None) -> None:
    fail(5)
    pass_by(20)
    fail(5)

    assert breaker.shut_for_s(*IT) <= 10


def test_who_died_trying_gives_the_place_free(transactional_db: None, settings: Any) -> None:
    settings.AI_DEADLINES = {"*": 40}
    half_open()
    pass_by(60)
    assert breaker.enter(*IT) is Entry.WAIT
    pass_by(15)
    assert breaker.enter(*IT) is Entry.PROBE


def test_a_worker_that_was_lost_trying_is_followed_at_once(run: Run) -> None:
    fail(5)
    pass_by(30)

    def loses_the_worker() -> Any:
        Job.objects.filter(pk=run.job.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
        assert breaker.enter(*IT) is Entry.WAIT
        work.sweep()
        assert breaker.enter(*IT) is Entry.PROBE
        return SEEN

    ask(run, Script(loses_the_worker))


def test_a_bug_while_trying_gives_the_place_free(run: Run) -> None:
    fail(5)
    pass_by(30)

    with pytest.raises(ZeroDivisionError):
        ask(run, Script(breaks))

    assert breaker.enter(*IT) is Entry.PROBE


def test_asking_in_vain_opens_it_and_then_nobody_is_asked(run: Run) -> None:
    script = Script(busy())
    for part in ("front", "back"):
        with pytest.raises(ProviderError):
            ask(run, script, part)
    # Three asks for the front, two for the back; the sixth found it open.
    assert len(script.asks) == 5
    assert AICall.objects.count() == 5

    with pytest.raises(ProviderError) as caught:
        ask(run, script, "side")

    assert caught.value.failure is Failure.TRANSIENT
    assert (len(script.asks), AICall.objects.count()) == (5, 5)
    assert breaker.shut_for_s(*IT) <= 30


def test_refusals_of_content_and_garbled_answers_do_not_open_it(run: Run) -> None:
    for part in "abcdef":
        with pytest.raises(ProviderError):
            ask(run, Script(refused() if part < "d" else garbled()), part)

    assert ask(run, Script(), "last").data == {"seen": "hood"}


def test_lost_connections_open_it(run: Run) -> None:
    for part in "abcde":
        with pytest.raises(ProviderError):
            ask(run, Script(lost()), part)

    assert breaker.enter(*IT) is Entry.REFUSED


def test_the_other_parts_of_a_job_wait_for_the_one_that_tries(run: Run) -> None:
    fail(5)
    pass_by(30)
    may_answer, found = threading.Event(), []

    def slow() -> Any:
        assert may_answer.wait(timeout=60)
        return SEEN

    script = Script(slow)

    def come(part: str) -> None:
        try:
            found.append(ask(run, script, part))
        finally:
            connection.close()

    parts = [threading.Thread(target=come, args=(part,)) for part in "abc"]
    for part in parts:
        part.start()
    wait_for(lambda: script.asks, what="the one that tries")
    wait_for(lambda: AICall.objects.count() == 1, what="its row")
    assert len(script.asks) == 1
    may_answer.set()
    for part in parts:
        part.join(timeout=60)

    assert len(found) == 3
    assert breaker.enter(*IT) is Entry.ASK


def test_the_others_fail_with_the_one_that_tries(run: Run) -> None:
    fail(5)
    pass_by(30)
    may_answer, failures = threading.Event(), []

    def slow() -> Any:
        assert may_answer.wait(timeout=60)
        raise ProviderError(Failure.TRANSIENT, "still down")

    script = Script(slow)

    def come(part: str) -> None:
        try:
            ask(run, script, part)
        except ProviderError as error:
            failures.append(error.failure)
        finally:
            connection.close()

    parts = [threading.Thread(target=come, args=(part,)) for part in "abc"]
    for part in parts:
        part.start()
    wait_for(lambda: script.asks, what="the one that tries")
    may_answer.set()
    for part in parts:
        part.join(timeout=60)

    assert failures == [Failure.TRANSIENT] * 3
    assert len(script.asks) == 1


class TestOnSubmit:
    """What an open breaker means to who asks."""

    @pytest.fixture(autouse=True)
    def _two_services(self, settings: Any) -> None:
        settings.CUSTOM_MODEL_URL = "http://127.0.0.1:9/v1"
        settings.ROUTES = {"*": OTHERS}

    def test_a_step_is_refused_before_anything_is_held(self, user: Any) -> None:
        breaker.failed("custom", "first-1", Failure.QUOTA)
        client = Client(headers={"authorization": f"Bearer {create_key(user=user, name='k')[1]}"})

        answer = client.post(
            "/api/tech-pack-v2/base-views/analyze", {"productId": "x"}, "application/json"
        )

        assert answer.status_code == 503
        assert 25 <= int(answer.headers["Retry-After"]) <= 30
        error = answer.json()["error"]
        assert (error["type"], error["code"]) == ("provider_unavailable", "PROVIDER_UNAVAILABLE")
        assert any("preferences" in words for words in error["suggestions"])
        assert credit.balance(user).available == 18 * CREDIT
        assert [line.operation for line in credit.statement(user)] == ["monthly"]
        assert not Job.objects.exists()

    def test_who_allows_it_is_answered_by_the_next_service(self, user: Any) -> None:
        breaker.failed("custom", "first-1", Failure.QUOTA)
        change_preferences(user=user, changes={"may_fall_back": True})

        assert pin(user, [OPERATION]) == {OPERATION: "custom:second-1"}

    def test_when_all_are_down_the_first_to_be_back_says_when(self, user: Any) -> None:
        breaker.failed("custom", "first-1", Failure.QUOTA)
        pass_by(20)
        breaker.failed("custom", "second-1", Failure.QUOTA)
        change_preferences(user=user, changes={"may_fall_back": True})

        with pytest.raises(ProviderUnavailable) as caught:
            pin(user, [OPERATION])

        assert caught.value.retry_after_s is not None
        assert 5 <= caught.value.retry_after_s <= 10
        assert not any("preferences" in words for words in caught.value.suggestions)

    def test_while_one_tries_the_others_are_told_to_come_back_soon(self, user: Any) -> None:
        breaker.failed("custom", "first-1", Failure.QUOTA)
        pass_by(30)
        assert pin(user, [OPERATION]) == {OPERATION: OTHERS[0]}
        assert breaker.enter("custom", "first-1") is Entry.PROBE

        with pytest.raises(ProviderUnavailable) as caught:
            pin(user, [OPERATION])

        assert caught.value.retry_after_s == 5
