"""``kill -9`` at each moment of a film: ended in time, bought once, charged once or not, told once.

The vendor is a server of the test's own that counts what it sells. Each moment is caught by a lock
that the test holds in the database, or by an answer that the vendor holds back, so that nothing
depends on being quick: whoever is to be killed stands still exactly there.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.account import Account
from tests.e2e.killing import (
    FILMS,
    RECOVERY_S,
    START_S,
    STUDIO,
    Ended,
    end_of,
    frozen,
    holding,
    kill_and_await,
    kill_crew,
    rows,
    until_stuck,
)
from tests.fakes.film_contents import stalled
from tests.fakes.openai_films import Fate, FilmServer, accepts_and_hangs, tells
from tests.fakes.trouble import held
from tests.fakes.vendor import Gate
from tests.runtime.processes import wait_for
from tests.servers import Server, empty_data_dir

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

CREATE = "videos/create"
PRICE = Decimal(8)
SIGN_UP = Decimal(18)
WEB = "deploy.embedded.web"


@pytest.fixture(scope="module")
def vendor() -> Iterator[FilmServer]:
    """OpenAI, as the only service that is set up for films."""
    with FilmServer() as selling:
        yield selling


@pytest.fixture(scope="module")
def server(vendor: FilmServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product with that vendor, which calls it back; its leases are short, as many end."""
    settings = {**vendor.settings_for("openai"), "JOB_LEASE_S": "12"}
    with empty_data_dir(tmp_path_factory.mktemp("videos")) as data_dir:
        running = Server(data_dir, settings=settings)
        try:
            running.until_ready()
            vendor.calls_back(f"{running.url}/webhooks/openai")
            yield running
            checked = running.manage("check_ledger")
            assert checked.stdout.splitlines()[-1] == "drift 0", checked.stdout + checked.stderr
        finally:
            running.stop()


@dataclass
class Filming:
    """A film on its way. Nobody checks its status: workers alone bring it to its end."""

    server: Server
    vendor: FilmServer
    account: Account
    gate: Gate = field(default_factory=Gate)
    prompt: str = field(default_factory=lambda: f"The polo turns slowly, {uuid4().hex}")
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    asked: Future[httpx.Response] = field(default_factory=Future)

    def ask(self) -> None:
        """Ask for the film in a thread: the answer waits for the provider's."""
        self.asked = self.pool.submit(
            self.account.http.post,
            "/api/generate-video",
            json={"prompt": self.prompt, "seconds": "4", "size": "1280x720"},
        )

    def column(self, name: str) -> Any:
        """What the film's row says, None where there is none yet."""
        query = f"SELECT {name} FROM videos_video WHERE prompt = %s"  # noqa: S608 - ours
        found = rows(self.server, query, self.prompt)
        return found[0][0] if found else None

    def until(self, condition: str, what: str) -> None:
        """Wait until the film's row, joined with its job, is so."""
        query = (
            "SELECT 1 FROM videos_video video JOIN generation_job job ON job.id = video.job_id "
            "WHERE video.prompt = %s AND "
        )
        wait_for(
            lambda: rows(self.server, query + condition, self.prompt),
            within_s=START_S,
            every_s=0.02,
            what=what,
        )

    def lock(self, table: str) -> AbstractContextManager[None]:
        """Hold a row of the film's: its ``job``, its ``call`` or its ``hold``."""
        query = {
            "job": "SELECT 1 FROM generation_job WHERE id = %s FOR UPDATE",
            "call": "SELECT 1 FROM generation_aicall WHERE job_id = %s FOR UPDATE",
            "hold": "SELECT 1 FROM credits_hold WHERE id = "
            "(SELECT hold_id FROM generation_job WHERE id = %s) FOR UPDATE",
        }[table]
        return holding(self.server, query, self.job)

    @property
    def job(self) -> str:
        """The id of its job."""
        return str(self.column("job_id"))

    @property
    def bought(self) -> int:
        """How often it was bought."""
        return self.vendor.purchases[self.prompt]

    @property
    def fetches(self) -> int:
        """How often its content was asked for."""
        return self.vendor.film_of(self.prompt).fetches

    def until_bought(self) -> None:
        """Wait until the vendor has begun it."""
        self.vendor.wait_until(lambda: self.bought == 1, START_S)

    def until_fetching(self) -> None:
        """Wait until somebody is in the middle of fetching it."""
        self.until_bought()
        self.vendor.wait_until(lambda: self.fetches == 1, START_S)


@pytest.fixture
def filming(server: Server, vendor: FilmServer, account: Account) -> Iterator[Filming]:
    """A film that is about to be asked for; the vendor completes it at the first look."""
    film = Filming(server, vendor, account)
    yield film
    film.gate.open()
    film.pool.shutdown()


def ended(filming: Filming, killed_at: datetime) -> Ended:
    """The end of its job, which came by itself and in time, told once; nothing was bought twice."""
    end = end_of(filming.server, filming.job, within_s=RECOVERY_S + START_S)
    assert (end.at - killed_at).total_seconds() < RECOVERY_S
    assert (end.times_told, end.bought_twice, end.left_open) == (1, 0, 0)
    check_told_once(filming)
    assert filming.bought == 1
    return end


def check_told_once(filming: Filming) -> None:
    """By the answer of the request that began it, where that waited so long, or in the inbox."""
    query = "SELECT read_at FROM notifications_notification WHERE context->>'jobId' = %s"
    is_told = filming.asked.result(START_S).json()["status"] in ("completed", "failed")
    if not is_told:
        wait_for(lambda: rows(filming.server, query, filming.job), within_s=RECOVERY_S, what="news")
    unread = [read_at for (read_at,) in rows(filming.server, query, filming.job) if read_at is None]
    assert is_told + len(unread) == 1


def check(filming: Filming) -> Any:
    """What a status check says; a shot film may be watched."""
    return filming.account.get(f"/api/check-video?video_id={filming.column('video_id')}")


def check_completed(filming: Filming) -> None:
    """Charged once, at its price, and it plays."""
    said = check(filming)
    assert said["status"] == "completed"
    assert amounts(said) == {"held": 0, "captured": PRICE}
    assert httpx.get(said["url"]).raise_for_status().content[4:8] == b"ftyp"
    assert len(filming.account.statement_of(filming.job)) == 1
    assert filming.account.available() == SIGN_UP - PRICE


def check_lost(filming: Filming) -> None:
    """Whether it was bought nobody knows: free, and not asked for again."""
    said = check(filming)
    assert (said["status"], said["error"]["code"]) == ("failed", "timeout")
    assert amounts(said) == {"held": 0, "captured": 0}
    assert len(filming.account.statement_of(filming.job)) == 1
    assert filming.account.available() == SIGN_UP


def amounts(said: Any) -> dict[str, Decimal]:
    return {name: Decimal(str(amount)) for name, amount in said["credits"].items()}


def test_before_it_is_claimed(filming: Filming) -> None:
    with frozen(filming.server.children(STUDIO)):
        filming.ask()
        filming.until("job.status = 'queued'", "the film")
        killed_at = kill_crew(filming.server, STUDIO)

    assert ended(filming, killed_at).status == "succeeded"
    check_completed(filming)


def test_before_its_provider_is_asked(filming: Filming) -> None:
    with holding(filming.server, "LOCK TABLE generation_aicall IN SHARE MODE"):
        filming.ask()
        until_stuck(filming.server, 'INSERT INTO "generation_aicall"')
        killed_at = kill_crew(filming.server, STUDIO)

    assert ended(filming, killed_at).status == "succeeded"
    check_completed(filming)


def test_after_its_provider_was_asked_and_before_it_answered(filming: Filming) -> None:
    filming.vendor.will(accepts_and_hangs, to=CREATE)
    filming.ask()
    filming.until_bought()
    killed_at = kill_crew(filming.server, STUDIO)

    assert ended(filming, killed_at).status == "failed"
    check_lost(filming)


def test_after_its_provider_answered_and_before_that_was_written_down(filming: Filming) -> None:
    filming.vendor.will(held(filming.gate, tells()), to=CREATE)
    filming.ask()
    filming.vendor.wait_until(lambda: asked_for(filming), START_S)
    with filming.lock("call"):
        filming.gate.open()
        until_stuck(filming.server, 'UPDATE "generation_aicall"')
        killed_at = kill_crew(filming.server, STUDIO)

    assert ended(filming, killed_at).status == "failed"
    check_lost(filming)


def asked_for(filming: Filming) -> bool:
    """Whether the vendor has the request in its hands."""
    asked = filming.vendor.asked_for(CREATE)
    return any(each.body.get("prompt") == filming.prompt for each in asked)


def test_after_it_was_written_down(filming: Filming) -> None:
    """No worker is held any more, so that there is nothing to lose."""
    filming.vendor.will_become(Fate(looks=None))
    filming.ask()
    filming.until("job.awaited_since IS NOT NULL", "a film that its provider works on")
    killed_at = kill_crew(filming.server, STUDIO)
    filming.vendor.finish(filming.vendor.film_of(filming.prompt).ref)

    end = ended(filming, killed_at)
    assert (end.status, end.attempts) == ("succeeded", 1)
    check_completed(filming)


def test_while_it_is_fetched(filming: Filming) -> None:
    filming.vendor.will_become(Fate(content=stalled(filming.gate)))
    filming.ask()
    filming.until_fetching()
    killed_at = kill_crew(filming.server, FILMS)
    filming.gate.open()

    assert ended(filming, killed_at).status == "succeeded"
    assert filming.fetches == 2
    check_completed(filming)


def test_before_it_is_settled(filming: Filming) -> None:
    """The film is stored; who stored it waits for the job's row."""
    filming.vendor.will_become(Fate(content=stalled(filming.gate)))
    filming.ask()
    filming.until_fetching()
    with filming.lock("job"):
        filming.gate.open()
        until_stuck(filming.server, 'UPDATE "generation_job"')
        killed_at = kill_crew(filming.server, FILMS)

    assert ended(filming, killed_at).status == "succeeded"
    check_completed(filming)


def test_while_it_is_settled(filming: Filming) -> None:
    """The job is ended and its rows are written, but the charge is not committed."""
    filming.vendor.will_become(Fate(content=stalled(filming.gate)))
    filming.ask()
    filming.until_fetching()
    with filming.lock("hold"):
        filming.gate.open()
        until_stuck(filming.server, "credits_close_hold")
        killed_at = kill_crew(filming.server, FILMS)

    assert ended(filming, killed_at).status == "succeeded"
    check_completed(filming)


def test_while_a_status_check_fetches_it(filming: Filming) -> None:
    """The web process has it in its hands, and dies."""
    filming.vendor.will_become(Fate(looks=None, content=stalled(filming.gate)))
    filming.ask()
    filming.until("job.awaited_since IS NOT NULL", "a film that its provider works on")
    with frozen(filming.server.children(FILMS)):
        filming.vendor.finish(filming.vendor.film_of(filming.prompt).ref)
        with ThreadPoolExecutor(1) as checking:
            answer = checking.submit(check, filming)
            filming.until_fetching()
            kill_and_await(filming.server, WEB)
            assert isinstance(answer.exception(START_S), httpx.TransportError)
    killed_at = datetime.now().astimezone()
    filming.gate.open()
    wait_for(filming.server.is_healthy, within_s=START_S, what="a healthy web")

    assert ended(filming, killed_at).status == "succeeded"
    assert filming.fetches == 2
    check_completed(filming)
