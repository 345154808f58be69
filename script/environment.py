"""Make .venv hold what a lock file names: ``python3 script/environment.py requirements.lock``.

Standard library only: it runs before anything is installed. Quick when the lock file has not
changed. The development lock holds everything of the server's, so an environment made for
development also serves.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
SERVER, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"


def main(lock_name: str) -> None:
    """Create or bring up to date; two scripts that start at once take turns."""
    with (PROJECT / ".venv.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not _works():
            _create()
        satisfying = {lock_name, DEVELOPMENT}
        if not any(_is_installed(name) for name in satisfying):
            _install(lock_name)


def _works() -> bool:
    """Whether .venv has a Python that starts (it does not after the folder was moved)."""
    if not PYTHON.exists():
        return False
    probe = [str(PYTHON), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(probe, capture_output=True).returncode == 0


def _create() -> None:
    _say(f"making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)])
    if made.returncode:
        sys.exit("Python's venv module does not work (on Debian: apt install python3-venv).")


def _is_installed(lock_name: str) -> bool:
    stamp = _stamp(lock_name)
    return stamp.exists() and stamp.read_text() == _fingerprint(lock_name)


def _install(lock_name: str) -> None:
    started = time.monotonic()
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        _say("fetching uv, the installer")
        _run(
            PYTHON,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "uv>=0.9",
        )
    _say(f"installing what {lock_name} names (about 750 MB the first time)")
    _run(
        uv,
        "pip",
        "install",
        "--python",
        PYTHON,
        "--require-hashes",
        "-r",
        PROJECT / lock_name,
    )
    _stamp(lock_name).write_text(_fingerprint(lock_name))
    _say(f"installed in {time.monotonic() - started:.0f} s")


def _run(*command: str | Path) -> None:
    if subprocess.run([str(word) for word in command]).returncode:
        sys.exit("The packages could not be installed; see above.")


def _stamp(lock_name: str) -> Path:
    return VENV / f"{lock_name}.installed"


def _fingerprint(lock_name: str) -> str:
    return hashlib.sha256((PROJECT / lock_name).read_bytes()).hexdigest()


def _say(message: str) -> None:
    print(f"environment: {message}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
