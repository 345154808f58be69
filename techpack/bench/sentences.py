"""What sentences have changed, are changing, or could not: of fields, photos and drafts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from core import storage
from core.money import worded
from core.units import format_length
from generation.models import Job
from techpack.models import FieldEdit, Revision
from techpack.operations.edits import EDIT
from techpack.operations.views import GENERATE, REGENERATE
from techpack.pack.rows import Cell, Merged
from techpack.prices import pictures_price, price_of

FAILED_FOR = timedelta(hours=2)  # after that nobody remembers what was asked
DRAFTS_SHOWN = 12
REFUSED = "INVALID_FIELD"

Key = tuple[str, str, str]  # section, entry, field


@dataclass(frozen=True)
class Failed:
    """Why something was not made, and what trying it again costs; "" where that is no use."""

    job: Job
    words: str
    parts: tuple[tuple[str, str], ...] = ()
    price: str = ""


@dataclass(frozen=True)
class Edited:
    """What a sentence changed: still in force, so it can be undone."""

    pk: Any
    before: str
    words: str
    because: str


@dataclass(frozen=True)
class Asked:
    """A field's sentences: the form is open, one is on its way, one failed, one is in force."""

    price: str
    once: str
    is_open: bool = False
    is_length: bool = False
    words: str = ""
    job: Job | None = None
    failed: Failed | None = None
    edited: Edited | None = None

    @property
    def is_told(self) -> bool:
        """There is more to show than the way to ask."""
        return bool(self.is_open or self.job or self.failed or self.edited)


@dataclass(frozen=True)
class Sentences:
    """By field: jobs of sentences, newest first, and the edits that may be in force."""

    jobs: Mapping[Key, Job]
    edits: Mapping[str, FieldEdit]  # by the job that made it
    because: Mapping[str, str]  # by that job: how the provider explains it
    open_at: str = ""
    words: str = ""

    def of(self, path: str, key: Key, cell: Cell, unit: str) -> Asked:
        """What is to be said at a field."""
        job = self.jobs.get(key)
        edit = self.edits.get(str(cell.job_id)) if cell.job_id else None
        return Asked(
            price=price_words(EDIT, {}),
            once=job.pk.hex if job else "first",
            is_open=path == self.open_at,
            is_length=key[0] == "pointsOfMeasure",
            words=self.words if path == self.open_at else "",
            job=job if job and not job.is_final else None,
            failed=failed_of(job) if job else None,
            edited=self._edited(edit, unit) if edit and _key_of(edit) == key else None,
        )

    def _edited(self, edit: FieldEdit, unit: str) -> Edited:
        before = edit.before
        if isinstance(before, dict) and "um" in before:
            before = format_length(int(before["um"]), unit, with_unit=False)
        because = self.because.get(str(edit.job_id), "")
        return Edited(edit.pk, "" if before is None else str(before), edit.words, because)


def sentences_of(
    pack: Merged, jobs: Sequence[Job], *, open_at: str = "", words: str = ""
) -> Sentences:
    """Read the edits behind the pack's cells: one query where there are any."""
    by_field: dict[Key, Job] = {}
    for job in jobs:
        if job.kind == EDIT:
            given = job.input
            by_field.setdefault(_key(given["section"], given["entry_id"], given["field"]), job)
    ids = {str(cell.job_id) for row in pack.each() for cell in row.cells.values() if cell.job_id}
    asked = FieldEdit.objects.filter(product=pack.product, undone_at__isnull=True, job_id__in=ids)
    edits = {str(edit.job_id): edit for edit in asked} if by_field and ids else {}
    because = {str(job.pk): str((job.result or {}).get("because", "")) for job in jobs}
    section, _, rest = open_at.partition(".")
    if section == "dimensions":
        open_at = f"pointsOfMeasure.{rest.removeprefix('d_')}"
    return Sentences(by_field, edits, because, open_at, words)


def _key(section: str, entry: str, field: str) -> Key:
    """A view's length is shown as the pack's point of measure."""
    if section == "dimensions":
        return "pointsOfMeasure", entry.removeprefix("d_"), field
    return section, entry, field


def _key_of(edit: FieldEdit) -> Key:
    return _key(edit.section, edit.entry_id, edit.field)


def price_words(operation: str, data: Mapping[str, Any]) -> str:
    """A price as it stands on a button."""
    return worded(price_of(operation, data))


def failed_of(job: Job | None) -> Failed | None:
    """What failed of a job that ended not long ago, wholly or in part."""
    if job is None or job.finished_at is None or timezone.now() - job.finished_at > FAILED_FOR:
        return None
    parts = tuple(
        (_named(job, part), str(part["error"]["message"]))
        for part in (job.result or {}).get("failed", [])
    )
    if job.status == Job.Status.FAILED and job.error:
        is_refused = job.error.get("status") == 400  # its words say what to do instead
        hints = [] if is_refused else job.error.get("suggestions", [])[:1]
        words = ". ".join(said.rstrip(".") for said in (job.error["message"], *hints)) + "."
        again = job.error.get("status") not in (400, 404, 409)
        return Failed(job, words, price=_again(job) if again else "")
    if job.status == Job.Status.PARTLY_SUCCEEDED and parts:
        codes = {part["error"]["code"] for part in (job.result or {})["failed"]}
        # What the provider cannot do at all it cannot do the next time either.
        return Failed(job, "", parts, "" if codes == {REFUSED} else _again(job))
    return None


def _named(job: Job, part: Mapping[str, Any]) -> str:
    """A part as people know it: a shot by its name, else the view."""
    shots = {f"shot-{shot['order']}": shot["name"] for shot in (job.result or {}).get("plan", [])}
    return str(shots.get(part["id"]) or part["viewType"] or part["id"])


def _again(job: Job) -> str:
    """What a retry costs; a newest job has none yet, so nobody needs to be asked for it."""
    if job.status == Job.Status.FAILED:
        return worded(job.price)
    captured = job.hold.captured if job.hold else 0
    return worded(int((job.result or {}).get("left", job.price - captured)))


@dataclass(frozen=True)
class Change:
    """What is happening to a photo, and what happened to it."""

    job: Job | None = None
    failed: Failed | None = None
    can_undo: bool = False


def changes_of(views: Iterable[Revision], jobs: Sequence[Job]) -> dict[Any, Change]:
    """By photo: the change that runs or failed; whether its picture can be taken back."""
    asked: dict[str, Job] = {}
    for job in jobs:
        if job.kind == REGENERATE:
            asked.setdefault(job.input["revision_id"], job)
    found = {}
    for view in views:
        latest = asked.get(str(view.pk))
        is_made = view.source == Revision.Source.EDITED and view.job_id is not None
        found[view.pk] = Change(
            job=latest if latest and not latest.is_final else None,
            failed=failed_of(latest),
            can_undo=is_made,
        )
    return found


@dataclass(frozen=True)
class Draft:
    """A drawing from words that can be chosen."""

    revision: Revision
    picture: str
    full: str
    note: str
    number: int


@dataclass(frozen=True)
class Drafts:
    """Everything about views that are no photos: drafts, what is being made, what can be."""

    drafts: list[Draft]
    words: str
    once: str
    more: list[tuple[int, str]]
    finals: list[tuple[str, str, str]]  # views, label, price
    missing: list[str]
    one_price: str
    job: Job | None = None
    failed: Failed | None = None


SETS = (
    ("front", "Front only"),
    ("front back", "Front and back"),
    ("front back side", "Front, back and side"),
)
USUAL = ("front", "back", "side")


def drafts_of(pack: Merged, jobs: Sequence[Job]) -> Drafts:
    """The newest drafts with what can be made of them, each with its price."""
    newest = next((job for job in jobs if job.kind == GENERATE), None)
    shown = pack.drafts[:DRAFTS_SHOWN]
    current = {view.view_type for view in pack.views}
    return Drafts(
        drafts=[
            Draft(
                row,
                storage.signed_url(row.thumbnail_key),
                storage.signed_url(row.image_key),
                row.notes[0] if row.notes else "",
                number,
            )
            for number, row in enumerate(shown, start=1)
        ],
        words=shown[0].prompt if shown else pack.product.description,
        once=newest.pk.hex if newest else "first",
        more=[(count, worded(pictures_price("sample", count))) for count in (4, 2, 1)],
        finals=[
            (views, label, worded(pictures_price("final", len(views.split()))))
            for views, label in SETS
        ],
        missing=[view for view in USUAL if view not in current] if pack.views else [],
        one_price=worded(pictures_price("final", 1)),
        job=newest if newest and not newest.is_final else None,
        failed=failed_of(newest),
    )
