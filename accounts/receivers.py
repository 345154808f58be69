"""What follows from events of other apps."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from accounts.models import User


@receiver(user_logged_in)
def register_address(sender: type[User], user: User, **_: Any) -> None:
    """Tell allauth the address of an account made by a command or in the admin.

    Without its row a change of address would blank the user's own.
    """
    if not EmailAddress.objects.filter(user=user).exists():
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
