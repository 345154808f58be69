"""What the ledger does when something happens in a lower room."""

from __future__ import annotations

from typing import Any

from credits import operations


def user_saved(*, instance: Any, created: bool, raw: bool = False, **_: Any) -> None:
    """Open the account of a new user, in the transaction that makes the user."""
    if created and not raw:
        operations.open_account(user=instance)
