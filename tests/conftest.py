"""Marks that follow from where a test lies."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser
from xdist.scheduler.loadgroup import LoadGroupScheduling

from billing import mirror
from core import outbox
from generation.providers.studio import engine
from tests.events.schemas import problems

pytest_plugins = ["tests.fakes.fixtures", "tests.fakes.gemini_fixtures"]

# A busy machine is slow, which says nothing about the code. Everybody tries the same examples, so
# that what fails is what was changed; HYPOTHESIS_PROFILE=search looks for others.
search = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", search)
settings.register_profile("same", search, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

HERE = Path(__file__).parent
BROWSER_TESTS = HERE / "browser"
# Each page in each scheme and width takes seconds: all of them are for CI, these for every run.
QUICK_BROWSER_TESTS = {
    BROWSER_TESTS / name for name in ("test_balance.py", "test_film_plays.py", "test_upgrade.py")
}
# These go every way of a room over the whole product: for CI, like what is marked one by one.
LONG = {
    HERE / name
    for name in (
        "api/test_answers.py",
        "api/test_sweep.py",
        "assistant/test_crowd.py",
        "assistant/test_knowledge.py",
        "assistant/test_processes.py",
        "core/test_docs_samples.py",
        "billing/contract/test_checkouts.py",
        "billing/contract/test_money_back.py",
        "billing/contract/test_plans.py",
        "billing/test_leaving.py",
        "billing/test_setup.py",
        "billing/test_standin_pages.py",
        "billing/test_standin_sending.py",
        "billing/test_standin_switchboard.py",
        "billing/test_tier_model.py",
        "billing/test_unheard.py",
        "credits/test_hammer.py",
        "credits/test_model.py",
        "credits/test_processes.py",
        "model_server/test_process.py",
        "model_server/test_seats.py",
        "model_server/test_told.py",
        "providers/test_chat_failures.py",
        "providers/test_film_fakes.py",
        "providers/test_gemini_failures.py",
        "providers/test_gemini_video_ends.py",
        "providers/test_gemini_video_failures.py",
        "providers/test_gemini_video_files.py",
        "providers/test_openai_video_failures.py",
        "providers/test_step_failures.py",
        "providers/test_step_requests.py",
        "providers/test_tracing.py",
        "standin/test_at_once.py",
        "standin/test_changes.py",
        "standin/test_deliveries.py",
        "standin/test_moneyback.py",
        "standin/test_objects.py",
        "standin/test_time.py",
        "studio/test_photo_edits.py",
        "studio/test_samples.py",
        "techpack/test_edit_sequences.py",
        "techpack/test_generate.py",
        "techpack/test_injections.py",
        "techpack/test_regenerate.py",
        "techpack/test_retrying.py",
        "techpack/test_sentence_pages.py",
        "techpack/test_steps_by_gemini.py",
        "videos/api/test_api_refusals.py",
        "videos/test_demo.py",
        "webhooks/test_figures.py",
        "webhooks/test_senders.py",
    )
}
# Those that start the whole product mostly wait for it, and the outlines of the sample photos are
# found once: one process a file, the longest files first.
TOGETHER = {
    f"tests/{name}"
    for name in (
        "e2e/test_killed_workers.py",
        "e2e/test_killed_purchases.py",
        "e2e/test_killed_videos.py",
        "e2e/test_main_way.py",
        "e2e/test_webhooks.py",
        "events/test_rabbitmq.py",
        "events/test_rabbitmq_messages.py",
        "model_server/test_process.py",
        "runtime/test_supervisor.py",
        "studio/test_mask.py",
        "techpack/test_engines.py",
        "videos/test_race.py",
    )
}


class ByFile(LoadGroupScheduling):
    """Each test goes to whichever process is free, those of some files to one."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path if path in TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """With pytest 9.2 the marks of xdist 3.8 are lost on the way from the processes."""
    return ByFile(config, log)


@pytest.hookimpl(tryfirst=True)  # before -m chooses by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in tests/browser drives Chromium; what takes long is for CI."""
    for item in items:
        is_in_browser = item.path.is_relative_to(BROWSER_TESTS)
        if is_in_browser:
            item.add_marker(pytest.mark.browser)
        if item.path in LONG or (is_in_browser and item.path not in QUICK_BROWSER_TESTS):
            item.add_marker(pytest.mark.thorough)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Playwright leaves its event loop running in the main thread: other tests see none.

    Whatever starts a loop of its own would fail, and Django keeps a connection apart for code
    under a loop, so this lasts from before the first fixture until after the last.
    """
    loop = asyncio._get_running_loop()
    if loop is None or "playwright" in getattr(item, "fixturenames", ()):
        return (yield)
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        if not loop.is_closed():
            asyncio._set_running_loop(loop)


@pytest.fixture(scope="session")
def browser(browser: Browser) -> Iterator[Browser]:
    """The browser, which is closed under its own loop, whichever test was the last."""
    loop = asyncio._get_running_loop()
    yield browser
    asyncio._set_running_loop(loop)


# Made by migrations, and the same after every test.
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}


def _empty_tables(self: TransactionTestCase) -> None:
    """Between tests that commit: Django's flush, but in a millisecond instead of 350.

    Rows are few, so deleting them is quicker than truncating every table and making the
    permissions again; the ledger's own triggers, which keep what was written, rest meanwhile.
    """
    for alias in self._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        connection = connections[alias]
        tables = connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        emptied = ";".join(
            f'DELETE FROM "{name}"'  # noqa: S608 - our own tables
            for name in tables
            if name not in KEPT_TABLES
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"BEGIN; SET LOCAL session_replication_role = replica; {emptied}; COMMIT"
            )


def pytest_configure() -> None:
    """dj-stripe's own migrations take 40 seconds of CPU; its tables are made at once instead."""
    django_settings.MIGRATION_MODULES = {"djstripe": "tests.no_migrations"}


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, request: pytest.FixtureRequest
) -> Iterator[None]:
    """The test database, which nobody listens to any more when it is dropped.

    PostgreSQL would wait five seconds for the session of the bell, and then refuse; and the bell
    would be back a second after it lost its session, were it let in.
    """
    with django_db_blocker.unblock():
        # A copy of a database of tests has them already.
        if "djstripe_customer" not in connections["default"].introspection.table_names():
            mirror.make_bare_tables()
    yield
    if request.config.getoption("reuse_db"):
        return
    with django_db_blocker.unblock():
        name = connections["default"].settings_dict["NAME"]
        connections["default"].close()
        with connections["default"]._nodb_cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_tables)
        yield


@pytest.fixture(scope="session", autouse=True)
def _nobody_rings() -> Iterator[None]:
    """Events are carried when a test says so, and never by a thread while the next one runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "_carriers", [])
        yield


@pytest.fixture(scope="session", autouse=True)
def wrongly_told() -> Iterator[list[str]]:
    """What is wrong with events that tests told: each is listed, and as its schema says."""
    wrong: list[str] = []
    write = outbox._write

    def checked(given: Mapping[str, Any]) -> int:
        found = problems(given["type"], given["version"], json.loads(given["data"]))
        wrong.extend(found)
        assert not found, found
        return write(given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "_write", checked)
        yield wrong
    assert not wrong, wrong  # an answer of 500 might have been expected


@pytest.fixture(scope="session", autouse=True)
def _found_once() -> Iterator[None]:
    """Outlines and lengths follow from the picture and what is told of it: each is found once."""
    known: dict[str, dict[str, Any]] = {}

    def once(find: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def found(*given: Any, **told: Any) -> dict[str, Any]:
            asked = f"{find.__name__} {given!r} {told!r}"
            key = hashlib.sha256(asked.encode()).hexdigest()
            if key not in known:
                known[key] = find(*given, **told)
            return copy.deepcopy(known[key])

        return found

    with pytest.MonkeyPatch.context() as patch:
        for name in ("find_outline", "geometry"):
            patch.setattr(engine, name, once(getattr(engine, name)))
        yield
