"""``/api/tech-pack-v2/…``: each holds, checks, queues and waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Endpoint, uuid_or_404
from core.wire import StrictJSONParser, snake
from generation.models import Job
from generation.serializers import JobSerializer
from generation.waiting import answer, asked_by, wanted_wait_s
from techpack import inputs, operations
from techpack.api import shapes
from techpack.api.products import refuse_large
from techpack.present import present_revision
from techpack.work.editing import present_undone


class Step(Endpoint):
    """A paid step: one verb, then the waiting rule."""

    scopes = {"POST": "generate"}
    paid = True

    def run(self, request: Request, verb: Callable[..., Job]) -> Response:
        """Call the verb with the body as it came, and wait for its job."""
        wait_s = wanted_wait_s(request)
        job = verb(data=_data(request), **asked_by(request))
        return answer(job, wait_s=wait_s)


def _data(request: Request) -> Any:
    if isinstance(request.data, dict) and not hasattr(request.data, "lists"):
        return request.data
    if hasattr(request.data, "items"):
        return {snake(name): value for name, value in request.data.items()}
    return request.data


class Detect(Step):
    """Category detection."""

    parser_classes = [StrictJSONParser, MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse by the declared length before the body is read."""
        refuse_large(request)
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="category_detect",
        request={
            "application/json": inputs.DetectInput,
            "multipart/form-data": shapes.DetectUpload,
        },
        responses={200: shapes.Detected, 202: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Name the category of a product, a photo, or a multipart ``image``. Free."""
        return self.run(request, operations.detect_category)


class Analyze(Step):
    """Base-view analysis."""

    @extend_schema(
        operation_id="base_views_analyze",
        request=inputs.AnalyzeInput,
        responses={200: shapes.Analyzed, 202: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Analyse one to eight views: 3 credits, 0.6 more a view beyond five."""
        return self.run(request, operations.analyze_base_views)


class CloseUps(Step):
    """Close-ups."""

    @extend_schema(
        operation_id="close_ups_generate",
        request=inputs.CloseUpsInput,
        responses={200: shapes.ClosedUp, 202: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Plan and cut six to ten shots and say what each shows: 3 credits."""
        return self.run(request, operations.generate_close_ups)


class Sketches(Step):
    """Sketches."""

    @extend_schema(
        operation_id="sketches_generate",
        request=inputs.SketchesInput,
        responses={200: shapes.Sketched, 202: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Draw front, back and side flats: 3 credits."""
        return self.run(request, operations.generate_sketches)


class Generate(Step):
    """Drafts and final views."""

    @extend_schema(
        operation_id="base_views_generate",
        request=inputs.GenerateInput,
        responses={200: shapes.Generated, 202: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make up to four drafts to choose from (0.25 credits each), or final views (1 each).

        Final views are made from `sourceRevisionId`, else from the product's current pictures,
        and become current; earlier versions are kept. None of them is a photo, and each says so
        in its `notes`.
        """
        return self.run(request, operations.generate_views)


class Edit(Step):
    """A field changed by a sentence."""

    conflicts = frozenset({"POST"})

    @extend_schema(
        operation_id="edit",
        request=inputs.EditInput,
        responses={200: shapes.Edited, 202: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Change one field by a sentence: 1 credit.

        With `revisionId` the path addresses that view's analysis (and the pack for `bom`,
        `pointsOfMeasure` and `cover`, which only the pack has); with `productId` the merged pack.
        The new value passes the checks of typed ones and survives later runs. 409 where the field
        was typed over meanwhile; then nothing is charged.
        """
        return self.run(request, operations.edit_field)


class UndoEdit(Endpoint):
    """Taking back what a sentence changed."""

    scopes = {"POST": "generate"}
    conflicts = frozenset({"POST"})

    @extend_schema(operation_id="edit_undo", request=None, responses=shapes.EditUndone)
    def post(self, request: Request, edit_id: str) -> Response:
        """Bring the value back that was there before: free; 409 where it was changed since."""
        edit = operations.undo_edit(user=request.user, edit_id=uuid_or_404(edit_id))
        return Response(present_undone(edit))


class Regenerate(Step):
    """A photo changed by a sentence."""

    conflicts = frozenset({"POST"})

    @extend_schema(
        operation_id="regenerate",
        request=inputs.RegenerateInput,
        responses={200: shapes.Regenerated, 202: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Change a photo by a sentence and analyse it again: 1 credit.

        `new` adds a version, `replace` keeps the earlier picture to come back to. Where only the
        analysis fails, the picture is kept and half is charged.
        """
        return self.run(request, operations.regenerate_view)


class UndoRegenerate(Endpoint):
    """Taking back the change of a photo."""

    scopes = {"POST": "generate"}
    conflicts = frozenset({"POST"})

    @extend_schema(operation_id="regenerate_undo", request=None, responses=shapes.RegenerateUndone)
    def post(self, request: Request, job_id: str) -> Response:
        """Bring the earlier picture back: free; 409 where the photo was changed since."""
        pk = uuid_or_404(job_id)
        revision = operations.undo_regenerate(user=request.user, job_id=pk)
        body = {"job_id": pk, "revision": present_revision(revision), "undone": True}
        return Response(body)
