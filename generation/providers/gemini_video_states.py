"""What an interaction says of its film: how far it is, where the film lies, what it used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generation.providers.costs import count_of, usage_of
from generation.providers.failures import name_of
from generation.providers.film_failures import WORDS
from generation.providers.gemini_video_failures import MOST_NAMES, code_in, names_in
from generation.providers.gemini_wire import VENDOR
from generation.providers.protocols import Usage, VideoCode, VideoState
from generation.providers.skimming import number_of

REF: Final = re.compile(r"[\w.-]{1,200}", re.ASCII)
_FILE: Final = re.compile(r"(?:^|/)files/([\w-]{1,80})(?=$|[:/?])", re.ASCII)
_NOTHING: Final = Usage()
_COUNTS: Final = (
    "total_input_tokens",
    "total_output_tokens",
    "total_thought_tokens",
    "total_cached_tokens",
    "total_tokens",
)
_ENDED: Final[Mapping[str, VideoCode]] = {
    "budget_exceeded": "insufficient_quota",
    # Nothing is asked of us that we could do: no tools are offered.
    "requires_action": "server_error",
    "incomplete": "server_error",
}


@dataclass(frozen=True)
class Found:
    """Where a film lies: in the file ``name``, in the answer's long string ``number``, or here."""

    name: str = ""
    number: int | None = None
    data: str = ""  # base64


def ref_of(interaction: Mapping[str, Any]) -> str:
    """The interaction's id, "" where it has none that can be asked by."""
    ref = str(interaction.get("id") or "").removeprefix("interactions/")
    return ref if REF.fullmatch(ref) else ""


def state_of(interaction: Mapping[str, Any], *, ref: str) -> VideoState:
    """How far the film is. A status that is not known is one of work that goes on."""
    usage = _usage(interaction)
    match interaction.get("status"):
        case "queued":
            return VideoState(ref, "queued")
        case "completed":
            if film_in(interaction) is not None:
                return VideoState(ref, "completed", progress=100, usage=usage)
            return _failed(interaction, ref, usage, otherwise="server_error")
        case "cancelled" | "canceled":
            return VideoState(ref, "canceled", usage=usage)
        case "failed":
            return failed(ref, code_in(_told(interaction)), interaction, usage)
        case str() as status if status in _ENDED:
            return _failed(interaction, ref, usage, otherwise=_ENDED[status])
    return VideoState(ref, "in_progress")


def failed(
    ref: str, code: VideoCode, told: Mapping[str, Any], usage: Usage = _NOTHING
) -> VideoState:
    """A film that will never be; ``told`` says so."""
    message = " ".join([f"{VENDOR}:", *names_in(told)[:MOST_NAMES], code])
    return VideoState(ref, "failed", code=code, words=WORDS[code][0], message=message, usage=usage)


def _failed(
    interaction: Mapping[str, Any], ref: str, usage: Usage, *, otherwise: VideoCode
) -> VideoState:
    """It ended without a film; only a refusal of content says more than its status."""
    is_refused = code_in(_told(interaction)) == "moderation_blocked"
    return failed(ref, "moderation_blocked" if is_refused else otherwise, interaction, usage)


def film_in(interaction: Mapping[str, Any]) -> Found | None:
    """Where the last film of the answer lies; None where it holds none."""
    for content in _contents(interaction):
        if content.get("type", "video") != "video":
            continue
        if match := _FILE.search(str(content.get("uri") or "")):
            return Found(name=match[1])
        data = content.get("data")
        if isinstance(data, str) and data:
            number = number_of(data)
            return Found(data=data) if number is None else Found(number=number)
    return None


def _contents(interaction: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The answer's parts, the last one first, back to what the user sent."""
    for step in reversed(_objects(interaction.get("steps"))):
        if step.get("type") == "user_input":
            break
        if step.get("type") == "model_output":
            yield from reversed(_objects(step.get("content")))
    yield from reversed(_objects(interaction.get("outputs")))
    yield from _objects([interaction.get("output_video")])


def _objects(value: Any) -> list[Mapping[str, Any]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]


def _told(interaction: Mapping[str, Any]) -> dict[str, Any]:
    """The interaction without its own status, which names no reason."""
    return {key: value for key, value in interaction.items() if key != "status"}


def _usage(interaction: Mapping[str, Any]) -> Usage:
    """What it used; thoughts are paid like the answer's own tokens."""
    told = interaction.get("usage")
    told = told if isinstance(told, Mapping) else {}
    counts: dict[str, Any] = {
        name: count for name in _COUNTS if (count := count_of(told.get(name)))
    }
    answered = counts.pop("total_output_tokens", 0) + counts.get("total_thought_tokens", 0)
    for name in ("input_tokens_by_modality", "output_tokens_by_modality"):
        if parts := _by_modality(told.get(name)):
            counts[name] = parts
    return usage_of(
        str(interaction.get("model") or ""),
        {**counts, "answered": answered},
        prompt="total_input_tokens",
        completion="answered",
        cached=counts.get("total_cached_tokens", 0),
    )


def _by_modality(told: Any) -> list[dict[str, Any]]:
    return [
        {"modality": name_of(part.get("modality")), "tokens": count_of(part.get("tokens"))}
        for part in _objects(told)[:10]
    ]
