"""A user, and a kind of job whose work the test decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model

from core.money import CREDIT
from credits import names
from credits.audit import differences
from generation import asking, kinds, notices, operations
from generation.kinds import Kind, Outcome, Prepared
from generation.models import Job
from generation.notices import Lead
from generation.run import Run, claim
from tests.generation.telling import PRODUCT

KIND = "test/echo"
Submit = Callable[..., Job]
Begin = Callable[[], Run]


@pytest.fixture
def user(transactional_db: None) -> Any:
    """A user on the day of sign-up: 18 credits."""
    return get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "long enough 42")


class Echo:
    """What the test's jobs do; replace ``work`` to do something else."""

    def __init__(self) -> None:
        self.runs = 0

    def work(self, run: Run) -> Outcome:
        self.runs += 1
        return Outcome(store=lambda job: {"said": run.input["say"]}, captured=run.job.price)


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Echo:
    """The kind ``test/echo``, registered for this test."""
    doing = Echo()
    kind = Kind(KIND, "Echo", lambda run: doing.work(run), lambda job: dict(job.result or {}))
    monkeypatch.setitem(kinds._kinds, KIND, kind)
    return doing


@pytest.fixture
def submit(user: Any, echo: Echo, rung: list[str]) -> Submit:
    """Submit a job of the test's kind for 3 credits."""

    def put(**more: Any) -> Job:
        given = {
            "user": user,
            "kind": KIND,
            "price": 3 * CREDIT,
            "prepare": lambda: Prepared({"say": "hello"}),
        }
        return operations.submit(**(given | more))

    return put


@pytest.fixture
def begin(submit: Submit) -> Begin:
    """A job in the hands of a worker."""

    def take() -> Run:
        run = claim(job_id=submit().pk)
        assert run is not None
        return run

    return take


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks again does so nearly at once."""
    monkeypatch.setattr(asking, "FIRST_WAIT_S", 0.01)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """One product with a name, and a place to which its jobs lead."""
    monkeypatch.setattr(names, "_namers", [lambda user, ids: dict.fromkeys(ids, "Pier Polo")])
    monkeypatch.setattr(
        notices, "_leads", {"": lambda job, end: Lead(f"/somewhere#{end}", f"Do {end}")}
    )
    monkeypatch.setitem(names._labels, KIND, "Echo")


@pytest.fixture
def about(submit: Submit, known: None) -> Submit:
    """Submit a job about that product."""

    def put(**more: Any) -> Job:
        return submit(prepare=lambda: Prepared({"say": "hi"}, product_id=PRODUCT), **more)

    return put


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that the broker was rung for; nobody works on them by themselves."""
    heard: list[str] = []
    for room in ("generation.operations", "generation.work"):
        monkeypatch.setattr(f"{room}.ring_worker", lambda job_id: heard.append(str(job_id)))
    return heard


@pytest.fixture(autouse=True)
def _nothing_drifts(transactional_db: None) -> Iterator[None]:
    yield
    assert differences() == []
