"""Mail: what it says, whom it reaches, and that a fault sends it neither never nor often."""

from __future__ import annotations

import re
import smtplib
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from accounts.models import User
from notifications import sending
from notifications.mail import address_of
from notifications.models import Notification
from notifications.operations import choose, mark_read
from notifications.subjects import Way
from notifications.tasks import send_due
from tests.database_clock import Span
from tests.notifications.conftest import Tell

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "mails"
GONE: dict[str, Any] = {
    "kind": "job.failed",
    "title": "Sketches failed: Pier Polo",
    "body": "The AI service did not answer. Nothing was charged.\nTry again.",
    "link": "/products/0190#steps",
    "link_label": "Run it again",
    "context": {"headline": "Sketches failed"},
}


@pytest.fixture
def due(ada: User, tell: Tell) -> Callable[..., Notification]:
    """A notification whose mail is due now."""

    def one(**more: Any) -> Notification:
        row = tell(ada, **(GONE | more))
        Notification.objects.filter(pk=row.pk).update(email_due_at=Now())
        return row

    return one


def again() -> None:
    """The next time that the clock rings, whatever the pause."""
    Notification.objects.filter(email_due_at__isnull=False).update(email_due_at=Now())


class Server(EmailBackend):
    """A mail server that does, mail by mail, what is lined up; then it takes everything."""

    does: list[Exception | str] = []

    def open(self) -> bool:
        if self.does and self.does[0] == "away":
            self.does.pop(0)
            raise ConnectionRefusedError(111, "refused")
        return True

    def send_messages(self, messages: Any) -> int:
        what = self.does.pop(0) if self.does else "take"
        if what in ("take", "take and die"):
            super().send_messages(messages)
        if what == "take and die":
            raise KeyboardInterrupt
        if isinstance(what, Exception):
            raise what
        return 1


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> list[Exception | str]:
    """What the mail server does next."""
    lined_up: list[Exception | str] = []
    monkeypatch.setattr(Server, "does", lined_up)
    monkeypatch.setattr(sending, "get_connection", Server)
    return lined_up


# --- What it says ------------------------------------------------------------------------
SAMPLES: dict[str, dict[str, Any]] = {
    "failed": GONE,
    "refused": {
        "kind": "job.refused",
        "title": "Analysis refused: Kapuzenpullover „Größe“ 连帽衫 <b>&",
        "body": "The back photo was refused. 1.50 credits were charged: 50 % of the price, as "
        "announced.\nTake another back photo.\n"
        "Read the rule: https://studio.example/docs/errors/content-refused",
        "link": "/products/0190#steps",
        "link_label": "Change what was refused",
        "context": {"headline": "Analysis refused"},
    },
    "low": {
        "kind": "budget.warning",
        "title": "This month's credits are running out",
        "body": "You have used 95 % of this month's 18 credits; 0.90 are left.",
        "link": "/prices",
        "link_label": "See prices",
    },
    "plain": {"kind": "job.failed", "title": "x" * 200, "body": "No link."},
}


def steady(text: str) -> str:
    """Without what differs from run to run."""
    return re.sub(r"/unsubscribe/[\w:=-]+", "/unsubscribe/TOKEN", text)


def html_of(mail: Any) -> str:
    return str(mail.alternatives[0][0])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_mail_says_what_it_always_said(
    due: Callable[..., Notification], settings: Any, name: str
) -> None:
    settings.PUBLIC_URL = "https://studio.example"
    due(**{"link": "", "link_label": "", "context": {}, **SAMPLES[name]})
    send_due()
    (mail,) = outbox.outbox
    html = html_of(mail)
    for suffix, text in (("txt", f"Subject: {mail.subject}\n\n{mail.body}"), ("html", html)):
        assert steady(text) == (GOLDEN / f"{name}.{suffix}").read_text(), f"{name}.{suffix}"


def test_a_mail_loads_nothing_from_elsewhere_and_runs_nothing(
    due: Callable[..., Notification],
) -> None:
    due(**SAMPLES["refused"])
    send_due()
    html = html_of(outbox.outbox[0])
    assert not re.search(r"<(img|script|link|iframe|object)|url\(|@import|\son\w+=", html)
    assert "&lt;b&gt;&amp;" in html
    assert 'lang="en"' in html


def test_its_subject_names_no_product_and_stays_one_line(due: Callable[..., Notification]) -> None:
    due()
    due(kind="budget.warning", title="Two\r\nBcc: all@example.com", context={})
    send_due()
    assert {mail.subject for mail in outbox.outbox} == {
        "Sketches failed",
        "Two Bcc: all@example.com",
    }
    assert all(mail.recipients() == ["ada@studio.example"] for mail in outbox.outbox)


def test_it_can_be_turned_off_by_the_mail_program_and_by_its_link(
    due: Callable[..., Notification], settings: Any
) -> None:
    row = due()
    send_due()
    (mail,) = outbox.outbox
    off = mail.extra_headers["List-Unsubscribe"].strip("<>")
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.extra_headers["Message-ID"].startswith(f"<{row.pk}@")
    assert off in mail.body
    path = off.removeprefix(settings.PUBLIC_URL)
    assert Client().post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    due()
    assert Notification.objects.filter(email_due_at__isnull=False).count() == 1


# --- Whom it reaches ---------------------------------------------------------------------
def test_mail_goes_to_the_address_in_use_where_it_may(ada: User, settings: Any) -> None:
    assert address_of(ada) == "ada@studio.example"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert address_of(ada) == ""
    entry = EmailAddress.objects.create(user=ada, email="other@studio.example", verified=True)
    assert address_of(ada) == ""
    EmailAddress.objects.filter(pk=entry.pk).update(email=ada.email)
    assert address_of(ada) == "ada@studio.example"
    ada.is_active = False
    assert address_of(ada) == ""


def test_whom_no_mail_may_reach_gets_none_and_no_second_try(
    due: Callable[..., Notification], ada: User
) -> None:
    due()
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert send_due() == 0
    assert outbox.outbox == []
    assert Notification.objects.get().email_due_at is None


def test_what_was_read_meanwhile_or_is_not_due_yet_is_not_sent(
    due: Callable[..., Notification], ada: User, tell: Tell
) -> None:
    mark_read(user=ada, notification_id=due().pk)
    tell(ada, **GONE)
    assert send_due() == 0
    assert outbox.outbox == []


def test_what_is_told_by_mail_alone_is_sent(ada: User, due: Callable[..., Notification]) -> None:
    choose(user=ada, ways={"job.finished": Way(inbox=False, email=True)})
    due(kind="job.succeeded")
    assert send_due() == 1
    assert len(outbox.outbox) == 1


# --- Faults ------------------------------------------------------------------------------
def test_a_mail_is_sent_once(due: Callable[..., Notification]) -> None:
    due()
    assert [send_due() for _ in range(3)] == [1, 0, 0]
    row = Notification.objects.get()
    assert (row.email_due_at, row.email_failures) == (None, 0)
    assert row.emailed_at is not None


def test_while_the_server_is_away_mail_waits_longer_and_longer_and_is_sent_once(
    due: Callable[..., Notification], server: list[Exception | str]
) -> None:
    due()
    server += ["away"] * 4
    for pause_s in (30, 60, 120, 240):
        again()
        with Span() as tried:
            assert send_due() == 0
        row = Notification.objects.get()
        assert tried.puts_off(row.email_due_at, pause_s)
        assert row.emailed_at is None
    assert send_due() == 0  # not due
    again()
    assert send_due() == 1
    again()
    assert send_due() == 0
    assert len(outbox.outbox) == 1


def test_one_look_at_a_server_that_is_away_is_enough(
    due: Callable[..., Notification], server: list[Exception | str]
) -> None:
    for _ in range(5):
        due()
    server += ["away"]
    assert send_due() == 0
    assert Notification.objects.filter(email_failures=0).count() == 4


def test_a_server_that_never_comes_back_is_given_up_on(
    due: Callable[..., Notification], server: list[Exception | str]
) -> None:
    due()
    server += ["away"] * 40
    for _ in range(40):
        again()
        send_due()
    row = Notification.objects.get()
    assert (row.email_due_at, row.email_failures) == (None, sending.TRIES)


@pytest.mark.parametrize(
    ("said", "is_final"),
    [
        (smtplib.SMTPRecipientsRefused({"ada@studio.example": (550, b"no such user")}), True),
        (smtplib.SMTPRecipientsRefused({"ada@studio.example": (451, b"greylisted")}), False),
        (smtplib.SMTPDataError(554, b"spam"), True),
        (smtplib.SMTPDataError(452, b"full"), False),
        (smtplib.SMTPSenderRefused(530, b"no", "x@studio.example"), True),
    ],
)
def test_a_no_of_the_server_is_final_or_for_now_as_it_says(
    due: Callable[..., Notification],
    server: list[Exception | str],
    said: Exception,
    is_final: bool,
) -> None:
    due()
    server += [said]
    assert send_due() == 0
    assert (Notification.objects.get().email_due_at is None) is is_final
    again()
    assert send_due() == (0 if is_final else 1)


def test_a_worker_killed_at_it_sends_one_more_and_never_a_third(
    due: Callable[..., Notification], server: list[Exception | str]
) -> None:
    due()
    server += ["take and die", "take and die", "take"]
    with pytest.raises(KeyboardInterrupt):
        send_due()
    assert send_due() == 0  # its lease
    again()
    with pytest.raises(KeyboardInterrupt):
        send_due()
    again()
    assert send_due() == 0
    assert len(outbox.outbox) == 2
    assert len({mail.extra_headers["Message-ID"] for mail in outbox.outbox}) == 1


def test_a_connection_that_breaks_in_the_middle_is_tried_once_more(
    due: Callable[..., Notification], server: list[Exception | str]
) -> None:
    due()
    server += [smtplib.SMTPServerDisconnected("gone"), "away", smtplib.SMTPServerDisconnected("g")]
    for _ in range(2):
        assert send_due() == 0
        assert Notification.objects.get().emailed_at is not None
        again()
    assert send_due() == 0
    again()
    assert send_due() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_once_send_a_mail_once(due: Callable[..., Notification]) -> None:
    for _ in range(3):
        due()
    meet = threading.Barrier(4)

    def work() -> None:
        meet.wait(60)
        try:
            send_due()
        finally:
            connection.close()

    crowd = [threading.Thread(target=work) for _ in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(60)
    assert len(outbox.outbox) == 3


def test_the_lease_outlasts_the_servers_patience(settings: Any) -> None:
    assert timedelta(seconds=settings.EMAIL_TIMEOUT) * 4 < sending.LEASE
    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert send_due.name in names
