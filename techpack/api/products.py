"""``/api/products`` and ``/api/revisions``."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Endpoint, page_of, uuid_or_404
from core.errors import InvalidRequest, PayloadTooLarge
from core.fetch import fetch_image
from core.images import LARGEST_FILE
from core.shape import checked
from core.units import Length
from core.wire import StrictJSONParser, camel
from techpack import inputs, operations, queries
from techpack.api import shapes
from techpack.present import present_product, present_revision, present_scale

READ, WRITE = "products:read", "products:write"
MULTIPART_EXTRA = 1024 * 1024
Q = OpenApiParameter("q", str, description="looks in name and style number")
ORDER = OpenApiParameter(
    "order", str, enum=sorted(queries.ORDERS), description="newest first unless told otherwise"
)


class Products(Endpoint):
    """The account's products."""

    scopes = {"GET": READ, "POST": WRITE}

    @extend_schema(
        operation_id="products_list", parameters=[Q, ORDER], responses=shapes.ProductPage
    )
    def get(self, request: Request) -> Response:
        """List products; ``q`` searches them."""
        rows = queries.products_of(request.user, q=request.query_params.get("q", "")[:100])
        order = request.query_params.get("order")
        if order is not None and order not in queries.ORDERS:
            raise InvalidRequest(
                "There is no such order.",
                fields={"order": [f"Use one of {', '.join(sorted(queries.ORDERS))}."]},
            )
        by = queries.ORDERS[order] if order else "-pk"
        return Response(page_of(request, rows.order_by(), present_product, order=by))

    @extend_schema(
        operation_id="products_create", request=inputs.ProductInput, responses={201: shapes.Product}
    )
    def post(self, request: Request) -> Response:
        """Make a product."""
        given = checked(inputs.ProductInput, request.data)
        product = operations.create_product(
            user=request.user, name=given.name, description=given.description
        )
        return Response(present_product(product), status=201)


class OneProduct(Endpoint):
    """One product."""

    scopes = {"GET": READ, "PATCH": WRITE, "DELETE": WRITE}

    @extend_schema(operation_id="products_read", responses=shapes.Product)
    def get(self, request: Request, product_id: str) -> Response:
        """The product's own fields."""
        product = queries.product_of(request.user, uuid_or_404(product_id))
        return Response(present_product(product))

    @extend_schema(
        operation_id="products_change", request=inputs.ProductChanges, responses=shapes.Product
    )
    def patch(self, request: Request, product_id: str) -> Response:
        """Change fields; a category given here is a person's and stays."""
        pk = uuid_or_404(product_id)
        queries.product_of(request.user, pk)
        changes = checked(inputs.ProductChanges, request.data).model_dump(exclude_unset=True)
        _no_nulls(changes)
        product = operations.change_product(user=request.user, product_id=pk, changes=changes)
        return Response(present_product(product))

    @extend_schema(operation_id="products_delete", responses={204: None})
    def delete(self, request: Request, product_id: str) -> Response:
        """Put away; can be restored for 30 days."""
        operations.delete_product(user=request.user, product_id=uuid_or_404(product_id))
        return Response(status=204)


def _no_nulls(changes: dict[str, Any]) -> None:
    if nulls := [name for name, value in changes.items() if value is None]:
        raise InvalidRequest(
            "The input is not valid.", fields={camel(name): ["Send a value."] for name in nulls}
        )


class RestoreProduct(Endpoint):
    """Bringing a deleted product back."""

    scopes = {"POST": WRITE}

    @extend_schema(operation_id="products_restore", request=None, responses=shapes.Product)
    def post(self, request: Request, product_id: str) -> Response:
        """Restore within 30 days."""
        product = operations.restore_product(user=request.user, product_id=uuid_or_404(product_id))
        return Response(present_product(product))


def _view_type(data: Any) -> str:
    """The view of a multipart upload, in either spelling."""
    return str(data.get("viewType") or data.get("view_type") or "")


def refuse_large(request: Request) -> None:
    """413 by the declared length, before anything is read."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > LARGEST_FILE + MULTIPART_EXTRA:
        raise PayloadTooLarge(
            "The photo is larger than 25 MB.", fields={"image": ["At most 25 MB."]}
        )


class Revisions(Endpoint):
    """A product's photos."""

    scopes = {"GET": READ, "POST": WRITE}
    parser_classes = [StrictJSONParser, MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse by the declared length before the body is read."""
        refuse_large(request)
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="revisions_list",
        parameters=[OpenApiParameter("all", str, enum=["1"], description="1: every version")],
        responses=shapes.RevisionPage,
    )
    def get(self, request: Request, product_id: str) -> Response:
        """Current photos, or every version with ``?all=1``."""
        product = queries.product_of(request.user, uuid_or_404(product_id))
        every = request.query_params.get("all") == "1"
        rows = queries.revisions_of(product, every=every).order_by()
        return Response(page_of(request, rows, present_revision))

    @extend_schema(
        operation_id="revisions_create",
        request={
            "multipart/form-data": shapes.RevisionUpload,
            "application/json": inputs.RevisionInput,
        },
        responses={201: shapes.Revision},
    )
    def post(self, request: Request, product_id: str) -> Response:
        """Store a photo: multipart ``image``, or JSON ``imageUrl``."""
        pk = uuid_or_404(product_id)
        queries.product_of(request.user, pk)
        if image := request.FILES.get("image"):
            revision = operations.add_revision(
                user=request.user,
                product_id=pk,
                file=image,
                filename=image.name or "",
                declared_type=image.content_type or "",
                view_type=_view_type(request.data),
            )
        else:
            revision = self._from_url(request, pk)
        return Response(present_revision(revision), status=201)

    def _from_url(self, request: Request, product_id: Any) -> Any:
        if not request.content_type.startswith("application/json"):
            raise InvalidRequest(
                "There is no photo.", code="EMPTY_FILE", fields={"image": ["Send a file."]}
            )
        given = checked(inputs.RevisionInput, request.data)
        fetched = fetch_image(given.image_url)
        return operations.add_revision(
            user=request.user,
            product_id=product_id,
            file=fetched.data,
            filename=fetched.filename,
            declared_type=fetched.declared_type,
            view_type=given.view_type or "",
        )


class OneRevision(Endpoint):
    """One photo."""

    scopes = {"GET": READ, "PATCH": WRITE, "DELETE": WRITE}

    @extend_schema(operation_id="revisions_read", responses=shapes.Revision)
    def get(self, request: Request, revision_id: str) -> Response:
        """The photo with fresh addresses."""
        return Response(
            present_revision(queries.revision_of(request.user, uuid_or_404(revision_id)))
        )

    @extend_schema(
        operation_id="revisions_change", request=inputs.RevisionChanges, responses=shapes.Revision
    )
    def patch(self, request: Request, revision_id: str) -> Response:
        """Make it current again, or correct which side it shows."""
        pk = uuid_or_404(revision_id)
        queries.revision_of(request.user, pk)
        changes = checked(inputs.RevisionChanges, request.data).model_dump(exclude_unset=True)
        _no_nulls(changes)
        revision = operations.change_revision(user=request.user, revision_id=pk, changes=changes)
        return Response(present_revision(revision))

    @extend_schema(operation_id="revisions_delete", responses={204: None})
    def delete(self, request: Request, revision_id: str) -> Response:
        """Take the photo away."""
        operations.delete_revision(user=request.user, revision_id=uuid_or_404(revision_id))
        return Response(status=204)


class Scale(Endpoint):
    """The known dimension of a photo."""

    scopes = {"PUT": WRITE}

    @extend_schema(
        operation_id="revisions_scale", request=inputs.ScaleInput, responses=shapes.Revision
    )
    def put(self, request: Request, revision_id: str) -> Response:
        """Give one known dimension; lengths are measured from it, free."""
        pk = uuid_or_404(revision_id)
        queries.revision_of(request.user, pk)
        given = checked(inputs.ScaleInput, request.data)
        revision = operations.set_scale(
            user=request.user,
            revision_id=pk,
            start=given.from_,
            end=given.to,
            length_um=Length.from_api(given.length.model_dump(), field="length").um,
        )
        return Response({**present_revision(revision), "scale": present_scale(revision)})


class OutlineOf(Endpoint):
    """The product's outline on a photo."""

    scopes = {"GET": READ, "PUT": WRITE}

    @extend_schema(operation_id="revisions_outline", responses=shapes.Outline)
    def get(self, request: Request, revision_id: str) -> Response:
        """Where the product is on the photo: ``{score, verdict, rings, wornByPerson}``."""
        found = operations.outline_of(user=request.user, revision_id=uuid_or_404(revision_id))
        return Response(_outline(found))

    @extend_schema(
        operation_id="revisions_correct_outline",
        request=inputs.OutlineInput,
        responses=shapes.Outline,
    )
    def put(self, request: Request, revision_id: str) -> Response:
        """Correct the outline with strokes, free."""
        pk = uuid_or_404(revision_id)
        queries.revision_of(request.user, pk)
        given = checked(inputs.OutlineInput, request.data)
        found = operations.correct_outline(
            user=request.user,
            revision_id=pk,
            keep=given.keep,
            remove=given.remove,
            worn_by_person=given.worn_by_person,
        )
        return Response(_outline(found))


def _outline(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("score", "verdict", "rings", "wornByPerson")}


class Landmarks(Endpoint):
    """Landmarks that a person placed."""

    scopes = {"PUT": WRITE}

    @extend_schema(
        operation_id="revisions_place_landmarks",
        request={
            "application/json": {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 60,
                "additionalProperties": {
                    "type": "array",
                    "items": {"type": "number", "minimum": 0},
                    "minItems": 2,
                    "maxItems": 2,
                },
                "example": {"hem_left": [212, 1180], "hem_right": [790, 1176]},
            }
        },
        responses=shapes.Revision,
    )
    def put(self, request: Request, revision_id: str) -> Response:
        """``{name: [x, y]}`` in pixels of the stored picture, free."""
        pk = uuid_or_404(revision_id)
        queries.revision_of(request.user, pk)
        points = inputs.checked_points(request.data)
        revision = operations.place_landmarks(user=request.user, revision_id=pk, points=points)
        return Response(present_revision(revision))
