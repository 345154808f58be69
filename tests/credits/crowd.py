"""Processes that do something to the ledger at the same moment, each on its own connection."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.urls import resolve

from bench.fleet import Fleet
from core.errors import DomainError
from credits import operations as ledger

SIZE = 8


class Call(NamedTuple):
    """A verb of the ledger and what it is called with."""

    verb: str
    words: dict[str, Any]


class Outcome(NamedTuple):
    """What a verb returned (the id where that is a row), or the name of its refusal."""

    value: Any
    refusal: str = ""


class Crowd:
    """Eight processes that wait for orders: to call the ledger's ``verbs``, or others."""

    def __init__(self, verbs: Mapping[str, Callable[..., Any]] | None = None) -> None:
        resolve("/")  # a refusal names addresses: load them here, not in each process
        known = vars(ledger) if verbs is None else verbs
        self._fleet = Fleet(SIZE, lambda number: partial(_obey, known))

    def __enter__(self) -> Crowd:
        self._fleet.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._fleet.__exit__(*error)

    def at_once(self, calls: Sequence[Call]) -> list[Outcome]:
        """Up to eight calls, one a process, that begin together."""
        return [found for (found,) in self._fleet.run([[call] for call in calls])]

    def all_do(self, verb: str, **words: Any) -> list[Outcome]:
        """The same call by all eight."""
        return self.at_once([Call(verb, words)] * SIZE)

    def each_does(self, calls: Callable[[int], Sequence[Call]]) -> list[Outcome]:
        """Many calls in a row by each of the eight, by its number."""
        found = self._fleet.run([list(calls(number)) for number in range(SIZE)])
        return [outcome for outcomes in found for outcome in outcomes]


def _obey(verbs: Mapping[str, Callable[..., Any]], calls: Sequence[Call]) -> list[Outcome]:
    logging.getLogger("techpack").setLevel(logging.ERROR)  # refusals are meant
    return [_outcome(verbs[call.verb], call.words) for call in calls]


def _outcome(verb: Callable[..., Any], words: dict[str, Any]) -> Outcome:
    try:
        found = verb(**words)
    except DomainError as error:
        return Outcome(None, type(error).__name__)
    return Outcome(getattr(found, "pk", found))


def done(outcomes: Sequence[Outcome]) -> list[Any]:
    """What those returned that were not refused."""
    return [each.value for each in outcomes if not each.refusal]


def refusals(outcomes: Sequence[Outcome]) -> list[str]:
    """The names of the refusals, sorted."""
    return sorted(each.refusal for each in outcomes if each.refusal)
