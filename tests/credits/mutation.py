"""A pytest plugin that runs a session against one mutant: ``pytest -p tests.credits.mutation``.

``MUTANT`` names it (none: the product as it is), ``MUTANT_DATABASE`` is a migrated database of
its own, and what was found goes to the file ``MUTANT_REPORT``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.credits.mutants import MUTANTS, Mutant

CHOSEN: Mutant | None = {each.name: each for each in MUTANTS}.get(os.environ["MUTANT"])


class _Loader(SourceFileLoader):
    """Reads the broken text, and neither uses nor leaves compiled code."""

    def path_stats(self, path: str) -> Any:
        raise OSError("no compiled code")

    def get_data(self, path: str) -> bytes:
        assert CHOSEN is not None
        return CHOSEN.apply(super().get_data(path).decode()).encode()


class _Finder(MetaPathFinder):
    """Finds the one module that is broken."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if CHOSEN is None or name != CHOSEN.path.removesuffix(".py").replace("/", "."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        assert spec is not None
        assert spec.origin is not None
        spec.loader = _Loader(name, spec.origin)
        return spec


sys.meta_path.insert(0, _Finder())


class Findings:
    """What became of the session's tests."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {"passed": [], "caught": [], "broken": []}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            # A test that could not begin says nothing about what it tests.
            self.found["broken" if report.when == "setup" else "caught"].append(report.nodeid)
        elif report.when == "call":
            self.found["passed"].append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        Path(os.environ["MUTANT_REPORT"]).write_text(json.dumps(self.found))


def pytest_configure(config: pytest.Config) -> None:
    """The database is registered after Django's plugin, whose own it replaces."""
    config.pluginmanager.register(Findings())
    config.pluginmanager.import_plugin("tests.credits.mutant_database")
