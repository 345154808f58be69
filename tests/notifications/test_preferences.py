"""Choosing what to be told of: the same by page and by program, strictly, without a script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.operations import create_key
from accounts.scopes import SCOPES
from core.models import Event
from notifications import mail
from notifications.models import Notification, Preference
from notifications.operations import choose
from notifications.queries import unread_of
from notifications.subjects import SUBJECTS, Way, ways_of
from tests.api.contract import Contract
from tests.notifications.conftest import Tell

pytestmark = pytest.mark.django_db
ADDRESS = "/api/notifications/preferences"
PAGE = "/notifications/preferences"


@pytest.fixture
def whole(ada: User) -> Contract:
    """A key with every scope."""
    return Contract(create_key(user=ada, name="all", scopes=list(SCOPES))[1])


def checked_of(html: str) -> set[tuple[str, str]]:
    boxes = re.findall(r"<input type=\"checkbox\"[^>]*>", html)
    return {
        (re.search(r'name="(\w+)"', box)[1], re.search(r'value="([\w.]+)"', box)[1])  # type: ignore[index]
        for box in boxes
        if " checked" in box
    }


# --- What is told, and how ---------------------------------------------------------------
def test_who_chose_nothing_is_told_in_the_usual_way(ada: User) -> None:
    assert ways_of(ada) == {
        "job.finished": Way(inbox=True, email=False),
        "job.failed": Way(inbox=True, email=True),
        "content.refused": Way(inbox=True, email=True),
        "credits.low": Way(inbox=True, email=True),
        "billing.plan": Way(inbox=True, email=True),
        "billing.due": Way(inbox=True, email=True),
        "billing.paid": Way(inbox=True, email=False),
        "billing.money_back": Way(inbox=True, email=True),
        "webhook.disabled": Way(inbox=True, email=True),
    }


def test_every_subject_can_be_told_and_each_kind_belongs_to_one() -> None:
    kinds = [kind for subject in SUBJECTS.values() for kind in subject.kinds]
    assert len(kinds) == len(set(kinds))
    assert all(subject.inbox for subject in SUBJECTS.values() if subject.always)


def test_what_is_turned_off_in_the_inbox_is_neither_there_nor_on_an_open_page(
    ada: User, tell: Tell, browser: Client
) -> None:
    choose(user=ada, ways={"job.finished": Way(inbox=False, email=False)})
    tell(ada, kind="job.succeeded", title="Unwanted 4711")
    assert unread_of(ada) == 0
    assert "Unwanted" not in browser.get("/notifications").content.decode()
    assert not Event.objects.filter(type="notification.created").exists()
    tell(ada, kind="job.failed", title="Wanted")
    assert unread_of(ada) == 1


def test_mail_waits_a_little_where_it_is_wanted_and_never_else(ada: User, tell: Tell) -> None:
    for kind in ("job.failed", "job.succeeded", "test.told"):
        tell(ada, kind=kind)
    due = dict(Notification.objects.values_list("kind", "email_due_at"))
    made = Notification.objects.get(kind="job.failed").created_at
    assert due["job.failed"] is not None
    assert 10 <= (due["job.failed"] - made).total_seconds() <= 20
    assert due["job.succeeded"] is due["test.told"] is None


def test_reading_and_turning_off_take_waiting_mail_back(
    ada: User, tell: Tell, browser: Client
) -> None:
    read, off, other = (
        tell(ada, kind=kind) for kind in ("job.failed", "job.refused", "job.failed")
    )
    browser.post(f"/notifications/{read.pk}/read")
    choose(user=ada, ways={"content.refused": Way(inbox=True, email=False)})
    waiting = Notification.objects.filter(email_due_at__isnull=False)
    assert list(waiting.values_list("pk", flat=True)) == [other.pk]
    assert off.pk != other.pk
    browser.post("/notifications/read-all")
    assert not waiting.exists()


# --- By program --------------------------------------------------------------------------
def test_a_program_reads_and_changes_what_it_names(whole: Contract, ada: User) -> None:
    before = whole.get(ADDRESS).json()
    assert before["address"] == ada.email
    assert [one["subject"] for one in before["subjects"]] == list(SUBJECTS)
    assert before["subjects"][1]["alwaysInInbox"] == SUBJECTS["job.failed"].always
    assert before["subjects"][0]["alwaysInInbox"] is None
    wish = {"subjects": [{"subject": "job.finished", "inbox": False, "email": True}]}
    for _ in range(2):
        after = whole.send("PUT", ADDRESS, wish)
        assert after.status_code == 200
        assert after.json()["subjects"][0] | {"title": "", "description": ""} == {
            "subject": "job.finished",
            "title": "",
            "description": "",
            "inbox": False,
            "email": True,
            "alwaysInInbox": None,
        }
        assert after.json()["subjects"][1:] == before["subjects"][1:]
    assert Preference.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "subjects"),
        ({"subjects": []}, "subjects"),
        ({"subjects": {}}, "subjects"),
        ({"subjects": [{"subject": "job.finished", "inbox": True}]}, "subjects.0.email"),
        (
            {"subjects": [{"subject": "job.finished", "inbox": 1, "email": True}]},
            "subjects.0.inbox",
        ),
        (
            {"subjects": [{"subject": "job.finished", "inbox": "yes", "email": True}]},
            "subjects.0.inbox",
        ),
        ({"subjects": [{"subject": "rain", "inbox": True, "email": True}]}, "subjects.0.subject"),
        (
            {"subjects": [{"subject": "job.finished", "inbox": True, "email": True, "push": True}]},
            "subjects.0.push",
        ),
        ({"subjects": [{"subject": "job.finished", "inbox": True, "email": True}] * 2}, "subjects"),
        ({"subjects": [{"subject": "job.finished", "inbox": True, "email": True}], "x": 1}, "x"),
        (
            {"subjects": [{"subject": "job.failed", "inbox": False, "email": True}]},
            "job.failed.inbox",
        ),
    ],
)
def test_a_wish_that_is_none_is_refused_with_its_path_and_changes_nothing(
    whole: Contract, body: dict[str, Any], field: str
) -> None:
    refused = whole.send("PUT", ADDRESS, body)
    assert refused.status_code == 400
    assert list(refused.json()["error"]["fields"]) == [field]
    assert not Preference.objects.exists()


def test_what_must_be_told_says_why_it_cannot_be_turned_off(whole: Contract) -> None:
    wish = {"subjects": [{"subject": "content.refused", "inbox": False, "email": False}]}
    told = whole.send("PUT", ADDRESS, wish).json()["error"]["fields"]
    assert told == {"content.refused.inbox": [SUBJECTS["content.refused"].always]}


def test_only_the_account_scope_reads_and_changes_it(api: Contract) -> None:
    for answer in (api.get(ADDRESS), api.send("PUT", ADDRESS, {"subjects": []})):
        assert answer.status_code == 403
        assert answer.json()["error"]["context"] == {"scope": "account"}


# --- On the page -------------------------------------------------------------------------
def test_the_page_shows_and_saves_without_a_script(browser: Client, ada: User) -> None:
    page = browser.get(PAGE).content.decode()
    assert checked_of(page) == {
        ("inbox", "job.finished"),
        ("inbox", "job.failed"),
        ("inbox", "content.refused"),
        ("inbox", "credits.low"),
        ("inbox", "billing.plan"),
        ("inbox", "billing.due"),
        ("inbox", "billing.paid"),
        ("inbox", "billing.money_back"),
        ("inbox", "webhook.disabled"),
        ("email", "job.failed"),
        ("email", "content.refused"),
        ("email", "credits.low"),
        ("email", "billing.plan"),
        ("email", "billing.due"),
        ("email", "billing.money_back"),
        ("email", "webhook.disabled"),
    }
    assert SUBJECTS["job.failed"].always in page
    saved = browser.post(PAGE, {"inbox": ["credits.low"], "email": ["job.finished"]})
    assert (saved.status_code, saved.headers["Location"]) == (302, PAGE)
    assert ways_of(ada) == {
        "job.finished": Way(inbox=False, email=True),
        "job.failed": Way(inbox=True, email=False),
        "content.refused": Way(inbox=True, email=False),
        "credits.low": Way(inbox=True, email=False),
        "billing.plan": Way(inbox=False, email=False),
        "billing.due": Way(inbox=True, email=False),
        "billing.paid": Way(inbox=False, email=False),
        "billing.money_back": Way(inbox=True, email=False),
        "webhook.disabled": Way(inbox=False, email=False),
    }
    assert checked_of(browser.get(PAGE).content.decode()) == {
        ("email", "job.finished"),
        ("inbox", "job.failed"),
        ("inbox", "content.refused"),
        ("inbox", "credits.low"),
        ("inbox", "billing.due"),
        ("inbox", "billing.money_back"),
    }


def test_a_form_with_nonsense_saves_what_is_sense(browser: Client, ada: User) -> None:
    browser.post(PAGE, {"inbox": ["rain", "job.finished"], "email": ["<script>"]})
    assert set(Preference.objects.values_list("subject", flat=True)) == set(SUBJECTS)
    assert not any(way.email for way in ways_of(ada).values())


def test_it_is_found_from_the_account_and_from_the_inbox(browser: Client) -> None:
    for place in ("/account", "/account/keys", "/notifications"):
        assert f'href="{PAGE}"' in browser.get(place).content.decode(), place


def test_ones_choice_is_ones_own(browser: Client, ada: User, berta: User) -> None:
    browser.post(PAGE, {})
    assert ways_of(berta) == {name: Way(s.inbox, s.email) for name, s in SUBJECTS.items()}


def test_the_page_says_where_mail_goes_or_why_it_does_not(
    browser: Client, ada: User, settings: Any
) -> None:
    assert f'<span class="fig">{ada.email}</span>' in browser.get(PAGE).content.decode()
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert mail.address_of(ada) == ""
    assert "No mail is sent before you have confirmed" in browser.get(PAGE).content.decode()


def test_the_page_asks_the_database_little(
    browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser.get(PAGE)
    with django_assert_max_num_queries(6):  # session, person, choices, count, balance
        browser.get(PAGE)
