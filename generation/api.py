"""``/api/jobs``."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Endpoint, page_of, uuid_or_404
from core.errors import InvalidRequest
from generation import operations, queries
from generation.models import Job
from generation.present import present_job
from generation.serializers import JobPageSerializer, JobSerializer
from generation.waiting import answer, asked_by, wanted_wait_s


class Jobs(Endpoint):
    """The account's jobs."""

    scopes = {"GET": "products:read"}

    @extend_schema(
        operation_id="jobs_list",
        parameters=[
            OpenApiParameter("status", str, enum=Job.Status.values),
            OpenApiParameter("kind", str, description="as in base-views/analyze"),
        ],
        responses=JobPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """List jobs, newest first; ``?status=`` and ``?kind=`` narrow it."""
        status = request.query_params.get("status", "")
        if status and status not in Job.Status.values:
            raise InvalidRequest(
                "There is no such status.",
                fields={"status": [f"Use one of {', '.join(Job.Status.values)}."]},
            )
        kind = request.query_params.get("kind", "")
        return Response(
            page_of(request, queries.jobs_of(request.user, status=status, kind=kind), present_job)
        )


class OneJob(Endpoint):
    """One job."""

    scopes = {"GET": "products:read"}

    @extend_schema(responses=JobSerializer, operation_id="jobs_read")
    def get(self, request: Request, job_id: str) -> Response:
        """How the job stands."""
        return Response(present_job(queries.job_of(request.user, uuid_or_404(job_id))))


class CancelJob(Endpoint):
    """Stopping a job."""

    scopes = {"POST": "generate"}
    conflicts = frozenset({"POST"})

    @extend_schema(request=None, responses=JobSerializer, operation_id="jobs_cancel")
    def post(self, request: Request, job_id: str) -> Response:
        """Stop the job; what it had finished is kept and charged pro rata."""
        job = operations.cancel(user=request.user, job_id=uuid_or_404(job_id))
        return Response(present_job(job))


class RetryJob(Endpoint):
    """Running again what failed."""

    scopes = {"POST": "generate"}
    paid = True
    conflicts = frozenset({"POST"})

    @extend_schema(
        request=None,
        responses={200: OpenApiTypes.OBJECT, 202: JobSerializer},
        operation_id="jobs_retry",
    )
    def post(self, request: Request, job_id: str) -> Response:
        """Run the failed parts again, at what is left of the price; a failed job whole.

        The answer waits as that of a step does, and has the same shape.
        """
        wait_s = wanted_wait_s(request)
        job = operations.retry(job_id=uuid_or_404(job_id), **asked_by(request))
        return answer(job, wait_s=wait_s)
