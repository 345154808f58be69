"""What is said when a sentence cannot be done: what can be, what was understood, and that it
was free."""

from __future__ import annotations

from collections.abc import Sequence

from generation.errors import RequestRefused

CAN = (
    "The local studio can recolour, relight, crop, rotate and replace the background. "
    "Changing shape, parts or graphics needs an AI key."
)
EXAMPLE = "navy on white, a bit brighter"
FREE = "Nothing was charged."


def not_understood(unknown: Sequence[str], understood: Sequence[str]) -> RequestRefused:
    """Words that are no wish that the studio knows."""
    parts = [CAN]
    if understood:
        parts.append(f"Understood: {', '.join(understood)}.")
    if unknown:
        parts.append(f"Not understood: {shown(unknown)}.")
    parts.append(FREE)
    return RequestRefused(
        "the sentence asks for more than the studio can do",
        words=" ".join(parts),
        suggestions=[f"Write for example “{EXAMPLE}”", "Leave out what is not understood"],
    )


def outline_needed(wish: str, *, worn: bool) -> RequestRefused:
    """The outline is too doubtful for what is asked."""
    why = "Someone wears or holds the product" if worn else "The outline is unreliable"
    return RequestRefused(
        "the outline is too doubtful",
        words=f"{why}: fix the outline with two strokes first, then ask again to {wish}. {FREE}",
        suggestions=["Fix the outline with two strokes first", "Crop, rotate or relight it"],
    )


def impossible(why: str, *suggestions: str) -> RequestRefused:
    """Understood, and not possible."""
    return RequestRefused("not possible", words=f"{why} {FREE}", suggestions=list(suggestions))


def shown(words: Sequence[str]) -> str:
    """A person's words in quotes, in the order they came, shortened."""
    joined = " ".join(words)
    return f"“{joined if len(joined) <= 80 else joined[:79] + '…'}”"
