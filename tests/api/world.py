"""One account full of things, and everyone who must not see them; every address there is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.operations import create_key, revoke_key
from billing.models import Checkout, Payment
from generation.models import Job
from notifications.models import WebhookDelivery
from notifications.operations import notify
from notifications.target_states import turn_off
from notifications.targets import add_target
from techpack import queries
from techpack.models import FieldEdit, Product
from tests.techpack.conftest import Api, new_user
from tests.videos.rows import put_video
from videos.models import Video

SECRET = "Zanzibar 7731"
UNSAID = re.compile(
    r"Traceback|site-packages|psycopg|DoesNotExist|\bSELECT\b|ProgrammingError|IntegrityError|"
    + re.escape(str(settings.BASE_DIR)),
)
GARBAGE = {
    "no id": "x",
    "nobody's id": "01890000-0000-7000-8000-000000000000",
    "NUL": "%00",
    "path": "..%2f..%2fetc%2fpasswd",
    "quote": "%27%22%3Cscript%3E",
    "not UTF-8": "%ff%fe",
    "long": "9" * 2000,
}


@dataclass(frozen=True)
class World:
    """The owner's things, by the name that addresses give them."""

    owner: Any
    ids: Mapping[str, str]
    revoked: str


def world_of(product: Product) -> World:
    """Give the product's owner a job, a film and keys, and name everything."""
    owner = product.user
    Product.objects.filter(pk=product.pk).update(name=SECRET, description=SECRET, brand=SECRET)
    job = Job.objects.create(
        user=owner,
        kind="category/detect",
        product_id=product.pk,
        step=SECRET,
        deadline_at=timezone.now() + timedelta(minutes=5),
    )
    key, _ = create_key(user=owner, name=SECRET)
    gone, revoked = create_key(user=owner, name="gone")
    revoke_key(user=owner, key_id=gone.pk)
    revision = queries.revisions_of(product).get()
    edit = FieldEdit.objects.create(
        product=product,
        user=owner,
        section="cover",
        field="season",
        words=SECRET,
        before=SECRET,
        after=SECRET,
    )
    video = put_video(owner, Video.Status.COMPLETED, product=product, prompt=SECRET)
    checkout = Checkout.objects.create(
        user=owner, kind="topup", sold="topup_50", session_id="cs_theirs", state="expired"
    )
    payment = Payment.objects.create(
        user=owner,
        kind="topup",
        source_key="topup:pi_theirs",
        description=SECRET,
        amount=900,
        currency="usd",
        paid_at=timezone.now(),
    )
    told = notify(user_id=owner.pk, kind="test.told", title=SECRET, body=SECRET)
    webhook, _ = add_target(user=owner, url="https://hooks.example.com/", description=SECRET)
    turn_off(webhook)  # so that nothing is really sent
    delivery = WebhookDelivery.objects.create(
        target=webhook, event_id=told.pk, type="job.updated", body=SECRET, state="failed"
    )
    ids = {
        "product_id": product.pk,
        "revision_id": revision.pk,
        "job_id": job.pk,
        "edit_id": edit.pk,
        "key_id": key.pk,
        "notification_id": told.pk,
        "webhook_id": webhook.pk,
        "delivery_id": delivery.pk,
        "model_id": "studio-1",
        "step": "analysis",
        "video_id": video.video_id,
        "object_id": product.pk,
        "checkout_id": checkout.pk,
        "payment_id": payment.pk,
    }
    return World(owner, {name: str(value) for name, value in ids.items()}, revoked)


def signed_in(person: Any) -> Client:
    """A browser with the person's session."""
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def quiet(key: str) -> Api:
    """A client with a key, to which a bug is a 500."""
    client = Api(key)
    client.raise_request_exception = False
    return client


def everyone_else(world: World) -> dict[str, Client]:
    """Those who have no business with the owner's things."""
    stranger = new_user()
    _, whole = create_key(user=stranger, name="theirs")
    _, narrow = create_key(user=world.owner, name="narrow", scopes=["billing"])
    return {
        "nobody": Client(raise_request_exception=False),
        "somebody else": signed_in(stranger),
        "somebody else's key": quiet(whole),
        "a revoked key": quiet(world.revoked),
        "a key without the scope": quiet(narrow),
    }


def templates(
    patterns: list[URLPattern | URLResolver] | None = None, prefix: str = ""
) -> Iterator[str]:
    """Every address of the URLconf, with its names in braces."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from templates(pattern.url_patterns, route)
        else:
            plain = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
            plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", plain)
            yield "/" + re.sub(r"[$^]|\\Z", "", plain)


def filled(template: str, ids: Mapping[str, str], *, other: str = "x") -> str:
    """The address with ids in place of its names."""
    return re.sub(r"{(\w+)}", lambda match: ids.get(match[1], other), template)
