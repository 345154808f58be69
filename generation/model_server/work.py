"""What a seat does: one task at a time, from plain data to plain data.

Whatever a task holds, it is answered: a refusal says what is wrong with it, a failure of ours is
logged here and told as such.
"""

from __future__ import annotations

import base64
import json
import logging
import signal
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any, Final

import cv2

from generation.errors import Failure, ProviderError, RequestRefused
from generation.model_server import film_work, telling
from generation.model_server.facts import Facts, facts_in, views_of
from generation.model_server.line_art import drawn
from generation.model_server.refusals import USER, Refused, broken
from generation.providers.protocols import Answer, Ask, ChatRequest, View
from generation.providers.studio.answerer import Answerer
from generation.providers.studio.engine import Studio

log = logging.getLogger("techpack.model_server")

MODEL: Final = "studio-1"
READY: Final = "ready"
SIDES: Final = frozenset(("side", "left", "right"))
_ASK: Final = Ask(model=MODEL)
_studio: Final = Studio()
_answerer: Final = Answerer()

Task = Mapping[str, Any]
Result = dict[str, Any]


def serve(line: Connection) -> None:
    """Work on what comes over ``line`` until its other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server says when to end
    cv2.setNumThreads(1)
    line.send(READY)
    while True:
        try:
            task = line.recv()
            line.send(done(task))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def done(task: Task) -> Result:
    """The result of a task; ``{status, error}`` where it is refused or failed."""
    try:
        return _TASKS[task["kind"]](task)
    except Refused as refused:
        return {"status": refused.status, "error": refused.error}
    except Exception:
        log.exception("a task of the kind %s failed", task.get("kind"))
        failed = broken()
        return {"status": failed.status, "error": failed.error}


def _see(task: Task) -> Result:
    """``{text}``: JSON of an operation's schema, for ``{operation, texts, pictures}``."""
    facts, operation = facts_in(task["texts"]) or Facts(), task["operation"]
    views = views_of(facts, task["pictures"], param="messages")
    if not views and operation != "edit":
        raise Refused("This needs a picture.", param="messages")
    try:
        answer = _seen(operation, facts, views)
        said = telling.told(operation, answer.data, views)
    except RequestRefused as refused:
        said = telling.no_value(facts.field.value, refused.words)
    except ProviderError as error:
        if error.failure is not Failure.USER_INPUT:
            raise
        said = telling.no_product(operation)
    return {"text": json.dumps(said, ensure_ascii=False)}


def _seen(operation: str, facts: Facts, views: list[View]) -> Answer:
    if operation == "category/detect":
        return _studio.detect_category(views=views, brief=facts.brief, ask=_ASK)
    if operation == "base-views/analyze":
        return _studio.analyze_view(view=views[0], brief=facts.brief, ask=_ASK)
    if operation == "close-ups/plan":
        return _studio.plan_close_ups(views=views, brief=facts.brief, ask=_ASK)
    if operation == "close-ups/describe":
        return _described(facts, views[0])
    view = views[0] if views else None
    return _studio.edit_field(wanted=facts.wanted, view=view, brief=facts.brief, ask=_ASK)


CUT_OUT_SCORE: Final = 0.6  # how sure it is that all of a cut-out is the product


def _described(facts: Facts, view: View) -> Answer:
    """A cut-out shows the product from edge to edge: there is no outline to be found."""
    width, height = view.width, view.height
    corners = [[0, 0], [width, 0], [width, height], [0, height]]
    whole = {"rings": [corners], "score": CUT_OUT_SCORE, "wornByPerson": False}
    crop = View(view.id, view.view_type, view.data, width, height, outline=whole)
    shot = {**facts.shot.model_dump(), "box": [0, 0, width, height]}
    return _studio.describe_close_up(view=crop, shot=shot, ask=_ASK)


def _draw(task: Task) -> Result:
    """``{picture}`` in base64, for ``{prompt, pictures}``.

    A prompt without a data line is a wish: of a change where there is a picture, else of a sample.
    """
    facts = facts_in([task["prompt"]])
    if facts is None:
        usual = "edit-view" if task["pictures"] else "make-sample"
        facts = Facts(task=usual, viewType="front", wish=task["prompt"][:4_000])
    views = views_of(facts, task["pictures"], param="image")
    try:
        picture = _made(facts, views)
    except ProviderError as error:
        if error.failure is not Failure.USER_INPUT:
            raise
        code = "edit_not_possible" if isinstance(error, RequestRefused) else "no_product"
        said = error.words or "No product can be found in the picture."
        raise Refused(said, kind=USER, code=code) from None
    return {"picture": base64.b64encode(picture).decode()}


def _made(facts: Facts, views: list[View]) -> bytes:
    if facts.task not in ("make-sample", "make-final") and not views:
        raise Refused("This needs a picture.", param="image")
    if facts.task == "draw-flat":
        return _flat(facts, views[0])
    if facts.task == "enlarge-close-up":
        box = facts.shot.box
        sides = (box.left, box.top, box.width, box.height)
        whole = (views[0].width, views[0].height) * 2
        shot = {**facts.shot.model_dump(), "box": _inside(sides, whole)}
        return _studio.close_up(view=views[0], shot=shot, ask=_ASK).images["image.jpg"]
    if facts.task == "edit-view":
        return _studio.edit_view(
            view=views[0], words=facts.wish, brief=facts.brief, seed=facts.seed, ask=_ASK
        ).images["image.jpg"]
    if facts.task not in ("make-sample", "make-final"):
        raise Refused(f"There is no such task: {facts.task[:80]}.", param="prompt")
    return _studio.make_view(
        view_type=facts.viewType,
        stage="final" if facts.task == "make-final" else "sample",
        sources=views,
        words=facts.wish,
        brief=facts.brief,
        seed=facts.seed,
        ask=_ASK,
    ).images["image.jpg"]


def _inside(sides: tuple[float, ...], whole: tuple[int, ...]) -> list[int]:
    """A box of fractions in pixels, at least one wide and inside of the picture."""
    x, y, wide, high = (round(side * of) for side, of in zip(sides, whole, strict=True))
    x, y = min(x, whole[0] - 1), min(y, whole[1] - 1)
    return [x, y, min(max(wide, 1), whole[0] - x), min(max(high, 1), whole[1] - y)]


def _flat(facts: Facts, source: View) -> bytes:
    """The view that is wanted is traced; from a photo of another side, what follows from it."""
    names = {facts.viewType, source.view_type}
    is_wanted = len(names) == 1 or names <= SIDES
    flat = _studio.draw_flat(
        view=source if is_wanted else None,
        view_type=facts.viewType,
        front=source,
        brief=facts.brief,
        ask=_ASK,
    )
    return drawn(flat.data["drawing"])


def _chat(task: Task) -> Result:
    """``{choices, usage}`` or, for a stream, ``{chunks}``, of the assistant's answerer."""
    request = ChatRequest(
        model=MODEL,
        messages=task["messages"],
        max_tokens=task["max_tokens"],
        options=task["options"],
        knowledge=task["knowledge"],
    )
    if task["is_stream"]:
        pieces = _answerer.stream(request, timeout_s=60)
        return {"chunks": [(piece.choices, _usage(piece.usage)) for piece in pieces]}
    completion = _answerer.complete(request, timeout_s=60)
    return {"choices": completion.choices, "usage": _usage(completion.usage)}


def _usage(usage: Any) -> dict[str, int] | None:
    if usage is None:
        return None
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


_TASKS: Final[Mapping[str, Callable[[Task], Result]]] = {
    "see": _see,
    "draw": _draw,
    "chat": _chat,
    "film-check": film_work.check_film,
    "film": film_work.make_film,
}
