"""The breaker against a model of its rules that shares no code with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from generation import breaker
from generation.breaker import Entry
from generation.errors import Failure
from generation.models import Breaker
from tests.generation.test_breaker import IT, pass_by

FAILURES, WINDOW_S, OPEN_S, TRIES_AT_MOST_S = 5, 60, 30, 150
COUNTED = st.sampled_from([Failure.TRANSIENT, Failure.AMBIGUOUS])
MENDED = st.sampled_from([Failure.QUOTA, Failure.CONFIGURATION])
HARMLESS = st.sampled_from([Failure.USER_INPUT, Failure.MALFORMED_OUTPUT])


class Rules(RuleBasedStateMachine):
    """Time is whole seconds of the model; the breaker's rows are aged by as much.

    What really passes meanwhile makes them older still. Every bound is a multiple of ten seconds
    as every step is, so that less than ten seconds of it make no difference.
    """

    def __init__(self) -> None:
        super().__init__()
        Breaker.objects.all().delete()
        self.now = 0
        self.failed_at: list[int] = []
        self.open_until: int | None = None
        self.tries_since: int | None = None

    def expected(self) -> Entry:
        if self.open_until is None:
            return Entry.ASK
        if self.now < self.open_until:
            return Entry.REFUSED
        is_tried = self.tries_since is not None and self.now < self.tries_since + TRIES_AT_MOST_S
        return Entry.WAIT if is_tried else Entry.PROBE

    def open(self) -> None:
        self.open_until, self.failed_at, self.tries_since = self.now + OPEN_S, [], None

    @rule(seconds=st.sampled_from([10, 20, 30, 50, 60, 150]))
    def time_passes(self, seconds: int) -> None:
        pass_by(seconds)
        self.now += seconds

    @rule()
    def somebody_comes(self) -> None:
        expected = self.expected()
        assert breaker.enter(*IT) is expected
        if expected is Entry.PROBE:
            self.tries_since = self.now

    @rule(failure=COUNTED)
    def a_call_fails(self, failure: Failure) -> None:
        breaker.failed(*IT, failure)
        if self.open_until is not None:
            return
        self.failed_at = [at for at in self.failed_at if at > self.now - WINDOW_S] + [self.now]
        if len(self.failed_at) >= FAILURES:
            self.open()

    @rule(failure=MENDED)
    def it_has_to_be_mended(self, failure: Failure) -> None:
        breaker.failed(*IT, failure)
        self.open()

    @rule(failure=HARMLESS)
    def content_is_refused(self, failure: Failure) -> None:
        breaker.failed(*IT, failure)

    @precondition(lambda self: self.tries_since is not None)
    @rule(failure=COUNTED)
    def who_tried_fails(self, failure: Failure) -> None:
        breaker.failed(*IT, failure, was_probe=True)
        self.open()

    @precondition(lambda self: self.tries_since is not None)
    @rule()
    def who_tried_is_answered(self) -> None:
        breaker.succeeded(*IT)
        self.open_until, self.failed_at, self.tries_since = None, [], None

    @precondition(lambda self: self.tries_since is not None)
    @rule()
    def who_tried_is_gone(self) -> None:
        breaker.free(*IT)
        self.tries_since = None

    @invariant()
    def whoever_submits_is_refused_exactly_while_nobody_may_ask(self) -> None:
        is_shut = self.expected() in (Entry.REFUSED, Entry.WAIT)
        assert (breaker.shut_for_s(*IT) > 0) == is_shut


@pytest.fixture(autouse=True)
def _known_deadlines(settings: Any) -> None:
    settings.AI_DEADLINES = {"*": TRIES_AT_MOST_S - breaker.PROBE_OUTLIVES_S}


def test_in_whatever_order_things_happen_the_rules_hold(transactional_db: None) -> None:
    run_machine(Rules, settings=hypothesis(max_examples=25, stateful_step_count=25))
