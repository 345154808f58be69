"""A tethered program ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess

from deploy.embedded.tether import tethered
from tests.runtime.processes import alive, python, wait_for

STARTS_A_CHILD = """
import subprocess, sys
from deploy.embedded.tether import tethered
child = subprocess.Popen(tethered(["sleep", "600"], signal_name="SIGKILL"))
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_killed_parent_takes_its_child_along() -> None:
    with python(STARTS_A_CHILD) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive({child}) == {child}
        os.kill(parent.pid, signal.SIGKILL)
        wait_for(lambda: not alive({child}), within_s=5, what="the end of the child")


def test_a_child_whose_parent_is_already_gone_does_not_start() -> None:
    command = tethered(["echo", "started"], parent=2**22)
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert "the parent is gone" in outcome.stderr


def test_the_exit_code_is_that_of_the_program() -> None:
    assert subprocess.run(tethered(["sh", "-c", "exit 7"]), check=False).returncode == 7
