"""The database of a session against a mutant; loaded by ``mutation.py``."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.credits.mutants import LEDGER
from tests.credits.mutation import CHOSEN


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> None:
    """The one that is there already, with the broken functions."""
    from django.db import connection

    from credits import sql

    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = os.environ["MUTANT_DATABASE"]
        if CHOSEN and CHOSEN.path == LEDGER:
            sql.install(CHOSEN.apply(sql.SOURCE))
