"""``/api/webhooks``: the addresses of a user's own that are told of events."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Endpoint, page_of, uuid_or_404
from core.errors import InvalidRequest
from core.shape import checked
from core.wire import camel
from notifications import queries, targets
from notifications.inputs import NewWebhookInput, WebhookChanges
from notifications.models import WebhookDelivery, WebhookTarget
from notifications.serializers import (
    NewWebhookShape,
    WebhookDeliveryPage,
    WebhookDeliveryShape,
    WebhookPage,
    WebhookShape,
)
from notifications.targets import TargetChanges

SCOPE = "account"


def _with_secret(target: WebhookTarget, secret: str) -> dict[str, Any]:
    return {**WebhookShape(target).data, "secret": secret}


class Webhooks(Endpoint):
    """List and add addresses."""

    scopes = {"GET": SCOPE, "POST": SCOPE}
    conflicts = frozenset({"POST"})

    @extend_schema(operation_id="webhooks_list", responses={200: WebhookPage})
    def get(self, request: Request) -> Response:
        """Your addresses, newest first."""
        rows = queries.targets_of(request.user)
        return Response(page_of(request, rows, lambda row: WebhookShape(row).data))

    @extend_schema(
        operation_id="webhooks_add", request=NewWebhookInput, responses={201: NewWebhookShape}
    )
    def post(self, request: Request) -> Response:
        """Tell an https address of events; the answer holds its secret, this once."""
        given = checked(NewWebhookInput, request.data)
        made, secret = targets.add_target(user=request.user, **given.model_dump())
        return Response(_with_secret(made, secret), status=201)


class Webhook(Endpoint):
    """One address."""

    scopes = {"GET": SCOPE, "PATCH": SCOPE, "DELETE": SCOPE}
    conflicts = frozenset({"PATCH"})

    @extend_schema(operation_id="webhooks_read", responses={200: WebhookShape})
    def get(self, request: Request, webhook_id: str) -> Response:
        """One address, without its secret."""
        found = queries.target_of(request.user, uuid_or_404(webhook_id))
        return Response(WebhookShape(found).data)

    @extend_schema(
        operation_id="webhooks_change", request=WebhookChanges, responses={200: WebhookShape}
    )
    def patch(self, request: Request, webhook_id: str) -> Response:
        """Change an address, its types or description, or turn it off and on."""
        found = queries.target_of(request.user, uuid_or_404(webhook_id))
        changes = checked(WebhookChanges, request.data).model_dump(exclude_unset=True)
        if nulls := [name for name, value in changes.items() if value is None]:
            fields = {camel(name): ["Send a value."] for name in nulls}
            raise InvalidRequest("The input is not valid.", fields=fields)
        changed = targets.change_target(
            user=request.user, target_id=found.pk, changes=cast(TargetChanges, changes)
        )
        return Response(WebhookShape(changed).data)

    @extend_schema(operation_id="webhooks_remove", responses={204: None})
    def delete(self, request: Request, webhook_id: str) -> Response:
        """Forget an address, and what was sent to it."""
        targets.remove_target(user=request.user, target_id=uuid_or_404(webhook_id))
        return Response(status=204)


class RotateWebhook(Endpoint):
    """Another secret."""

    scopes = {"POST": SCOPE}

    @extend_schema(operation_id="webhooks_rotate", request=None, responses={200: NewWebhookShape})
    def post(self, request: Request, webhook_id: str) -> Response:
        """Give an address another secret, shown this once; the old one signs too for a day."""
        target, secret = targets.rotate_secret(user=request.user, target_id=uuid_or_404(webhook_id))
        return Response(_with_secret(target, secret))


class TestWebhook(Endpoint):
    """A test event."""

    scopes = {"POST": SCOPE}
    conflicts = frozenset({"POST"})

    @extend_schema(
        operation_id="webhooks_test", request=None, responses={201: WebhookDeliveryShape}
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        """Send `webhook.test` to an address, whatever it is told of otherwise."""
        made = targets.send_test(user=request.user, target_id=uuid_or_404(webhook_id))
        return Response(WebhookDeliveryShape(made).data, status=201)


class WebhookDeliveries(Endpoint):
    """The delivery log."""

    scopes = {"GET": SCOPE}

    @extend_schema(
        operation_id="webhooks_deliveries",
        parameters=[
            OpenApiParameter(
                "state",
                enum=WebhookDelivery.State.values,
                description="only those in this state",
            )
        ],
        responses={200: WebhookDeliveryPage},
    )
    def get(self, request: Request, webhook_id: str) -> Response:
        """What an address was sent in the last 30 days, or is to be, newest first."""
        rows = queries.deliveries_of(queries.target_of(request.user, uuid_or_404(webhook_id)))
        state = request.query_params.get("state")
        if state is not None and state not in WebhookDelivery.State.values:
            known = ", ".join(WebhookDelivery.State.values)
            raise InvalidRequest("The state is wrong.", fields={"state": [f"Use one of {known}."]})
        rows = rows if state is None else rows.filter(state=state)
        return Response(page_of(request, rows, lambda row: WebhookDeliveryShape(row).data))


class RetryDelivery(Endpoint):
    """Sending again."""

    scopes = {"POST": SCOPE}
    conflicts = frozenset({"POST"})

    @extend_schema(
        operation_id="webhooks_retry", request=None, responses={200: WebhookDeliveryShape}
    )
    def post(self, request: Request, webhook_id: str, delivery_id: str) -> Response:
        """Send an event again at once, from the first try on; its id stays."""
        found = targets.retry_delivery(
            user=request.user,
            target_id=uuid_or_404(webhook_id),
            delivery_id=uuid_or_404(delivery_id),
        )
        return Response(WebhookDeliveryShape(found).data)
