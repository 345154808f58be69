"""The product's settings with a PostgreSQL of the tests' own, started or joined on demand.

It is shared by every pytest process of this checkout and stops when the last one ends.
"""

from __future__ import annotations

import os
from pathlib import Path

from deploy.embedded.postgres import ensure_postgres

DATA = Path(__file__).resolve().parent.parent / ".data" / "test"

os.environ.setdefault("DATA_DIR", str(DATA))
if not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = ensure_postgres(DATA, volatile=True)

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["tests.hashers.QuickArgon2"]
