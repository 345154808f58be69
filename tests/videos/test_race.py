"""A short race is won, and is lost where what charges films is broken: by its exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from deploy.embedded.postgres import PROJECT

VIDEOS: Final = 20
WITHIN_S: Final = 1800.0
SETTLES: Final = "        return work.settle(run=run, outcome=Outcome("
_BROKEN = '''"""Every process of the product loads one module with a text replaced."""

import sys
from importlib.machinery import PathFinder, SourceFileLoader

class Loader(SourceFileLoader):
    def path_stats(self, path):
        raise OSError("no compiled code")

    def get_data(self, path):
        text = super().get_data(path).decode()
        assert text.count({old!r}) == 1
        return text.replace({old!r}, {new!r}).encode()

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != {module!r}:
            return None
        spec = PathFinder.find_spec(name, path, target)
        spec.loader = Loader(name, spec.origin)
        return spec

sys.meta_path.insert(0, Finder)
'''


@dataclass(frozen=True)
class Broken:
    """A text of a module, and what stands there instead."""

    name: str
    old: str
    new: str
    module: str = "videos.settling"


EVERYBODY_CHARGES = Broken(
    "whoever fetched a film charges it",
    SETTLES,
    "        from uuid import uuid4\n"
    "        extra = ledger.hold(user_id=run.job.user_id, amount=run.job.price,"
    " key=uuid4().hex, operation='edit', reason='again', ttl=DAY)\n"
    "        ledger.capture(hold_id=extra.pk)\n" + SETTLES,
)


def race(folder: Path, broken: Broken | None) -> subprocess.CompletedProcess[str]:
    """Run a race of the product, whole or broken."""
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{PROJECT}"}
    if broken is not None:
        told = {"old": broken.old, "new": broken.new, "module": broken.module}
        (folder / "sitecustomize.py").write_text(_BROKEN.format(**told))
    return subprocess.run(
        [sys.executable, "-m", "bench", "videos", "--race", "--videos", str(VIDEOS)],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize(
    "broken", [None, EVERYBODY_CHARGES], ids=["nothing is broken", EVERYBODY_CHARGES.name]
)
def test_a_race_is_won_unless_something_is_broken(tmp_path: Path, broken: Broken | None) -> None:
    done = race(tmp_path, broken)
    assert f'"videos": {VIDEOS}' in done.stdout, done.stdout + done.stderr
    assert (done.returncode == 0) == (broken is None), done.stdout + done.stderr


def test_what_is_broken_is_there_once() -> None:
    broken = EVERYBODY_CHARGES
    text = (PROJECT / f"{broken.module.replace('.', '/')}.py").read_text()
    assert text.count(broken.old) == 1
