"""The account and its API keys over HTTP. No key manages keys: their classes name no scopes."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.operations import (
    Preferences,
    change_key,
    change_preferences,
    create_key,
    revoke_key,
)
from accounts.queries import key_of, keys_of, person_of
from accounts.serializers import (
    AccountChange,
    AccountOutput,
    KeyChange,
    KeyOutput,
    KeyPage,
    NewKeyInput,
    NewKeyOutput,
    present_keys,
)
from core.api import Endpoint, page_of, uuid_or_404


class OwnAccount(Endpoint):
    """The account itself."""

    scopes = {"GET": "account", "PATCH": "account"}

    @extend_schema(operation_id="account_read", responses={200: AccountOutput})
    def get(self, request: Request) -> Response:
        """Whose account it is, and its preferences."""
        return Response(AccountOutput(person_of(request)).data)

    @extend_schema(
        operation_id="account_change", request=AccountChange, responses={200: AccountOutput}
    )
    def patch(self, request: Request) -> Response:
        """Change name or preferences, as whether another AI service may answer for a broken one."""
        given = AccountChange(data=request.data)
        given.is_valid(raise_exception=True)
        changes = cast(Preferences, given.validated_data)
        return Response(
            AccountOutput(change_preferences(user=person_of(request), changes=changes)).data
        )


class Keys(Endpoint):
    """List and make API keys."""

    # A kept answer would keep the secret, which is stored nowhere.
    idempotent = False
    conflicts = frozenset({"POST"})

    @extend_schema(operation_id="keys_list", responses={200: KeyPage})
    def get(self, request: Request) -> Response:
        """Your keys, newest first."""
        person = person_of(request)
        page = page_of(request, keys_of(person), lambda key: key)
        return Response({**page, "results": present_keys(person, page["results"])})

    @extend_schema(operation_id="keys_create", request=NewKeyInput, responses={201: NewKeyOutput})
    def post(self, request: Request) -> Response:
        """Make a key; the answer holds it in full, this once."""
        given = NewKeyInput(data=request.data)
        given.is_valid(raise_exception=True)
        person = person_of(request)
        key, secret = create_key(user=person, **given.validated_data)
        return Response({**present_keys(person, [key])[0], "key": secret}, status=201)


class KeyDetail(Endpoint):
    """Change or revoke an API key."""

    conflicts = frozenset({"PATCH"})

    @extend_schema(operation_id="keys_change", request=KeyChange, responses={200: KeyOutput})
    def patch(self, request: Request, key_id: str) -> Response:
        """Change a key's name, monthly cap or credit policy; never its scopes."""
        person, given = person_of(request), KeyChange(data=request.data)
        key = key_of(person, uuid_or_404(key_id))
        given.is_valid(raise_exception=True)
        changed = change_key(user=person, key_id=key.pk, changes=given.validated_data)
        return Response(present_keys(person, [changed])[0])

    @extend_schema(operation_id="keys_revoke", responses={204: None})
    def delete(self, request: Request, key_id: str) -> Response:
        """Stop a key at once and for good."""
        revoke_key(user=person_of(request), key_id=uuid_or_404(key_id))
        return Response(status=204)
