"""A tethered program ends with its parent."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

from deploy.embedded.tether import tethered
from tests.runtime.processes import alive, descendants, python, wait_for

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
        wait_for(lambda: not alive({child}), what="the end of the child")


WATCHES_A_CHILD = """
import os, signal, sys
from deploy.embedded.tether import watch
sys.exit(watch(["sleep", "600"], parent=os.getppid(), signal_number=signal.SIGKILL))
"""


def test_without_help_from_the_kernel_a_watcher_ends_the_child_of_a_killed_parent() -> None:
    starts_a_watcher = f"""
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", {WATCHES_A_CHILD!r}]).pid, flush=True)
sys.stdin.read()
"""
    with python(starts_a_watcher) as parent:
        assert parent.stdout is not None
        watcher = int(parent.stdout.readline())
        child = wait_for(lambda: descendants(watcher), what="the child")
        os.kill(parent.pid, signal.SIGKILL)
        wait_for(lambda: not alive(child | {watcher}), what="the end of both")


def test_a_watcher_passes_a_signal_on() -> None:
    with python(WATCHES_A_CHILD) as watcher:
        child = wait_for(lambda: descendants(watcher.pid), what="the child")
        wait_for(lambda: _catches_sigterm(watcher.pid), what="the watcher's handlers")
        watcher.terminate()
        assert watcher.wait(60) == -signal.SIGTERM % 256
        assert not alive(child)


def _catches_sigterm(pid: int) -> bool:
    caught = re.search(r"^SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_a_child_whose_parent_is_already_gone_does_not_start() -> None:
    command = tethered(["echo", "started"], parent=2**22)
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert "the parent is gone" in outcome.stderr


def test_the_exit_code_is_that_of_the_program() -> None:
    assert subprocess.run(tethered(["sh", "-c", "exit 7"]), check=False).returncode == 7
