"""Buying, the portal, and the subscription over HTTP."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing import operations, queries
from billing.inputs import CheckoutInput, PortalInput
from billing.serializers import SubscriptionShape, UrlShape, present_subscription
from core.api import Endpoint
from core.openapi import ref
from core.shape import checked

ERROR: Final = ref("schemas", "Error")
UNAVAILABLE: Final = OpenApiResponse(
    ERROR,
    "`PAYMENTS_OFF` where nothing is sold; `PAYMENTS_UNAVAILABLE` while the payment service does"
    " not answer: nothing was charged.",
)


class StartCheckout(Endpoint):
    """Buying the plan or credits."""

    scopes = {"POST": "billing"}

    @extend_schema(
        operation_id="billing_checkout",
        tags=["billing"],
        request=CheckoutInput,
        responses={
            200: UrlShape,
            409: OpenApiResponse(
                ERROR,
                "`ALREADY_SUBSCRIBED`; `PAYMENT_DUE` where the plan has to be paid for first; or"
                " the first call with this `Idempotency-Key` is still open.",
            ),
            503: UNAVAILABLE,
        },
    )
    def post(self, request: Request) -> Response:
        """Begin to buy: `{plan, interval}` or `{topup}`; `url` is where to pay.

        Who has the plan by the other interval is led to where that is changed.
        """
        operations.check_open()
        given = checked(CheckoutInput, request.data)
        begun = operations.start_checkout(
            user=request.user,
            plan=given.plan or "",
            interval=given.interval or "",
            topup=given.topup or 0,
            back_to=given.back_to or "",
        )
        return Response({"url": begun.url})


class OpenPortal(Endpoint):
    """Changing or canceling what was bought."""

    scopes = {"POST": "billing"}

    @extend_schema(
        operation_id="billing_portal",
        tags=["billing"],
        request=PortalInput,
        responses={
            200: UrlShape,
            409: OpenApiResponse(
                ERROR,
                "`NO_CUSTOMER` where nothing was bought yet; or the first call with this"
                " `Idempotency-Key` is still open.",
            ),
            503: UNAVAILABLE,
        },
    )
    def post(self, request: Request) -> Response:
        """Open the portal of the payment service, where cards and the plan are changed."""
        operations.check_open()
        given = checked(PortalInput, request.data)
        url = operations.open_portal(user=request.user, back_to=given.back_to or "")
        return Response({"url": url})


class OwnSubscription(Endpoint):
    """The subscription."""

    scopes = {"GET": "billing"}

    @extend_schema(
        operation_id="billing_subscription", tags=["billing"], responses={200: SubscriptionShape}
    )
    def get(self, request: Request) -> Response:
        """The plan that is subscribed to, how it stands, and the tier that follows from it."""
        return Response(present_subscription(queries.subscription_of(request.user)))
