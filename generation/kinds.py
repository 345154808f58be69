"""The registry of job kinds: rooms above say what a kind does and how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from generation.models import Job
    from generation.run import Run


@dataclass(frozen=True)
class Prepared:
    """A checked input: what to run, and how much of it is already known.

    ``fresh`` of ``planned`` parts have to be bought; where ``fresh`` is 0 the job
    succeeds at once and ``store`` writes its result.
    """

    input: dict[str, Any]
    product_id: UUID | None = None
    planned: int = 1
    store: Callable[[Job], dict[str, Any]] | None = None
    # Who answers, where the input itself depends on it; else submit decides.
    routes: dict[str, str] = field(default_factory=dict)
    # Called in the transaction that makes the job, once it is there.
    made: Callable[[Job], None] | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run found.

    ``captured`` is in µcr, at most what is held. ``store`` runs in the settling
    transaction and returns the job's result; ``failed`` lists what did not succeed,
    and ``left`` is what of the price belongs to that: what a retry of it costs, by
    default all that was not captured.
    """

    store: Callable[[Job], dict[str, Any]]
    captured: int
    failed: list[dict[str, Any]] = field(default_factory=list)
    left: int | None = None


@dataclass(frozen=True)
class Awaited:
    """What a run leaves to others: a provider works on, and whoever hears of its end settles."""


@dataclass(frozen=True)
class Kind:
    """How jobs of one name are worked on and shown."""

    name: str
    label: str
    work: Callable[[Run], Outcome | Awaited]
    present: Callable[[Job], dict[str, Any]]
    # The operations that its work asks providers for: who answers them is decided on submit.
    asks: tuple[str, ...] = ()
    # Worked on by the process that took the request: when that is gone, nobody waits for it.
    is_direct: bool = False
    # What to do once more of a job that failed, wholly or in part; raises NotFound, Conflict.
    retry: Callable[[Job], Prepared] | None = None
    # A plan that pays for operations pays for these too.
    by_plan: bool = True
    # Content that is refused is no warning and never charged.
    refusals_are_free: bool = False
    # In how many seconds a job has to be over, where that is not JOB_DEADLINE_S.
    deadline_s: Callable[[], int] | None = None
    # Called under the job's lock before it is canceled; raises Conflict where it may not be.
    check_cancel: Callable[[Job], None] | None = None
    # Called in the transaction that ends a job, however it ends.
    ended: Callable[[Job], None] | None = None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; called once when its app is ready."""
    _kinds[kind.name] = kind


def direct_names() -> list[str]:
    """The kinds that no worker may take."""
    return [kind.name for kind in _kinds.values() if kind.is_direct]


def ended(job: Job) -> None:
    """Let the job's kind take part in its end; in the transaction that ends it."""
    if (take_part := kind_of(job.kind).ended) is not None:
        take_part(job)


def kind_of(name: str) -> Kind:
    """The kind of that name; KeyError for a name that nobody registered."""
    return _kinds[name]
