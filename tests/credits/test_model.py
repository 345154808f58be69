"""Any order of verbs, with time passing, leaves the ledger where an independent oracle stands."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import VERBS, LedgerMachine
from .pair import REFUSALS
from .travel import own_clock

RUNS, STEPS, AT_LEAST = 56, 50, 2_000

# Without these a run of the model would say little.
SITUATIONS = {
    "a chargeback left a debt",
    "a grant paid a debt",
    "a debt was paid and then canceled",
    "a hold over several lots",
    "a lot got back what was owed, and more",
    "a month began",
    "a part was captured",
    "a part was refunded",
    "a part was taken back",
    "beyond fair use",
    "given back as grace",
    "given back as grant",
    "grace was used",
    "refused by cap",
    "refused by debt",
    "refused past its date",
    "refused short",
    "the plan paid",
    "what came back paid a debt",
    "what was taken back was given again",
}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_ledger_agrees_with_an_independent_oracle() -> None:
    met = LedgerMachine.met
    met.clear()
    with own_clock():
        run_state_machine_as_test(
            LedgerMachine,
            settings=settings(
                max_examples=RUNS,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert sum(met[verb] for verb in set(VERBS)) >= AT_LEAST
    assert {*VERBS, *(refusal.__name__ for refusal in REFUSALS)} <= set(met)
    missed = {situation for situation in SITUATIONS if not met[situation]}
    assert len(missed) <= 2, f"{missed}: chance may leave out one or two, not more"
