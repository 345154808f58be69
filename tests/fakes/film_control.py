"""A vendor of films that is commanded over HTTP, for those who run it in a process of its own.

``GET /control/state`` → ``{bought, purchases: {prompt: count}, films: {ref: {…}}, callbacks}``.
The others are POST with JSON: ``/control/fate`` with ``looks``, ``after_s``, ``code``, ``content``
(a name in ``film_contents``), and ``next`` for how many films it holds (all, without);
``/control/end`` with ``ref`` or ``prompt``, and ``code`` where the film fails; ``/control/will``
with ``to`` (an operation) and ``do``, names in ``TROUBLES``; ``/control/callbacks`` as
``Callbacks`` takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from tests.fakes import trouble
from tests.fakes.film_callbacks import callbacks_from
from tests.fakes.film_contents import CONTENTS
from tests.fakes.openai_films import (
    Fate,
    Film,
    FilmServer,
    accepts_and_fails,
    accepts_and_hangs,
    accepts_and_mumbles,
    accepts_and_resets,
)
from tests.fakes.vendor import Asked, Behaviour, Exchange

TROUBLES: Final[dict[str, Behaviour]] = {
    "busy": trouble.is_busy(),
    "overloaded": trouble.is_overloaded(),
    "fails": trouble.fails,
    "has_no_quota": trouble.has_no_quota,
    "blocks": trouble.blocks_picture,
    "resets": trouble.resets_unsold,
    "accepts_and_resets": accepts_and_resets,
    "accepts_and_hangs": accepts_and_hangs,
    "accepts_and_fails": accepts_and_fails,
    "accepts_and_mumbles": accepts_and_mumbles,
}


class Controlled(FilmServer):
    """A vendor of films with control addresses."""

    def operation_of(self, asked: Asked) -> str:
        """``control/…`` too; what is asked there is never troubled."""
        if asked.path.startswith("/control/"):
            return asked.path.removeprefix("/")
        return super().operation_of(asked)

    def _next(self, asked: Asked) -> Behaviour:
        if asked.operation.startswith("control/"):
            with self._changed:
                self._answering += 1
            return self._command
        return super()._next(asked)

    def _command(self, exchange: Exchange) -> None:
        asked = exchange.asked
        command = _COMMANDS.get(asked.operation.removeprefix("control/"))
        if command is None:
            exchange.answer(404, {"error": {"message": "Unknown command"}})
            return
        exchange.answer(200, command(self, asked.body))


def _state(server: Controlled, told: Mapping[str, Any]) -> dict[str, Any]:
    callbacks = server.callbacks
    return {
        "bought": server.sold["videos/create"],
        "purchases": dict(server.purchases),
        "films": {ref: _film(film) for ref, film in list(server.films.items())},
        "callbacks": {
            "statuses": list(callbacks.statuses) if callbacks else [],
            "lost": callbacks.lost_count if callbacks else 0,
            "repeated": callbacks.repeated_count if callbacks else 0,
        },
    }


def _film(film: Film) -> dict[str, Any]:
    found = {name: value for name, value in vars(film).items() if name not in ("fate", "reference")}
    return {**found, "referenceBytes": len(film.reference)}


def _fate(server: Controlled, told: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: told[name] for name in ("looks", "after_s", "code") if name in told}
    fate = Fate(**known, content=CONTENTS[told.get("content", "good")])
    if "next" in told:
        server.will_become(*[fate] * int(told["next"]))
    else:
        server.becomes(fate)
    return {"fate": {name: value for name, value in asdict(fate).items() if name != "content"}}


def _end(server: Controlled, told: Mapping[str, Any]) -> dict[str, Any]:
    ref = told.get("ref") or server.film_of(told["prompt"]).ref
    if told.get("code"):
        server.fail(ref, told["code"])
    else:
        server.finish(ref)
    return server.films[ref].told()


def _will(server: Controlled, told: Mapping[str, Any]) -> dict[str, Any]:
    server.will(*(TROUBLES[name] for name in told["do"]), to=told.get("to", ""))
    return {"linedUp": len(told["do"])}


def _callbacks(server: Controlled, told: Mapping[str, Any]) -> dict[str, Any]:
    server.callbacks = callbacks_from(told)
    return {"url": server.callbacks.url}


_COMMANDS: Final[dict[str, Callable[[Controlled, Mapping[str, Any]], dict[str, Any]]]] = {
    "state": _state,
    "fate": _fate,
    "end": _end,
    "will": _will,
    "callbacks": _callbacks,
}
