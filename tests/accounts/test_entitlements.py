"""What a user may do follows their tier, as it is and not as it was told."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from accounts.operations import follow_tier
from core.ids import uuid7
from core.outbox import emit
from notifications.relaying import relay

pytestmark = pytest.mark.django_db


def turn(user: User, tier: str) -> None:
    User.objects.filter(pk=user.pk).update(tier=tier)


def groups_of(user: User) -> list[str]:
    return list(user.groups.values_list("name", flat=True))


def may(user: User) -> bool:
    return User.objects.get(pk=user.pk).has_perm("accounts.unlimited_operations")


def test_a_user_of_the_pro_plan_is_in_its_group_with_what_it_may(ada: User) -> None:
    follow_tier(user_id=ada.pk)
    assert (groups_of(ada), may(ada)) == ([], False)
    turn(ada, "pro")
    for _ in range(2):
        follow_tier(user_id=ada.pk)
        assert (groups_of(ada), may(ada)) == (["Pro"], True)
    turn(ada, "free")
    for _ in range(2):
        follow_tier(user_id=ada.pk)
        assert (groups_of(ada), may(ada)) == ([], False)


def test_groups_that_somebody_else_gave_stay(ada: User) -> None:
    ada.groups.add(Group.objects.create(name="Support"))
    turn(ada, "pro")
    follow_tier(user_id=ada.pk)
    turn(ada, "free")
    follow_tier(user_id=ada.pk)
    assert groups_of(ada) == ["Support"]


def test_a_user_who_is_deleted_is_nobody_to_follow() -> None:
    follow_tier(user_id=uuid7())
    assert not Group.objects.exists()


def test_a_change_of_tier_reaches_the_account_by_its_event(
    ada: User, browser_of_ada: Client
) -> None:
    def entitlements() -> list[str]:
        found: list[str] = browser_of_ada.get("/api/account").json()["entitlements"]
        return found

    assert entitlements() == []
    turn(ada, "pro")
    data = {"fromTier": "free", "toTier": "pro", "interval": "month", "reason": "upgraded"}
    emit(type="SubscriptionTierChanged", user_id=ada.pk, data=data)
    relay()
    assert entitlements() == ["unlimited_operations"]


def test_what_was_told_late_changes_nothing_that_came_since(ada: User) -> None:
    """The event says Pro, but the plan has ended meanwhile."""
    data = {"fromTier": "free", "toTier": "pro", "interval": "month", "reason": "upgraded"}
    emit(type="SubscriptionTierChanged", user_id=ada.pk, data=data)
    relay()
    assert groups_of(ada) == []
