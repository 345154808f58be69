"""What the product asks of an AI provider, whoever it is.

A provider translates; it knows nothing of jobs, credits or rows. Answers are plain
data in the product's own words, images are bytes of PNG, JPEG or SVG.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NotRequired, Protocol, TypeAlias, TypedDict


@dataclass(frozen=True)
class View:
    """A photo of the product with what is known about it.

    ``outline`` and ``landmarks`` are in pixels of the stored picture; ``um_per_px`` is
    set once a known length was given for this photo.
    """

    id: str
    view_type: str
    data: bytes
    width: int
    height: int
    outline: Mapping[str, Any] | None = None
    landmarks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    um_per_px: float | None = None


@dataclass(frozen=True)
class Brief:
    """What the provider is told about the product; words are data, never instructions.

    ``vocabulary`` names parts, operations and points of measure as its template does.
    """

    words: str = ""
    category: str = ""
    subcategory: str = ""
    vocabulary: tuple[str, ...] = ()


@dataclass(frozen=True)
class Usage:
    """What an answer consumed; ``details`` is what else the provider said of it, as it came."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd_micros: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Answer:
    """A provider's answer: JSON-able data, pictures by file name, usage, a reference.

    ``prompt_version`` names the prompt that was sent, "" where there was none. ``keys`` says where
    the pictures were stored and ``model`` who answered, as ``provider:model``, once the log has
    taken it.
    """

    data: dict[str, Any]
    images: Mapping[str, bytes] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    usage: Usage = Usage()
    ref: str = ""
    model: str = ""
    prompt_version: str = ""


@dataclass(frozen=True)
class Call:
    """How a call appears in the AI operation log."""

    part: str
    operation: str
    type: Literal["vision", "image", "video", "chat"]
    provider: str
    model: str
    is_resubmittable: bool
    input: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """Under which terms a provider is asked.

    ``complaint`` says, in words for the model, what was wrong with its last answer; "" where
    this is the first.
    """

    model: str
    timeout_s: float = 120.0
    complaint: str = ""


@dataclass(frozen=True)
class FieldAsked:
    """A field of the pack that a sentence is to change.

    ``value`` is shown now, lengths as a number in ``unit``; ``entry`` is the whole row as
    JSON-able data; ``words`` is what the person asked for.
    """

    path: str
    label: str
    kind: Literal["length", "number", "colour", "text"]
    value: str | float | None
    words: str
    unit: str = ""
    entry: Mapping[str, Any] = field(default_factory=dict)


class Provider(Protocol):
    """What every provider says of itself."""

    name: str
    is_resubmittable: bool  # asking twice buys nothing twice


class StepProvider(Provider, Protocol):
    """A provider of the steps that make a pack."""

    at_once: int  # how many calls of one job it takes in parallel


class Vision(StepProvider, Protocol):
    """Seeing: what is in the photos."""

    def detect_category(self, *, views: Sequence[View], brief: Brief, ask: Ask) -> Answer:
        """``{category, subcategory, confidence, alternatives, because}``."""
        ...

    def analyze_view(self, *, view: View, brief: Brief, ask: Ask) -> Answer:
        """``{materials, dimensions, colors, construction, designElements, other, confidence}``."""
        ...

    def plan_close_ups(self, *, views: Sequence[View], brief: Brief, ask: Ask) -> Answer:
        """``{shots: [{name, kind, reason, sourceRevisionId, box}]}``, six to ten of them."""
        ...

    def describe_close_up(self, *, view: View, shot: Mapping[str, Any], ask: Ask) -> Answer:
        """What one shot shows, in the form of an analysis."""
        ...

    def edit_field(
        self, *, wanted: FieldAsked, view: View | None, brief: Brief, ask: Ask
    ) -> Answer:
        """``{value, confidence, isLiteral, because}``: the field's new value.

        A length is a number in ``wanted.unit``, a colour ``#rrggbb``. ``isLiteral``: the value
        stands in the person's own words.
        """
        ...


class ImageMaker(StepProvider, Protocol):
    """Drawing: close-up pictures and technical flats."""

    def close_up(self, *, view: View, shot: Mapping[str, Any], ask: Ask) -> Answer:
        """``{width, height, scaleBar?}`` and the picture ``image.jpg``."""
        ...

    def draw_flat(
        self, *, view: View | None, view_type: str, front: View | None, brief: Brief, ask: Ask
    ) -> Answer:
        """``{drawing, anchors, measures}``: strokes in a view box; no callouts, no figures."""
        ...

    def edit_view(self, *, view: View, words: str, brief: Brief, seed: int, ask: Ask) -> Answer:
        """``{width, height, note, warnings}`` and the changed picture ``image.jpg``.

        Without ``words`` a variation of how the product is presented, chosen by ``seed``.
        """
        ...

    def make_view(
        self,
        *,
        view_type: str,
        stage: Literal["sample", "final"],
        sources: Sequence[View],
        words: str,
        brief: Brief,
        seed: int,
        ask: Ask,
    ) -> Answer:
        """``{width, height, note}`` and the picture ``image.jpg`` of a view without a photo.

        ``sources`` are photos or a chosen sample to stay true to; without any, ``words`` and
        the brief alone say what it is. ``note`` says what the picture is, e.g. a template.
        """
        ...


@dataclass(frozen=True)
class VideoAsked:
    """A film to make: ``width`` × ``height`` pixels, ``seconds`` long.

    ``views`` are photos of the product, the one to stay true to first; none where words alone
    say what is shown. ``title`` names the product where a film shows words.
    """

    prompt: str
    seconds: int
    width: int
    height: int
    views: Sequence[View] = ()
    title: str = ""
    brief: Brief = Brief()


VideoStatus: TypeAlias = Literal["queued", "in_progress", "completed", "failed", "canceled"]
VideoCode: TypeAlias = Literal[
    "moderation_blocked",
    "invalid_request",
    "rate_limit_exceeded",
    "insufficient_quota",
    "server_error",
    "timeout",
]


@dataclass(frozen=True)
class Film:
    """A finished film: MP4 with H.264, a JPEG of it, captions as WebVTT."""

    data: bytes
    poster: bytes
    captions: str


@dataclass(frozen=True)
class VideoState:
    """What a provider says of a film.

    ``progress`` is in percent. A failed one has ``code``, which is one of ours, ``words`` fit for
    users and ``message`` for the log. ``film`` is there where it was made during the call.
    """

    ref: str
    status: VideoStatus
    progress: int = 0
    code: VideoCode | Literal[""] = ""
    words: str = ""
    message: str = ""
    usage: Usage = Usage()
    film: Film | None = None


@dataclass(frozen=True)
class VideoCallback:
    """A provider's word that something changed: ``id`` of the message, the film's reference."""

    id: str
    type: str
    ref: str


class VideoMaker(Provider, Protocol):
    """Films. Raises ProviderError, whose ``code`` is one of ``VideoCode`` or ""."""

    def create(
        self, asked: VideoAsked, *, ask: Ask, told: Callable[[int, str], None]
    ) -> VideoState:
        """Begin a film; bought once it is accepted.

        Who makes it during the call tells its progress, in percent and words, and what ``told``
        raises ends the work.
        """
        ...

    def look(self, ref: str, *, timeout_s: float) -> VideoState:
        """How far a film is."""
        ...

    def fetch(self, ref: str, *, timeout_s: float) -> AbstractContextManager[Iterator[bytes]]:
        """A completed film, piece by piece."""
        ...

    def cancel(self, ref: str, *, timeout_s: float) -> None:
        """Ask to stop; whether it still could does not matter to anybody."""
        ...


class ChatModel(TypedDict):
    """A model of the assistant, as it is sold. Prices are US dollars per million tokens."""

    provider: str  # a name in generation.providers.routes
    owner: str
    input_usd: Decimal
    output_usd: Decimal
    upstream: NotRequired[str]  # the provider's own name of the model, where it differs


@dataclass(frozen=True)
class ChatRequest:
    """One completion to make, in the words of OpenAI's chat completions.

    ``messages`` and ``options`` (temperature, tools, response_format, whatever else the client
    sent) are passed on as they came. ``knowledge`` is what is known about the user's pack, as
    plain JSON-able data; a language model gets it as data in a message, never as instructions.
    ``on_begun`` is called when a streamed answer begins, with what hangs up from another thread
    while this one waits for the next piece; a provider that never waits need not call it.
    """

    model: str
    messages: Sequence[Mapping[str, Any]]
    max_tokens: int
    options: Mapping[str, Any] = field(default_factory=dict)
    knowledge: Mapping[str, Any] | None = None
    on_begun: Callable[[Callable[[], None]], None] | None = None


@dataclass(frozen=True)
class Completion:
    """A whole answer: ``choices`` as OpenAI's ``{index, message, finish_reason}``.

    ``usage`` is None where the provider told none.
    """

    choices: list[dict[str, Any]]
    usage: Usage | None
    ref: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)  # e.g. system_fingerprint


@dataclass(frozen=True)
class Chunk:
    """A piece of an answer: ``choices`` as OpenAI's ``{index, delta, finish_reason}``.

    The piece that carries ``usage`` may have no choices.
    """

    choices: list[dict[str, Any]]
    usage: Usage | None = None
    ref: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


class Chat(Provider, Protocol):
    """Talking: completions, whole or piece by piece. Both raise ProviderError."""

    def complete(self, request: ChatRequest, *, timeout_s: float) -> Completion:
        """The whole answer."""
        ...

    def stream(self, request: ChatRequest, *, timeout_s: float) -> Generator[Chunk, None, None]:
        """The answer as it is made; closing the generator ends the provider's work."""
        ...
