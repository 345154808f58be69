"""Runs the tests of each mutant against it: ``python -m tests.credits.mutant_runs [NAME…]``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.embedded.postgres import PROJECT
from tests.credits.mutants import MUTANTS, Mutant

AT_ONCE = 2
WITHIN_S = 300.0
COMPILED = PROJECT / ".data" / "test" / "compiled"
COMMAND = (
    *(sys.executable, "-m", "pytest", "-p", "tests.credits.mutation"),
    *("-q", "-x", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist"),
    *("-p", "no:playwright", "-p", "no:hypothesispytest"),
)


@dataclass(frozen=True)
class Verdict:
    """What the tests said of a mutant, or of the product itself, where ``mutant`` is None."""

    mutant: Mutant | None
    passed: list[str]
    caught: list[str]
    broken: list[str]
    output: str
    seconds: float

    @property
    def name(self) -> str:
        return self.mutant.name if self.mutant else "nothing is broken"

    @property
    def is_right(self) -> bool:
        """A mutant was caught; the product passes."""
        if self.broken or not (self.passed or self.caught):
            return False
        return bool(self.caught) == (self.mutant is not None)

    @property
    def by(self) -> str:
        """In short: which test caught it."""
        if self.broken:
            return f"COULD NOT RUN {self.broken[0]}"
        if self.caught:
            return self.caught[0].rpartition("/")[2]
        return f"{len(self.passed)} tests pass" if not self.mutant else "NOT CAUGHT"


def run(mutant: Mutant | None, *, database: str) -> Verdict:
    """Run a mutant's tests, or those of all mutants against the product, on that database."""
    tests = mutant.tests if mutant else tuple(sorted({*chain(*(each.tests for each in MUTANTS))}))
    started = time.monotonic()
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = subprocess.run(
            [*COMMAND, *tests],
            cwd=PROJECT,
            env=_environment(mutant, database, report),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        found = json.loads(report.read_text()) if report.exists() else {}
    return Verdict(
        mutant,
        passed=found.get("passed", []),
        caught=found.get("caught", []),
        broken=found.get("broken", []),
        output=done.stdout,
        seconds=time.monotonic() - started,
    )


def _environment(mutant: Mutant | None, database: str, report: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTEST_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return kept | {
        "PYTHONPATH": str(PROJECT),
        "PYTHONPYCACHEPREFIX": str(COMPILED),
        "MUTANT": mutant.name if mutant else "",
        "MUTANT_DATABASE": database,
        "MUTANT_REPORT": str(report),
    }


@contextmanager
def closed_to_all(database: str) -> Iterator[None]:
    """Nobody is connected: PostgreSQL copies no database in use, and a bell may be listening."""
    from django.db import connection

    with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
        try:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
                [database],
            )
            yield
        finally:
            cursor.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')


@contextmanager
def copy_of_database(suffix: str) -> Iterator[str]:
    """The name of a copy of the test database, whose functions may be broken."""
    from django.db import connection

    connection.close()
    creation = connection.creation
    with closed_to_all(str(connection.settings_dict["NAME"])):
        creation.clone_test_db(suffix, verbosity=0, autoclobber=True)
    try:
        yield str(creation.get_test_db_clone_settings(suffix)["NAME"])
    finally:
        creation.destroy_test_db(suffix=suffix, verbosity=0)


def run_on_a_copy(mutant: Mutant | None) -> Verdict:
    """Like ``run``, on a database of its own."""
    from django.db import connection

    number = MUTANTS.index(mutant) if mutant else "none"
    try:
        with copy_of_database(f"mutant_{number}") as database:
            return run(mutant, database=database)
    finally:
        connection.close()


def main(names: Sequence[str]) -> int:
    """Print a table: mutant, caught by which test, seconds. 1 where one was not caught."""
    import django

    django.setup()
    from django.db import connection

    chosen = [each for each in MUTANTS if not names or each.name in names]
    settings = connection.settings_dict
    settings["TEST"]["NAME"] = f"{settings['TEST']['NAME']}_mutants"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()  # a database in use is not copied
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            wrong = [each for each in pool.map(run_on_a_copy, [None, *chosen]) if not _told(each)]
    finally:
        connection.creation.destroy_test_db(settings["NAME"], verbosity=0)
    print(f"{len(chosen)} mutants, {sum(bool(each.mutant) for each in wrong)} not caught")
    return 1 if wrong else 0


def _told(verdict: Verdict) -> bool:
    mark = "ok  " if verdict.is_right else "FAIL"
    print(f"{mark}  {verdict.name:48} {verdict.seconds:5.1f} s  {verdict.by}", flush=True)
    if not verdict.is_right:
        print(verdict.output)
    return verdict.is_right


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
