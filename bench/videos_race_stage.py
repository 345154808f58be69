"""The whole product of a race's own, the provider in a process beside it, people with keys."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from bench.videos_race_crowd import Places
from bench.videos_race_plan import SHARE_TOLD_TWICE, SHARE_UNTOLD
from tests.fakes.apart import vendor_of
from tests.fakes.film_callbacks import SECRET
from tests.fakes.openai_films import MODEL
from tests.fakes.vendor import KEY
from tests.servers import Server, empty_data_dir

PEOPLE: Final = 60  # so that nobody has more films at once than one person may
CREDITS_EACH: Final = 10_000
# A worker that is killed is missed sooner than usual: the race shall not wait half a minute.
LEASE_S: Final = 12
DEADLINE_S: Final = 300
CREW: Final = 2  # worker processes that work on jobs


@dataclass(frozen=True)
class Stage:
    """What a race takes place on."""

    server: Server
    places: Places


@contextmanager
def stage(*, seed: int) -> Iterator[Stage]:
    """Start everything, point this process's Django at its database, and end everything."""
    with (
        TemporaryDirectory() as folder,
        vendor() as root,
        empty_data_dir(Path(folder)) as data_dir,
    ):
        server = Server(data_dir, settings=_settings(root))
        try:
            server.until_ready()
            _call_back(root, server, seed)
            _use_database_of(server)
            yield Stage(server, Places(server.url, root, _keys()))
        finally:
            server.stop()


@contextmanager
def vendor() -> Iterator[str]:
    """The address of a provider that ends each film when it is told to."""
    with vendor_of("tests.fakes.openai_films") as root:
        httpx.post(f"{root}/control/fate", json={"looks": None}).raise_for_status()
        yield root


def _call_back(root: str, server: Server, seed: int) -> None:
    """Have the provider tell the product of each end, but for those that are lost."""
    told = {
        "url": f"http://127.0.0.1:{server.port}/webhooks/openai",
        "secret": SECRET,
        "lost": SHARE_UNTOLD,
        "repeated": SHARE_TOLD_TWICE,
        "seed": seed,
    }
    httpx.post(f"{root}/control/callbacks", json=told).raise_for_status()


def _settings(root: str) -> dict[str, str]:
    return {
        "OPENAI_BASE_URL": f"{root}/v1",
        "OPENAI_API_KEY": KEY,
        "OPENAI_WEBHOOK_SECRET": SECRET,
        "ROUTES": json.dumps({"generate-video": [f"openai:{MODEL}"]}),
        "JOB_LEASE_S": str(LEASE_S),
        "WORKER_PROCESSES": str(CREW),
        "VIDEO_DEADLINE_S": str(DEADLINE_S),
    }


def _use_database_of(server: Server) -> None:
    import django

    os.environ["DATA_DIR"] = str(server.data_dir)
    os.environ["DATABASE_URL"] = server.database_url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


def _keys() -> list[str]:
    """A key of each of so many people, who have enough credits."""
    from django.contrib.auth import get_user_model

    from accounts.operations import create_key
    from bench.ledger_accounts import make_accounts
    from core.money import CREDIT

    ids = make_accounts(PEOPLE, bought=CREDITS_EACH * CREDIT)
    people = get_user_model().objects.filter(pk__in=ids)
    return [create_key(user=person, name="race")[1] for person in people]
