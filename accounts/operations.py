"""What people do with their account and keys."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypedDict
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.entitlements import GROUPS, group_named
from accounts.models import ApiKey, User
from accounts.queries import key_of
from accounts.scopes import DEFAULT_SCOPES, SCOPES, unknown_scopes
from accounts.secrets import hash_of, new_secret, shown_part
from core.errors import Conflict, InvalidRequest
from core.money import Microcredits

MOST_LIVE_KEYS = 50
USE_IS_NOTED_EVERY = timedelta(minutes=1)


def create_key(
    *,
    user: User,
    name: str,
    scopes: Sequence[str] | None = None,
    monthly_cap: Microcredits | None = None,
    credit_policy: str = ApiKey.CreditPolicy.STRICT,
) -> tuple[ApiKey, str]:
    """Make an API key; returns its row and the key itself, which is kept nowhere.

    Scopes default to all but billing and account; `monthly_cap` is in µcr a month of the credit
    account.
    Raises InvalidRequest (no name, unknown or no scopes), Conflict (too many keys).
    """
    chosen = list(dict.fromkeys(DEFAULT_SCOPES if scopes is None else scopes))
    _check_key(name=name.strip(), scopes=chosen)
    secret = new_secret()
    with transaction.atomic():
        _check_room(user)
        key = ApiKey.objects.create(
            user=user,
            name=name.strip(),
            prefix=shown_part(secret),
            key_hash=hash_of(secret),
            scopes=chosen,
            monthly_cap=monthly_cap,
            credit_policy=credit_policy,
        )
    return key, secret


def _check_room(user: User) -> None:
    """Raises Conflict where there are as many live keys as there can be; locks the user's row."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once see each other
    if ApiKey.objects.filter(user=user, revoked_at=None).count() >= MOST_LIVE_KEYS:
        raise Conflict(
            f"You have {MOST_LIVE_KEYS} keys, the most there can be.",
            suggestions=["Revoke a key that is no longer used"],
        )


def _check_key(*, name: str, scopes: Sequence[str]) -> None:
    wrong: dict[str, list[str]] = {}
    if not 1 <= len(name) <= 100:
        wrong["name"] = ["Give the key a name of 1 to 100 characters."]
    if unknown := unknown_scopes(scopes):
        known = ", ".join(SCOPES)
        wrong["scopes"] = [f"Unknown: {', '.join(unknown)}. There are: {known}."]
    elif not scopes:
        wrong["scopes"] = ["Choose at least one scope."]
    if wrong:
        raise InvalidRequest("This is no key that there can be.", fields=wrong)


class KeyChanges(TypedDict, total=False):
    """What can be changed of a key."""

    name: str
    monthly_cap: Microcredits | None
    credit_policy: str


def change_key(*, user: User, key_id: UUID, changes: KeyChanges) -> ApiKey:
    """Change a live key; what is left out stays. The next request with it is held to it.

    Raises NotFound, InvalidRequest (no name), and Conflict where the key is revoked.
    """
    key = key_of(user, key_id)
    if "name" in changes:
        changes = {**changes, "name": changes["name"].strip()}
        _check_key(name=changes["name"], scopes=key.scopes)
    live = ApiKey.objects.filter(pk=key.pk, revoked_at=None)
    if not (live.update(**changes) if changes else live.exists()):
        raise Conflict("This key is revoked.", suggestions=["Make another key"])
    key.refresh_from_db()
    return key


def revoke_key(*, user: User, key_id: UUID) -> ApiKey:
    """Stop a key at once and for good; a second time changes nothing. Raises NotFound."""
    key = key_of(user, key_id)
    now = timezone.now()
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        key.revoked_at = now
    return key


def note_use(*, key: ApiKey) -> None:
    """Remember that the key was used, to the minute."""
    now = timezone.now()
    is_old = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
    ApiKey.objects.filter(is_old, pk=key.pk).update(last_used_at=now)


class Preferences(TypedDict, total=False):
    """What a person can say of themselves and of how the product behaves."""

    name: str
    theme: str
    units: str
    locale: str
    may_fall_back: bool


def change_preferences(*, user: User, changes: Preferences) -> User:
    """Save how the person is called, how things look, and who may answer; the rest stays."""
    given: Preferences = {**changes}
    if "name" in given:
        given["name"] = given["name"].strip()
    for field, value in given.items():
        setattr(user, field, value)
    user.save(update_fields=list(given))
    return user


def follow_tier(*, user_id: UUID) -> None:
    """Put the user into the group of the tier that they have now, and out of the others.

    Whatever was told of it: their row counts, as it is when nobody else can change it. Who is
    deleted has no groups.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
        if user is None:
            return
        for tier, name in GROUPS.items():
            if user.tier == tier:
                user.groups.add(group_named(name))
            else:
                user.groups.remove(*user.groups.filter(name=name))
