"""The link at the foot of a mail: no sign-in, asks first, turns off one subject of one person."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from notifications.mail import token_of
from notifications.models import Preference
from notifications.operations import choose
from notifications.subjects import SUBJECTS, Way, ways_of

pytestmark = pytest.mark.django_db
FAILED = SUBJECTS["job.failed"]


@pytest.fixture
def link(ada: User) -> str:
    return f"/unsubscribe/{token_of(ada.pk, FAILED)}"


@pytest.fixture
def stranger() -> Client:
    return Client(enforce_csrf_checks=True)


def test_opening_the_link_asks_and_changes_nothing(stranger: Client, link: str, ada: User) -> None:
    page = stranger.get(link).content.decode()
    assert FAILED.title in page
    assert "Stop this mail" in page
    assert ada.email not in page
    assert not Preference.objects.exists()


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "One-Click"}])
def test_sending_it_turns_that_mail_off_however_often(
    stranger: Client, link: str, ada: User, body: dict[str, str]
) -> None:
    for _ in range(2):
        done = stranger.post(link, body)
        assert done.status_code == 200
        assert "any more" in done.content.decode()
    assert ways_of(ada)["job.failed"] == Way(inbox=True, email=False)
    assert ways_of(ada)["content.refused"].email


def test_the_inbox_stays_as_it_was(stranger: Client, ada: User) -> None:
    choose(user=ada, ways={"job.finished": Way(inbox=False, email=True)})
    stranger.post(f"/unsubscribe/{token_of(ada.pk, SUBJECTS['job.finished'])}")
    assert ways_of(ada)["job.finished"] == Way(inbox=False, email=False)


def test_whoever_is_signed_in_the_link_is_the_mails_reader(
    link: str, ada: User, berta: User
) -> None:
    theirs = Client()
    theirs.force_login(berta, backend="django.contrib.auth.backends.ModelBackend")
    theirs.post(link)
    assert not ways_of(ada)["job.failed"].email
    assert ways_of(berta)["job.failed"].email


@pytest.mark.parametrize("change", ["cut", "turned", "other", "empty"])
def test_a_link_that_we_did_not_sign_does_nothing(
    stranger: Client, link: str, ada: User, berta: User, change: str
) -> None:
    wrong = {
        "cut": link[:-3],
        "turned": f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}",
        "other": f"/unsubscribe/{token_of(berta.pk, FAILED).partition(':')[0]}"
        f":{link.rpartition(':')[2]}",
        "empty": "/unsubscribe/x",
    }[change]
    for answer in (stranger.get(wrong), stranger.post(wrong)):
        assert answer.status_code == 404
    assert not Preference.objects.exists()


def test_the_link_of_an_account_that_is_gone_does_nothing(
    stranger: Client, link: str, ada: User
) -> None:
    ada.delete()
    assert stranger.post(link).status_code == 404
