"""What users can be told of, and how they are told where they did not choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from notifications.models import Preference


@dataclass(frozen=True)
class Subject:
    """One line of the preferences.

    ``kinds`` are those of its notifications; ``inbox`` and ``email`` the usual way. ``always``
    says why the inbox cannot be turned off, "" where it can.
    """

    name: str
    title: str
    words: str
    kinds: tuple[str, ...]
    inbox: bool = True
    email: bool = False
    always: str = ""


@dataclass(frozen=True)
class Way:
    """How somebody is told of something."""

    inbox: bool
    email: bool


SUBJECTS: Final[dict[str, Subject]] = {
    subject.name: subject
    for subject in (
        Subject(
            "job.finished",
            "A step is done",
            "An analysis, close-ups or sketches ended well while you were not looking.",
            ("job.succeeded",),
        ),
        Subject(
            "job.failed",
            "A step failed, or a part of it",
            "What happened, what came back to you, and how to run what is missing.",
            ("job.failed", "job.partly_succeeded"),
            email=True,
            always="Credits were put aside for it: you are told what became of them.",
        ),
        Subject(
            "content.refused",
            "Content was refused",
            "What was refused, what to change, and how many refusals are still free.",
            ("job.refused",),
            email=True,
            always="Refusals beyond the free ones are charged: you are warned before that.",
        ),
        Subject(
            "credits.low",
            "Credits run low",
            "Most of the month's credits are used, or less than your floor is free.",
            ("budget.warning",),
            email=True,
        ),
        Subject(
            "billing.plan",
            "Your plan changes",
            "You are on another plan, or canceled it, or kept it after all.",
            ("billing.tier_changed", "billing.cancel_scheduled", "billing.cancel_undone"),
            email=True,
        ),
        Subject(
            "billing.due",
            "A payment needs you",
            "A card or a bank refused, or your bank wants your word; until when your plan stays.",
            ("billing.payment_failed", "billing.card_needed", "billing.bank_refused"),
            email=True,
            always="A plan that goes unpaid ends: you are told before that.",
        ),
        Subject(
            "billing.paid",
            "Credits that you bought arrived",
            "How many, what was paid, and the receipt.",
            ("billing.topped_up",),
        ),
        Subject(
            "billing.money_back",
            "A payment went back",
            "A refund, or a dispute at your bank, and what became of the credits.",
            (
                "billing.refunded",
                "billing.refund_failed",
                "billing.charged_back",
                "billing.dispute_won",
                "billing.dispute_lost",
                "billing.bought_twice",
                "credits.debt_paid",
            ),
            email=True,
            always="Credits go back with the money: you are told how many, and what you owe.",
        ),
        Subject(
            "webhook.disabled",
            "A webhook of yours is turned off",
            "Its address is gone, or has taken nothing for five days.",
            ("webhook.disabled",),
            email=True,
        ),
    )
}
_OF_KIND: Final = {kind: subject for subject in SUBJECTS.values() for kind in subject.kinds}
PLAINLY: Final = Way(inbox=True, email=False)


def subject_of(kind: str) -> Subject | None:
    """The subject that a kind of notification belongs to; None where nobody can choose."""
    return _OF_KIND.get(kind)


def usual(subject: Subject) -> Way:
    """How everybody is told who did not choose."""
    return Way(inbox=subject.inbox, email=subject.email)


def ways_of(user: Any) -> Mapping[str, Way]:
    """How the user is told of each subject, in the order of ``SUBJECTS``."""
    chosen = {row.subject: row for row in Preference.objects.filter(user_id=user.pk)}
    return {
        name: _chosen(subject, chosen[name]) if name in chosen else usual(subject)
        for name, subject in SUBJECTS.items()
    }


def way_of(user_id: UUID, kind: str) -> Way:
    """How the user is told of a kind of notification."""
    if (subject := subject_of(kind)) is None:
        return PLAINLY
    row = Preference.objects.filter(user_id=user_id, subject=subject.name).first()
    return usual(subject) if row is None else _chosen(subject, row)


def _chosen(subject: Subject, row: Preference) -> Way:
    return Way(inbox=row.inbox or bool(subject.always), email=row.email)
