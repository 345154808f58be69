"""What a plan lets its owner do, as permissions of the group that they are in meanwhile."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from accounts.models import User

# Tier → the name of its group; who has another tier is in none of them.
GROUPS: Final = {"pro": "Pro"}
# Those that the model names, and the group's; as Django calls them, without the app.
ENTITLEMENTS: Final = dict(User._meta.permissions)


def group_named(name: str) -> Group:
    """The group of a tier with what it may, made when the first needs it."""
    group, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        kind = ContentType.objects.get_for_model(User)
        for codename, words in ENTITLEMENTS.items():
            permission, _ = Permission.objects.get_or_create(
                content_type=kind, codename=codename, defaults={"name": words}
            )
            group.permissions.add(permission)
    return group


def entitlements_of(user: User) -> list[str]:
    """What the user may beyond everybody, in the order of the alphabet."""
    found = Permission.objects.filter(
        group__user=user, codename__in=ENTITLEMENTS, content_type__app_label="accounts"
    )
    return sorted(set(found.values_list("codename", flat=True)))
