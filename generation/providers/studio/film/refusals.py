"""What the studio's films cannot be made of or show, in plain words, free."""

from __future__ import annotations

from collections.abc import Sequence

from generation.errors import Failure, ProviderError
from generation.providers.studio.edits.refusals import FREE, shown

CAN = (
    "The local studio films the product's own photos: a turn from view to view by cross-fades, "
    "pan, zoom, close-ups or still, on a plain backdrop. People, places and movement of the "
    "product itself need an AI key."
)
EXAMPLE = "slow turntable on a pale backdrop, soft light from the left"


def not_understood(unknown: Sequence[str], understood: Sequence[str]) -> ProviderError:
    """Words that ask for more than photos can show."""
    parts = [CAN]
    if understood:
        parts.append(f"Understood: {', '.join(understood)}.")
    parts.append(f"Not possible or not understood: {shown(unknown)}. {FREE}")
    return _refused(
        "the words ask for more than the studio can film",
        " ".join(parts),
        [f"Write for example “{EXAMPLE}”", "Leave out what is not understood"],
    )


def too_long(most: int) -> ProviderError:
    """More words than are read."""
    return _refused(
        "the words are longer than the studio reads",
        f"The local studio reads {most} characters at most. {CAN} {FREE}",
        [f"Write for example “{EXAMPLE}”"],
    )


def part_unknown(part: str) -> ProviderError:
    """A part to go close to that is not found."""
    return _refused(
        "a part's place is not known",
        f"Where the {part.lower()} is, is not known on these photos. {FREE}",
        ["Ask for close-ups without naming a part", "Choose other photos or a longer film"],
    )


def no_photos() -> ProviderError:
    """Nothing to film."""
    return _refused(
        "no photos to film",
        "The local studio films the photos of a product, and none came with this request. "
        f"Choose a product with photos. {FREE}",
        ["Choose a product with photos"],
    )


def unreadable() -> ProviderError:
    """A file that is no picture."""
    return _refused(
        "a photo cannot be read",
        f"One of the product's photos cannot be read. {FREE}",
        ["Upload this photo again as JPEG or PNG"],
    )


def _refused(message: str, words: str, suggestions: list[str]) -> ProviderError:
    return ProviderError(
        Failure.USER_INPUT, message, words=words, suggestions=suggestions, code="invalid_request"
    )
