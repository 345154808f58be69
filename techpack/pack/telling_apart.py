"""What several views of a product say alike, in words that tell which view said it."""

from __future__ import annotations

from uuid import UUID

from techpack.models import CloseUp
from techpack.pack.rows import Merged, Row


def shot_name(shot: CloseUp, pack: Merged) -> str:
    """The close-up's name; with its view where another view has one of the same name."""
    name = _name(shot)
    views: dict[UUID | None, str] = {row.pk: row.view_type for row in pack.views}
    alike = {views.get(row.revision_id) for row in pack.close_ups if _name(row) == name}
    view = views.get(shot.revision_id, "")
    return f"{name}, {view}" if view and len(alike) > 1 else name


def share(colour: Row, pack: Merged) -> str:
    """How much of the product has the colour, "16 %".

    Each view counts its own: where colours were seen in several, this one's is named.
    """
    if not (part := colour.facts.get("share")):
        return ""
    words = f"{round(float(part) * 100)} %"
    views = {row.facts.get("viewType") for row in pack.rows("colors") if row.facts.get("share")}
    return words if len(views) == 1 else f"{words} of the {colour.facts.get('viewType')}"


def _name(shot: CloseUp) -> str:
    return str(shot.shot_metadata.get("name") or "Detail")
