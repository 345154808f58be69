"""What has to be said of a picture wherever it is shown."""

from __future__ import annotations

from techpack.models import Revision


def note_of(revision: Revision) -> str:
    """What a picture is that is no photo, such as "Template, not a photo"; else ""."""
    if revision.is_photo:
        return ""
    return str(revision.notes[0]) if revision.notes else "Not a photo"
