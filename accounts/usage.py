"""What keys used of the month's credits: the ledger, which lies above, registers how it counts."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from accounts.models import ApiKey, User
from core.money import Microcredits

Counter = Callable[[User, Sequence[UUID]], Mapping[UUID, Microcredits]]

_counters: list[Counter] = []


def counted_by(counter: Counter) -> None:
    """Let ``counter(user, key_ids)`` say what keys drew and hold this month, in µcr.

    It may leave out keys that used nothing.
    """
    _counters[:] = [counter]


def used_this_month(user: User, keys: Sequence[ApiKey]) -> Mapping[UUID, Microcredits]:
    """By key: what each drew and still holds in the user's present month, in µcr."""
    ids = [key.pk for key in keys]
    found = _counters[0](user, ids) if ids and _counters else {}
    return {key_id: found.get(key_id, 0) for key_id in ids}
