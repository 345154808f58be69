"""The ledger is broken in known ways, one at a time, and its tests notice each."""

from __future__ import annotations

import pytest

from deploy.embedded.postgres import PROJECT

from .mutant_runs import run_on_a_copy
from .mutants import MUTANTS, Mutant


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "mutant", [None, *MUTANTS], ids=lambda mutant: mutant.name if mutant else "nothing is broken"
)
def test_what_is_broken_is_noticed(mutant: Mutant | None) -> None:
    verdict = run_on_a_copy(mutant)
    assert verdict.is_right, f"{verdict.by}\n{verdict.output}"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_is_broken_occurs_once(mutant: Mutant) -> None:
    text = (PROJECT / mutant.path).read_text(encoding="utf-8")
    assert mutant.apply(text) != text
    with pytest.raises(LookupError):
        mutant.apply(text + mutant.old)


def test_mutants_have_names_of_their_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 10
