"""Random verbs from several processes whose connections are lost, and a verdict that can fail."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from bench.ledger_client import Told
from bench.ledger_hammer import Blows, hammer
from bench.ledger_verdict import Verdict, judge

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_when_connections_break() -> None:
    blows = hammer(operations=2_000, clients=4, accounts=40)
    assert blows.kills > 5
    assert len(blows.told) > 1_500
    assert sum(not each.is_done for each in blows.told) > 20
    assert blows.verdict == Verdict()


def first(blows: Blows, verb: str) -> Told:
    revoked = {each.key for each in blows.told if each.verb == "revoke"}
    return next(
        each
        for each in blows.told
        if each.verb == verb and each.is_done and each.key not in revoked
    )


def judged(blows: Blows, *, without: Told | None = None, also: Told | None = None) -> Verdict:
    told = [each for each in blows.told if each.key != (without and without.key)]
    return judge(told + ([also] if also else []), users=blows.users)


VERBS = ("hold", "capture", "release", "refund", "grant")
Wrong = Callable[[Told], Told]


def test_the_verdict_sees_what_nobody_was_told_and_what_is_not_there() -> None:
    blows = hammer(operations=300, clients=1, accounts=3)
    assert blows.verdict.is_clean
    for verb in VERBS:
        known = first(blows, verb)
        assert judged(blows, without=known).doubled, f"{verb} that nobody was told of"
        refused = known._replace(is_done=False)
        assert judged(blows, without=known, also=refused).doubled, f"{verb} though refused"
        elsewhere = known._replace(key=uuid4().hex)
        assert judged(blows, also=elsewhere).lost, f"{verb} that is not there"
        more = known._replace(amount=known.amount + 1)
        assert judged(blows, without=known, also=more).lost, f"less than {verb} was told"
