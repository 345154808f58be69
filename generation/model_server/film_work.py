"""What a seat does for a film: see whether it can be made, then make it into its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from generation.errors import Failure, ProviderError
from generation.model_server.asked import MODEL
from generation.model_server.facts import Facts, views_of
from generation.model_server.film_asked import FIELD
from generation.model_server.refusals import USER, Refused, broken
from generation.model_server.shelf import FILM, THUMBNAIL, is_unwanted, put, read_state, write_state
from generation.providers.protocols import Ask, VideoAsked, View
from generation.providers.studio.film import FilmStudio
from generation.providers.studio.film.wishes import wish_of

NOT_POSSIBLE: Final = "film_not_possible"  # what was wished is nothing that this model can film

_ASK: Final = Ask(model=MODEL)

Task = Mapping[str, Any]
Result = dict[str, Any]


class Unwanted(Exception):
    """The film was deleted while it was made."""


def check_film(task: Task) -> Result:
    """``{}`` for a film that can be made, of ``{asked, facts, pictures}``. Raises Refused."""
    asked = _asked(task)
    if not asked.views:
        raise Refused("This needs a picture.", kind=USER, code=NOT_POSSIBLE, param=FIELD)
    try:
        wish_of(asked)
    except ProviderError as error:
        raise _refused(error, param="prompt") from None
    return {}


def make_film(task: Task) -> Result:
    """``{isMade}``: the film and a picture of it are in ``folder`` then. Raises Refused."""
    folder = Path(task["folder"])

    def told(percent: int, words: str) -> None:
        state = read_state(folder)
        if state is None or is_unwanted(folder):
            raise Unwanted
        write_state(folder, state | {"status": "in_progress", "progress": min(percent, 99)})

    try:
        told(0, "")
        film = FilmStudio().create(_asked(task), ask=_ASK, told=told).film
        if film is None:
            raise broken()
        put(folder / THUMBNAIL, film.poster)
        put(folder / FILM, film.data)
    except (Unwanted, FileNotFoundError):
        return {"isMade": False}
    except ProviderError as error:
        if error.failure is not Failure.USER_INPUT:
            raise
        raise _refused(error, param=None) from None
    return {"isMade": True}


def _asked(task: Task) -> VideoAsked:
    facts = _facts(task["facts"])
    return VideoAsked(
        **task["asked"],
        views=_named(views_of(facts, task["pictures"], param=FIELD)),
        title=facts.title,
        brief=facts.brief,
    )


def _facts(told: str) -> Facts:
    """What is told of the product, as JSON; "" for nothing."""
    try:
        return Facts.model_validate_json(told or "{}")
    except ValidationError:
        raise Refused("facts says what cannot be.", param="facts") from None


def _named(views: Sequence[View]) -> list[View]:
    """A photo of which nothing is told shows the front, as far as anybody knows."""
    return [replace(view, view_type=view.view_type or "front") for view in views]


def _refused(error: ProviderError, *, param: str | None) -> Refused:
    said = error.words or "This cannot be filmed."
    return Refused(said, kind=USER, code=NOT_POSSIBLE, param=param)
