"""A notification as a mail: whom it may go to, what it says, how it is turned off."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.signing import BadSignature, Signer
from django.template.loader import render_to_string
from django.urls import reverse

from core.errors import NotFound
from notifications.models import Notification
from notifications.subjects import SUBJECTS, Subject

SALT = "notifications.unsubscribe"


def address_of(user: Any) -> str:
    """Where the user's mail goes; "" where it may not go anywhere.

    An address that nobody confirmed may be somebody else's: it is used only where this
    installation lets people in without confirming.
    """
    if not user.is_active or not user.email:
        return ""
    if settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory":
        return str(user.email)
    rows = EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True)
    return str(user.email) if rows.exists() else ""


def message_of(row: Notification, subject: Subject, to: str) -> EmailMultiAlternatives:
    """The mail, as text and as HTML; its subject line names no product.

    Its id is the notification's, so that a mail program shows one that was sent twice once.
    """
    off = absolute(reverse("notifications:unsubscribe", args=[token_of(row.user_id, subject)]))
    told = {
        "row": row,
        "subject": subject,
        "link": absolute(row.link) if row.link else "",
        "off": off,
        "choices": absolute(reverse("notifications:preferences")),
        "home": absolute("/"),
    }
    mail = EmailMultiAlternatives(
        subject=subject_line(row),
        body=render_to_string("notifications/mail.txt", told),
        to=[to],
        headers={
            "Message-ID": f"<{row.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{off}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    mail.attach_alternative(render_to_string("notifications/mail.html", told), "text/html")
    return mail


def subject_line(row: Notification) -> str:
    """What happened, on one line; names of products stay inside the mail."""
    return " ".join(str(row.context.get("headline") or row.title).split())


def absolute(path: str) -> str:
    """An address of this site with its host."""
    return f"{settings.PUBLIC_URL}{path}"


def token_of(user_id: UUID, subject: Subject) -> str:
    """What a mail's link turns off: good for this person and subject, for good."""
    return Signer(salt=SALT).sign_object({"user": str(user_id), "subject": subject.name})


def read_token(token: str) -> tuple[UUID, Subject]:
    """Whose mail of what the link turns off. Raises NotFound for what we did not sign."""
    try:
        found = Signer(salt=SALT).unsign_object(token)
        return UUID(found["user"]), SUBJECTS[found["subject"]]
    except (BadSignature, ValueError, KeyError, TypeError):
        raise NotFound("This link is not whole. Copy all of it from the mail.") from None
