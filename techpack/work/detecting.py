"""Category detection."""

from __future__ import annotations

from typing import Any

from core import storage
from generation.kinds import Outcome
from generation.models import Job
from generation.providers.protocols import Brief, View
from generation.run import Run
from techpack import outlines, seeing
from techpack.models import Product, Revision

OPERATION = "category/detect"


def work(run: Run) -> Outcome:
    """Ask for the category; the product takes it unless a person chose one."""
    revision = None
    if "image_key" in run.input:
        view = _loose_view(run.input)
        brief = Brief(words=run.input["words"])
    else:
        revision = Revision.objects.select_related("product").get(pk=run.input["revision_id"])
        run.report(done=0, planned=1, step="Finding the outline")
        outlines.ensure_outline(revision)
        view = seeing.view_of(revision)
        brief = seeing.brief_of(revision.product)
    guess = ask(run, view, brief)
    if revision is not None:
        _ready_to_measure(revision, guess)

    def store(job: Job) -> dict[str, Any]:
        if revision is not None:
            keep(revision.product, guess)
        return guess

    return Outcome(store=store, captured=0)


def _ready_to_measure(revision: Revision, guess: dict[str, Any]) -> None:
    """Find the measuring lines of the category now, so that a length can be typed at once."""
    product = revision.product
    if product.category_source != "user":
        product.category, product.subcategory = guess["category"], guess["subcategory"]
    outlines.ensure_geometry(revision)


def ask(run: Run, view: View, brief: Brief) -> dict[str, Any]:
    """The provider's guess with the model that made it."""
    answer = run.ask(
        OPERATION,
        part=view.id,
        told={"view": view.view_type, "words": brief.words},
        put=lambda provider, ask: provider.detect_category(views=[view], brief=brief, ask=ask),
    )
    return {**answer.data, "modelUsed": answer.model}


def keep(product: Product, guess: dict[str, Any]) -> None:
    """Write the guess to the product; a person's choice stays."""
    Product.objects.filter(pk=product.pk).update(category_guess=guess)
    Product.objects.filter(pk=product.pk).exclude(category_source="user").update(
        category=guess["category"],
        subcategory=guess["subcategory"],
        category_confidence=guess["confidence"],
        category_source="ai",
    )
    product.refresh_from_db()


def present(job: Job) -> dict[str, Any]:
    """``{category, subcategory, confidence, alternatives, modelUsed}``."""
    result = job.result or {}
    return {
        name: result.get(name)
        for name in (
            "category",
            "subcategory",
            "confidence",
            "alternatives",
            "because",
            "modelUsed",
        )
    }


def _loose_view(data: dict[str, Any]) -> View:
    return View(
        id="image",
        view_type="front",
        data=storage.read(data["image_key"]),
        width=data["width"],
        height=data["height"],
    )
