"""The demo account and its products, made through the same verbs as everybody's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from core.bell import wait_until
from core.errors import DomainError
from core.money import CREDIT
from core.units import parse_length
from credits import operations as ledger
from generation.models import Job
from generation.work import run_job
from techpack import bench, operations, outlines, queries
from techpack.measuring import line_of
from techpack.models import Product

EMAIL, NAME = "demo@example.com", "Ines Marsh"
PASSWORD = "demo-techpack"  # noqa: S105 - while developing; elsewhere one is made
PHOTOS = Path(settings.BASE_DIR) / "tests" / "photos"
CREDITS = 200 * CREDIT


@dataclass(frozen=True)
class Sample:
    """A product of the demo: photos by view, and the length that is known of it."""

    name: str
    style_no: str
    season: str
    photos: tuple[tuple[str, str], ...]
    code: str
    length: str
    category: str = ""
    subcategory: str = ""


SAMPLES = (
    Sample(
        "Blush Hoodie",
        "BH-014",
        "Autumn 2027",
        (("front", "hoodie-pink-flatlay.jpg"),),
        "A04",
        "66 cm",
        "tops",
        "hoodie",
    ),
    Sample(
        "Pier Polo",
        "PP-009",
        "Summer 2027",
        (("front", "polo-navy-front.jpg"), ("back", "polo-navy-back.jpg")),
        "A04",
        "72 cm",
        "tops",
        "polo shirt",
    ),
    Sample(
        "Plaid Lounge Trousers",
        "LT-022",
        "Winter 2027",
        (("front", "trousers-plaid-flatlay.jpg"),),
        "B12",
        "104 cm",
        "trousers",
        "trousers",
    ),
    Sample(
        "Tiered Denim Skirt",
        "DS-031",
        "Spring 2027",
        (("front", "skirt-denim-flatlay.jpg"),),
        "C01",
        "48 cm",
        "dresses-and-skirts",
        "skirt",
    ),
    Sample(
        "Quilted Parka",
        "QP-040",
        "Winter 2027",
        (("front", "jacket-quilted-green-front.jpg"),),
        "A04",
        "74 cm",
        "outerwear",
        "jacket",
    ),
    Sample(
        "Deck Slip-on",
        "SO-003",
        "Summer 2027",
        (
            ("side", "slipon-blue-side.jpg"),
            ("top", "slipon-blue-top.jpg"),
            ("back", "slipon-blue-heel.jpg"),
        ),
        "F04",
        "290 mm",
        "footwear",
        "sneaker",
    ),
    Sample(
        "Puppy Backpack",
        "PB-007",
        "School 2027",
        (("front", "backpack-dog-table.jpg"),),
        "G02",
        "300 mm",
        "bags",
        "backpack",
    ),
    Sample(
        "Galley Mug",
        "GM-021",
        "Home 2027",
        (("front", "mug-black.jpg"),),
        "Z01H",
        "95 mm",
        "other",
        "mug",
    ),
)


def demo_user(password: str = PASSWORD) -> Any:
    """The demo account, made if it is not there, with that password and credits to play with."""
    user_model = get_user_model()
    with transaction.atomic():
        user = user_model.objects.filter(email=EMAIL).first()
        if user is None:
            user = user_model.objects.create_user(EMAIL, password, name=NAME)
        elif not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        ledger.grant(
            user_id=user.pk,
            amount=CREDITS,
            kind="grant",
            source_key=f"demo:{user.pk}",
            reason="demo account",
        )
    return user


def make_products(user: Any) -> Iterator[tuple[Product, bool]]:
    """The samples, each with whether it was made now."""
    for sample in SAMPLES:
        known = queries.products_of(user).filter(style_no=sample.style_no).first()
        if known is not None:
            yield known, False
        else:
            yield make_product(user, sample), True


def make_product(user: Any, sample: Sample) -> Product:
    """Photos in, known length given, every step run: as a person would do it."""
    product = operations.change_product(
        user=user,
        product_id=operations.create_product(user=user, name=sample.name).pk,
        changes={
            "style_no": sample.style_no,
            "season": sample.season,
            "category": sample.category,
            "subcategory": sample.subcategory,
        },
    )
    for view_type, file in sample.photos:
        revision = operations.add_revision(
            user=user,
            product_id=product.pk,
            file=(PHOTOS / file).read_bytes(),
            filename=file,
            view_type=view_type,
        )
        revision.product = queries.product_of(user, product.pk)
        outlines.ensure_geometry(revision)
    _scale(user, product, sample)
    for step, verb in (
        ("analysis", operations.analyze_base_views),
        ("close-ups", operations.generate_close_ups),
        ("sketches", operations.generate_sketches),
    ):
        product = queries.product_of(user, product.pk)
        job = verb(user=user, data=bench.input_of(step, product))
        run_job(job_id=job.pk)
        check_finished(job)
    return queries.product_of(user, product.pk)


def _scale(user: Any, product: Product, sample: Sample) -> None:
    first = queries.revisions_of(product)[0]
    first.product = product
    try:
        line = line_of(first, sample.code)
    except DomainError:
        return  # this length is not visible: the pack says that its lengths are estimates
    operations.set_scale(
        user=user,
        revision_id=first.pk,
        start=line["from"],
        end=line["to"],
        length_um=parse_length(sample.length, "cm"),
        code=sample.code,
    )


def check_finished(job: Job) -> None:
    """Wait until the job is over: a worker of a running server may have taken it.

    Raises RuntimeError where it did not succeed.
    """

    def over() -> Job | None:
        return Job.objects.filter(pk=job.pk, status__in=Job.FINAL).first()

    wait_until(f"job:{job.pk}", over, timeout_s=settings.JOB_DEADLINE_S)
    done = Job.objects.get(pk=job.pk)
    if done.status not in Job.WORKED:
        raise RuntimeError(f"{done.kind} of the demo ended as {done.status}: {done.error}")
