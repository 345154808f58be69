"""A field changed by a sentence: the provider answers, the value is laid over the pack."""

from __future__ import annotations

from typing import Any

from core.errors import Conflict, InvalidRequest, NotFound
from generation.errors import Failure, ProviderError
from generation.kinds import Outcome
from generation.models import Job
from generation.providers.protocols import Answer, Ask, FieldAsked, View
from generation.providers.routes import Everything
from generation.run import Run
from techpack import queries, seeing
from techpack.measuring import unit_of
from techpack.models import FieldEdit, Product, Revision, TypedValue
from techpack.pack.shown import Shown, again, plain, taken
from techpack.typed import kept_of, place_in, seen_mark, where_of

OPERATION = "edit"


def work(run: Run) -> Outcome:
    """Ask for the new value; it passes the checks of typed ones or is not taken."""
    product = queries.product_behind(run.job)
    revision = _revision(product, run.input)
    shown = again(product, place_in(run.input), revision)
    run.report(done=0, planned=1, step=f"Changing {shown.label}"[:120])
    answer = _ask(run, product, shown)
    value = taken(product, shown, answer.data.get("value"))

    def store(job: Job) -> dict[str, Any]:
        return _store(job, shown, value, answer)

    return Outcome(store=store, captured=run.job.price)


def _revision(product: Product, given: dict[str, Any]) -> Revision | None:
    if not given["in_view"]:
        return None
    row = Revision.objects.filter(
        product=product, pk=given["revision_id"], deleted_at__isnull=True
    ).first()
    if row is None:
        raise NotFound("The photo has gone. Nothing was charged.")
    row.product = product
    return row


def _ask(run: Run, product: Product, shown: Shown) -> Answer:
    wanted = FieldAsked(
        path=shown.place.text,
        label=shown.label,
        kind=shown.kind,
        value=_worded(shown.value),
        words=run.input["words"],
        unit=shown.unit if shown.kind == "length" else "",
        entry=shown.entry,
    )
    view, brief = _view(product, run.input), seeing.brief_of(product)

    def put(provider: Everything, ask: Ask) -> Answer:
        answer = provider.edit_field(wanted=wanted, view=view, brief=brief, ask=ask)
        _check(product, shown, answer)
        return answer

    told = {"path": wanted.path, "value": wanted.value, "words": wanted.words}
    return run.ask(OPERATION, part="field", told=told, put=put)


def _worded(value: Any) -> str | float | None:
    return ", ".join(value) if isinstance(value, list) else value


def _check(product: Product, shown: Shown, answer: Answer) -> None:
    """Raises ProviderError for a value that could not have been typed either."""
    try:
        taken(product, shown, answer.data.get("value"))
    except InvalidRequest as error:
        why = "; ".join(word for words in error.fields.values() for word in words)
        raise ProviderError(
            Failure.MALFORMED_OUTPUT,
            f"value: {why or error.message}",
            usage=answer.usage,
            ref=answer.ref,
        ) from error


def _view(product: Product, given: dict[str, Any]) -> View | None:
    """The photo that the provider may look at: the one that was named, else the main one."""
    rows = list(queries.revisions_of(product))
    named = [row for row in rows if str(row.pk) == given.get("revision_id")]
    rows.sort(key=lambda row: queries.view_rank(row.view_type))
    return seeing.view_of((named or rows)[0]) if rows else None


def _store(job: Job, shown: Shown, value: Any, answer: Answer) -> dict[str, Any]:
    """Lay the value over the pack, unless somebody typed meanwhile: then that stays."""
    place = shown.place
    product = queries.locked_behind(job)
    where = where_of(product, shown.revision, place)
    typed = TypedValue.objects.filter(**where).first()
    is_cover = place.section == "cover"
    changed = is_cover and getattr(product, place.field) != shown.stored
    if changed or seen_mark(typed) != job.input["seen"]:
        raise Conflict(
            "This field was changed by hand meanwhile; that stays. Nothing was charged.",
            code="FIELD_CHANGED",
            suggestions=["Ask again, if it should still change"],
        )
    is_literal = bool(answer.data.get("isLiteral"))
    kept = kept_of(typed)
    edit = FieldEdit.objects.create(
        product=product,
        revision=shown.revision,
        user_id=job.user_id,
        job=job,
        section=place.section,
        entry_id=place.entry_id,
        field=place.field,
        words=job.input["words"],
        before=shown.stored,
        after=value,
        typed_before={"column": shown.stored, "typed": kept} if is_cover else kept,
    )
    confidence = 1.0 if is_literal else float(answer.data.get("confidence") or 0.0)
    provenance = "user" if is_literal else "ai"
    told = {"value": value, "provenance": provenance, "confidence": confidence, "job": job}
    TypedValue.objects.update_or_create(**where, defaults={**told, "user_id": job.user_id})
    if is_cover:
        setattr(product, place.field, value)
    product.save()
    return {
        "edit": str(edit.pk),
        "analysis": _analysis_id(shown),
        "provenance": provenance,
        "confidence": confidence,
        "because": str(answer.data.get("because", ""))[:500],
        "unit": shown.unit,
        "model": answer.model,
        "tokens": answer.usage.total_tokens,
    }


def _analysis_id(shown: Shown) -> str | None:
    newest = queries.analysis_of(shown.revision) if shown.revision else None
    return str(newest.pk) if newest else None


def present(job: Job) -> dict[str, Any]:
    """``{revisionId, fieldPath, oldValue, newValue, …}``."""
    result = job.result or {}
    edit = FieldEdit.objects.filter(job=job).first()
    unit = result.get("unit", "cm")
    return {
        "revision_id": job.input["revision_id"],
        "field_path": job.input["path"],
        "entry_id": job.input["entry_id"],
        "old_value": plain(edit.before, unit) if edit else None,
        "new_value": plain(edit.after, unit) if edit else None,
        "unit": unit if edit and isinstance(edit.after, dict) else None,
        "provenance": result.get("provenance"),
        "confidence": result.get("confidence"),
        "because": result.get("because", ""),
        "analysis_id": result.get("analysis"),
        "edit_id": edit.pk if edit else None,
        "undone": bool(edit and edit.undone_at),
        "model_used": result.get("model", ""),
        "tokens_used": result.get("tokens", 0),
    }


def present_undone(edit: FieldEdit) -> dict[str, Any]:
    """``{editId, fieldPath, oldValue, newValue, undone}``: the value goes back to the old one."""
    unit = unit_of(edit.product)
    path = ".".join(part for part in (edit.section, edit.entry_id, edit.field) if part)
    return {
        "edit_id": edit.pk,
        "revision_id": edit.revision_id,
        "field_path": path,
        "old_value": plain(edit.before, unit),
        "new_value": plain(edit.after, unit),
        "undone": edit.undone_at is not None,
    }
