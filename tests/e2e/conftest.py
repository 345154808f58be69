"""One whole product for the folder, with the log of its processes beside each failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import chromium_path
from tests.e2e.account import Account
from tests.e2e.visits import visitor
from tests.servers import Server, empty_data_dir


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The supervisor with everything that it starts, ready: web, both crews of workers."""
    with empty_data_dir(tmp_path_factory.mktemp("e2e")) as data_dir:
        running = Server(data_dir)
        try:
            running.until_ready()
            yield running
        finally:
            running.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show the end of the server's log where a test failed."""
    report = yield
    running = getattr(item, "funcargs", {}).get("server")
    if report.failed and running is not None:
        report.sections.append(("the server's log", running.tail()))
    return report


@pytest.fixture
def account(server: Server) -> Iterator[Account]:
    """Somebody who signed up a moment ago, with a key for everything that a key may do."""
    with Account.signed_up(server) as somebody:
        yield somebody


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium of the machine, without what a container cannot give it."""
    args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    return {**browser_type_launch_args, "executable_path": chromium_path(), "args": args}


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A visitor's page; the test fails on any complaint of the browser's console."""
    with visitor(browser, server) as visit:
        yield visit


@pytest.fixture
def plain_page(browser: Browser, server: Server) -> Iterator[Page]:
    """A visitor's page in a browser that runs no script."""
    with visitor(browser, server, java_script_enabled=False) as visit:
        yield visit
