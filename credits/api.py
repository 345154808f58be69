"""Balance, statement and quotes over HTTP."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Endpoint, page_of
from core.openapi import ref
from credits import budget, queries, quotes
from credits.serializers import (
    BalanceShape,
    BudgetInput,
    BudgetShape,
    QuoteRequest,
    QuoteShape,
    StatementShape,
    present_balance,
    present_budget,
    present_line,
    present_quote,
)

ERROR: Final = ref("schemas", "Error")


class Credits(Endpoint):
    """The balance."""

    scopes = {"GET": "credits:read"}

    @extend_schema(operation_id="credits_read", responses={200: BalanceShape})
    def get(self, request: Request) -> Response:
        """What is available, held and owed, and the lots that it consists of."""
        balance = queries.balance(request.user)
        return Response(present_balance(balance, list(queries.lots(request.user))))


class Statement(Endpoint):
    """The statement."""

    scopes = {"GET": "credits:read"}

    @extend_schema(operation_id="statement_list", responses={200: StatementShape})
    def get(self, request: Request) -> Response:
        """One line per operation, grant, expiry and revocation, newest first."""
        page = page_of(request, queries.statement(request.user), lambda line: line)
        rows = queries.with_balances(page["results"])
        return Response({**page, "results": [present_line(row) for row in rows]})


class Budget(Endpoint):
    """Warnings before the credits run out."""

    scopes = {"GET": "credits:read"}

    @extend_schema(operation_id="budget_read", responses={200: BudgetShape})
    def get(self, request: Request) -> Response:
        """The floor, the shares of the month's credits, and what was warned of this month."""
        return Response(present_budget(budget.standing_of(request.user)))

    @extend_schema(operation_id="budget_write", request=BudgetInput, responses={200: BudgetShape})
    def put(self, request: Request) -> Response:
        """Set the floor; no key does."""
        given = BudgetInput(data=request.data)
        given.is_valid(raise_exception=True)
        budget.set_floor(user=request.user, floor=given.validated_data["floor"])
        return Response(present_budget(budget.standing_of(request.user)))


class QuoteOperation(Endpoint):
    """A price before the run."""

    scopes = {"POST": "credits:read"}

    @extend_schema(
        operation_id="quote",
        request=QuoteRequest,
        responses={
            200: QuoteShape,
            404: OpenApiResponse(ERROR, "There is no such model or product."),
            503: OpenApiResponse(ERROR, "No AI service is set up for it."),
        },
    )
    def post(self, request: Request) -> Response:
        """What an operation would cost with the given input; nothing is held."""
        asked = QuoteRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(request.data)
        given.pop("operation")
        quote = quotes.quote(
            user=request.user, operation=asked.validated_data["operation"], given=given
        )
        return Response(present_quote(quote))
