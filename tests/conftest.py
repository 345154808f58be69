"""Marks that follow from where a test lies."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["tests.fakes.fixtures"]

HERE = Path(__file__).parent
BROWSER_TESTS = HERE / "browser"
# Each starts the whole product and mostly waits for it: one process a group, all from the start.
WHOLE_PRODUCT = {
    HERE / "e2e" / "test_killed_workers.py": "kills",
    HERE / "e2e" / "test_main_way.py": "main way",
    HERE / "runtime" / "test_supervisor.py": "supervisor",
}


@pytest.hookimpl(tryfirst=True)  # before -m chooses by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in tests/browser drives Chromium; servers are not started twice."""
    for item in items:
        if item.path.is_relative_to(BROWSER_TESTS):
            item.add_marker(pytest.mark.browser)
        if group := WHOLE_PRODUCT.get(item.path):
            item.add_marker(pytest.mark.xdist_group(group))
