"""Whatever can happen to a user's films, in any order, beside an oracle of the rules."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import ClassVar
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models.functions import Now
from django.test import Client
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
)

from core import storage
from core.errors import Conflict, InsufficientCredits, NotFound
from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from credits.audit import differences
from credits.models import Hold
from generation import work
from generation.models import Breaker, Job
from generation.providers.protocols import VideoAsked, VideoCode, VideoState
from notifications.models import Notification
from tests.fakes.film_callbacks import Message, signed
from tests.videos.cinema import Cinema, Creating, accepts, loses, refuses
from tests.videos.oracle import Oracle, OracleFilm, Refused
from videos import looking, operations, queries, tasks
from videos.models import Video

GRANTED = 100
HAPPENS = {"accepts": accepts, "refuses": refuses, "loses": loses}
CODES = ("moderation_blocked", "server_error", "rate_limit_exceeded")
LONG_AGO = timedelta(minutes=10)


class FilmsMachine(RuleBasedStateMachine):
    """One user. Before each look time passes, so that it is due; callbacks come signed by HTTP.

    ``cinema`` and ``rung`` are those of the test; ``met`` counts the situations that came about.
    """

    cinema: ClassVar[Cinema]
    rung: ClassVar[list[str]]
    met: ClassVar[Counter[str]] = Counter()
    films = Bundle("films")

    def __init__(self) -> None:
        super().__init__()
        self.user = get_user_model().objects.create_user(f"{uuid4().hex}@example.com")
        ledger.grant(
            user_id=self.user.pk,
            kind="grant",
            amount=GRANTED * CREDIT,
            source_key=f"test:{self.user.pk}",
            reason="for films",
        )
        self.oracle = Oracle(credit.balance(self.user).free // CREDIT)
        self.videos: list[Video] = []
        self.callbacks: list[Message] = []
        self.asked_before = len(self.cinema.asked)
        self.rung.clear()

    def video(self, film: OracleFilm) -> Video:
        """The film's row as it is now."""
        video = self.videos[film.number]
        video.refresh_from_db()
        return video

    @rule(target=films, seconds=st.sampled_from([4, 8]))
    def a_film_is_asked_for(self, seconds: int) -> OracleFilm | MultipleResults[OracleFilm]:
        return self.somebody_asks(seconds)

    def somebody_asks(self, seconds: int) -> OracleFilm | MultipleResults[OracleFilm]:
        """Queue a film, or be told that there are not enough credits for it."""
        given = {"prompt": "The bag turns slowly", "seconds": str(seconds)}
        ask = partial(operations.generate_video, user=self.user, data=given)
        try:
            film = self.oracle.ask(seconds)
        except Refused:
            with pytest.raises(InsufficientCredits):
                ask()
            self.met["not enough credits"] += 1
            return multiple()
        self.videos.append(ask())
        return film

    @rule(target=films)
    def a_film_begins(self) -> OracleFilm | MultipleResults[OracleFilm]:
        """As most do."""
        found = self.somebody_asks(4)
        if isinstance(found, OracleFilm):
            self.a_worker_comes(found, "accepts")
        return found

    @rule(film=films, how=st.sampled_from(sorted(HAPPENS)))
    def a_worker_is_rung(self, film: OracleFilm, how: str) -> None:
        self.a_worker_comes(film, how)

    def a_worker_comes(self, film: OracleFilm, how: str) -> None:
        """Have the job worked on, at a provider that does so with it."""
        self.met[how] += film.status == "open" and not film.is_sent
        self.oracle.work(film, how)
        self.work(film, HAPPENS[how])

    @rule(film=films)
    def a_worker_dies_after_the_request(self, film: OracleFilm) -> None:
        if film.status != "open" or film.is_sent:
            return
        with pytest.raises(SystemExit):
            self.work(film, _dies)
        self.lease_ends(film)
        self.oracle.work(film, "loses")
        self.work(film, accepts)
        self.met["a worker died with a request"] += 1

    @rule(film=films)
    def a_worker_dies_letting_go(self, film: OracleFilm) -> None:
        if film.status != "open" or film.is_sent:
            return
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(work, "leave", _die)
            with pytest.raises(SystemExit):
                self.work(film, accepts)
        self.lease_ends(film)
        self.oracle.work(film, "accepts")
        film.is_adrift = True
        self.met["a worker died letting go"] += 1

    def work(self, film: OracleFilm, happens: Creating) -> None:
        """A worker is rung for the film's job."""
        Breaker.objects.all().delete()  # which has a model of its own
        self.cinema.creating[:] = [happens]
        work.run_job(job_id=self.video(film).job_id)

    def lease_ends(self, film: OracleFilm) -> None:
        """The sweeper finds that the worker is gone."""
        past = Now() - timedelta(seconds=1)
        Job.objects.filter(pk=self.video(film).job_id).update(lease_expires_at=past)
        work.sweep()

    @rule(film=films, percent=st.integers(1, 99))
    def its_provider_works(self, film: OracleFilm, percent: int) -> None:
        if film.at_provider == "open" and film.is_known:
            self.cinema.progress(self.video(film).provider_ref, percent)

    @rule(film=films)
    def its_provider_completes(self, film: OracleFilm) -> None:
        if film.at_provider == "open" and film.is_known:
            film.at_provider = "completed"
            self.cinema.complete(self.video(film).provider_ref)

    @rule(film=films, code=st.sampled_from(CODES))
    def its_provider_fails(self, film: OracleFilm, code: VideoCode) -> None:
        if film.at_provider == "open" and film.is_known:
            film.at_provider, film.provider_code = "failed", code
            self.cinema.fail(self.video(film).provider_ref, code)

    @rule(film=films)
    def its_provider_falls_silent_or_speaks_again(self, film: OracleFilm) -> None:
        if film.is_known:
            film.is_silent = not film.is_silent
            self.cinema.silent ^= {self.video(film).provider_ref}

    @rule(film=films)
    def its_status_is_checked(self, film: OracleFilm) -> None:
        self.time_passes(film)
        self.oracle.look(film)
        check = partial(operations.check_video, user=self.user, video_id=self.video(film).video_id)
        if film.is_deleted:
            with pytest.raises(NotFound):
                check()
        else:
            assert check().status in self.statuses(film)

    @rule(film=films)
    def the_clock_comes_round(self, film: OracleFilm) -> None:
        self.time_passes(film)
        tasks.look_due()
        self.workers_look()

    @rule(film=films, kind=st.sampled_from(["video.completed", "video.failed", "video.queued"]))
    def its_provider_calls_back(self, film: OracleFilm, kind: str) -> None:
        """Whatever is said: it only means that somebody had better look."""
        ref = self.video(film).provider_ref or "video_nobody_knows"
        self.callbacks.append(signed(kind, ref))
        self.take(self.callbacks[-1])
        self.workers_look()

    @rule(number=st.integers(0, 5))
    def a_callback_comes_again(self, number: int) -> None:
        if self.callbacks:
            self.rung.clear()
            self.take(self.callbacks[number % len(self.callbacks)])
            assert self.rung == []
            self.met["a callback came again"] += 1

    def take(self, message: Message) -> None:
        """What the web process does with it."""
        answer = Client().post(
            "/webhooks/openai",
            data=message.body,
            content_type="application/json",
            headers={
                name: value for name, value in message.headers.items() if name != "Content-Type"
            },
        )
        assert answer.status_code == 200, answer.content

    def workers_look(self) -> None:
        """Look at every film that was rung for."""
        rung = [each for each in self.rung if each.startswith("video_")]
        self.rung.clear()
        for film, video in zip(self.oracle.films, self.videos, strict=True):
            for _ in range(rung.count(video.video_id)):
                self.oracle.look(film)
                looking.look(video.video_id, patience_s=60)

    def time_passes(self, film: OracleFilm) -> None:
        """Nobody has looked for some minutes."""
        past = Now() - LONG_AGO
        mine = Video.objects.filter(pk=self.video(film).pk)
        mine.update(looked_at=past)
        mine.filter(look_at__isnull=False).update(look_at=past)

    @rule(film=films)
    def its_deadline_passes(self, film: OracleFilm) -> None:
        self.met["overdue"] += film.status == "open"
        self.oracle.pass_deadline(film)
        past = Now() - timedelta(seconds=1)
        Job.objects.filter(pk=self.video(film).job_id).update(deadline_at=past)
        self.lease_ends(film)

    @rule(film=films)
    def a_late_success_is_not_waited_for_any_more(self, film: OracleFilm) -> None:
        if film.status != "failed" or not film.is_known or film.is_deleted:
            return
        long_past = Now() - timedelta(seconds=settings.VIDEO_LATE_S + 1)
        Job.objects.filter(pk=self.video(film).job_id).update(deadline_at=long_past)
        looking.look(self.video(film).video_id, patience_s=60)
        self.oracle.look(film)
        if film.status == "failed":
            film.is_known = False
            self.met["given up"] += 1
            assert self.video(film).look_at is None

    @rule(film=films)
    def it_is_canceled(self, film: OracleFilm) -> None:
        cancel = partial(
            operations.cancel_video, user=self.user, video_id=self.video(film).video_id
        )
        try:
            self.oracle.cancel(film)
        except Refused:
            self.met["not canceled"] += film.status == "open"
            with pytest.raises(NotFound if film.is_deleted else Conflict):
                cancel()
        else:
            cancel()
        self.workers_look()

    @rule(film=films)
    def it_is_deleted(self, film: OracleFilm) -> None:
        delete = partial(
            operations.delete_video, user=self.user, video_id=self.video(film).video_id
        )
        try:
            self.oracle.delete(film)
        except Refused:
            with pytest.raises(NotFound if film.is_deleted else Conflict):
                delete()
        else:
            delete()
        self.workers_look()

    @invariant()
    def every_film_is_as_it_has_to_be(self) -> None:
        for film in self.oracle.films:
            video = self.video(film)
            assert video.status in self.statuses(film)
            assert (video.error_code, video.is_late) == (film.code, film.is_late)
            hold = Hold.objects.get(job_id=video.job_id)
            assert (hold.open, hold.captured) == (film.held * CREDIT, film.captured * CREDIT)
            rows = Notification.objects.filter(context__jobId=str(video.job_id))
            assert rows.count() == film.times_told
            assert bool(video.file_key) == film.has_file
            if film.has_file:
                assert storage.read(video.file_key) == self.cinema.content
            in_list = queries.videos_of(self.user).filter(pk=video.pk).exists()
            assert in_list != film.is_deleted
            self.met["late"] += film.is_late

    @invariant()
    def nothing_is_bought_twice_or_charged_wrongly(self) -> None:
        balance = credit.balance(self.user)
        assert (balance.free, balance.held) == (
            self.oracle.free * CREDIT,
            self.oracle.held * CREDIT,
        )
        sent = sum(film.is_sent for film in self.oracle.films)
        assert len(self.cinema.asked) - self.asked_before == sent

    def teardown(self) -> None:
        assert differences() == []
        self.met["ended"] += 1

    def statuses(self, film: OracleFilm) -> tuple[str, ...]:
        """What the film may be called now."""
        return ("queued", "in_progress") if film.status == "open" else (film.status,)


def _dies(cinema: Cinema, asked: VideoAsked) -> VideoState:
    """The film is begun, and whoever sent the request is gone."""
    cinema.accept()
    raise SystemExit


def _die(run: object) -> None:
    raise SystemExit
