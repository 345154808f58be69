"""Where the objects live: one SQLite file that several processes and threads may use at once.

Each request and each action is one transaction, and one writes at a time. An object's keys that
begin with "_" are the world's own and are never shown.
"""

from __future__ import annotations

import copy
import json
import os
import queue
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from .errors import Refused, not_found
from .names import new_id

Thing: TypeAlias = dict[str, Any]

API_VERSION: Final = "2026-08-26.dahlia"
WAIT_S: Final = 60
SCHEMA: Final = (Path(__file__).parent / "schema.sql").read_text()


@dataclass(frozen=True)
class Asked:
    """Who caused what is written: a request of the API, or nobody (a page, the time)."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Place:
    """What every part of the world has to know of its surroundings."""

    base: str  # where the world is served, without a slash at the end
    wall: Callable[[], int]  # the time, in seconds of the epoch


class Book:
    """One open transaction: objects are read, added and changed, events are written."""

    def __init__(self, rows: sqlite3.Connection, place: Place, asked: Asked) -> None:
        self.rows = rows
        self.base = place.base
        self.wall = place.wall()
        self.asked = asked
        # Whoever asks for an object twice gets the same one, so that no change is lost.
        self._read: dict[str, Thing] = {}

    def find(self, named: str, kind: str | None = None) -> Thing | None:
        """The object of this id; None where there is none of this kind."""
        row = self.rows.execute("SELECT kind, body FROM things WHERE id = ?", (named,)).fetchone()
        if row is None or (kind is not None and row[0] != kind):
            return None
        return self._known(row[1])

    def get(self, kind: str, named: str, param: str | None = None) -> Thing:
        """The object of this id. Raises Refused; ``param`` names where the id was given."""
        found = self.find(named, kind)
        if found is None:
            raise not_found(kind, named, param)
        return found

    def all(self, kind: str, **fields: Any) -> list[Thing]:
        """Objects of a kind whose fields (``a__b`` for what is within ``a``) are these, by age."""
        # The paths stand in the statement itself, as those of the indexes do.
        paths = [_path(name) for name in fields]
        where = "".join(f" AND json_extract(body, '{path}') IS ?" for path in paths)
        found = self.rows.execute(
            f"SELECT body FROM things WHERE kind = ?{where} ORDER BY number",  # noqa: S608
            [kind, *fields.values()],
        )
        return [self._known(body) for (body,) in found.fetchall()]

    def add(self, kind: str, thing: Thing, *, named: str = "") -> Thing:
        """Write a new object down, with its id, kind and time. Raises Refused for a taken id."""
        made = {"id": named or new_id(kind), "object": kind, **thing}
        try:
            self.rows.execute(
                "INSERT INTO things (id, kind, body) VALUES (?, ?, ?)",
                (made["id"], kind, json.dumps(made)),
            )
        except sqlite3.IntegrityError:
            raise Refused(
                400,
                f"{kind.capitalize()} already exists.",
                code="resource_already_exists",
                param="id",
            ) from None
        self._read[made["id"]] = made
        return made

    def put(self, thing: Thing) -> Thing:
        """Write down what was changed of an object."""
        self.rows.execute(
            "UPDATE things SET body = ? WHERE id = ?", (json.dumps(thing), thing["id"])
        )
        self._read[thing["id"]] = thing
        return thing

    def change(self, thing: Thing, **fields: Any) -> Thing:
        """Change fields of an object."""
        thing.update(fields)
        return self.put(thing)

    def remove(self, thing: Thing) -> None:
        """Forget an object."""
        self.rows.execute("DELETE FROM things WHERE id = ?", (thing["id"],))
        self._read.pop(thing["id"], None)

    def now(self, customer: str | Thing | None) -> int:
        """The time as this customer has it: their clock's, or ours moved on by so much."""
        found = self.find(customer) if isinstance(customer, str) else customer
        if found is None:
            return self.wall
        if found.get("test_clock"):
            return int(self.get("test_helpers.test_clock", found["test_clock"])["frozen_time"])
        return self.wall + int(found.get("_ahead", 0))

    def shown(self, thing: Thing) -> Thing:
        """The object as the API shows it now, on its own."""
        from . import showing

        return copy.deepcopy(showing.seen(self, thing))

    def emit(self, kind: str, thing: Thing, before: Thing | None = None) -> Thing:
        """Write an event with the object as it is now, and queue it for each endpoint.

        ``before``: the object before, of which the event names what was different.
        """
        from . import events

        return events.write(self, kind, thing, before)

    def _known(self, body: str) -> Thing:
        read: Thing = json.loads(body)
        return self._read.setdefault(read["id"], read)


def _path(name: str) -> str:
    """Where a field is in the JSON. Raises ValueError for what is no name."""
    steps = name.split("__") if not name.startswith("_") else [name]
    if not all(step.isidentifier() for step in steps):
        raise ValueError(f"This is no name of a field: {name}")
    return "$." + ".".join(f'"{step}"' for step in steps)


class Store:
    """The file and the connections to it."""

    def __init__(self, path: Path, place: Place) -> None:
        self._path = path
        self._place = place
        self._free: queue.LifoQueue[tuple[int, sqlite3.Connection]] = queue.LifoQueue()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as rows:
            rows.executescript(SCHEMA)

    @contextmanager
    def open(self, asked: Asked | None = None) -> Iterator[Book]:
        """A transaction; whoever is refused leaves nothing, except where a refusal says so."""
        with self._connection() as rows:
            rows.execute("BEGIN IMMEDIATE")
            try:
                yield Book(rows, self._place, asked or Asked())
            except Refused as refusal:
                rows.execute("COMMIT" if refusal.leaves_traces else "ROLLBACK")
                raise
            except BaseException:
                rows.execute("ROLLBACK")
                raise
            rows.execute("COMMIT")

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while True:
            try:
                _, rows = self._free.get_nowait()
            except queue.Empty:
                return
            rows.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        rows = self._taken()
        try:
            yield rows
        finally:
            self._free.put((os.getpid(), rows))

    def _taken(self) -> sqlite3.Connection:
        try:
            owner, rows = self._free.get_nowait()
        except queue.Empty:
            return self._connected()
        # A connection must not be used on the other side of a fork.
        return rows if owner == os.getpid() else self._connected()

    def _connected(self) -> sqlite3.Connection:
        rows = sqlite3.connect(
            self._path, timeout=WAIT_S, isolation_level=None, check_same_thread=False
        )
        rows.execute("PRAGMA journal_mode = WAL")
        rows.execute("PRAGMA synchronous = OFF")
        return rows
