"""The model server as a process of its own, started as an operator starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded.postgres import PROJECT
from tests.runtime.processes import wait_for
from tests.servers import free_port

KEY = "sesame-model"
START_WITHIN_S = 120.0


class ModelServer:
    """``manage.py model_server`` on a free port, without any database to be found."""

    def __init__(self, folder: Path, *, workers: int = 2) -> None:
        self.port = free_port()
        self.log = folder / "model-server.log"
        # Were a database asked for, it would not be found.
        environment = {
            **{name: value for name, value in os.environ.items() if name != "SECRET_KEY"},
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(folder / "data"),
            "DEBUG": "0",
            "MODEL_SERVER_KEY": KEY,
        }
        command = [sys.executable, "manage.py", "model_server", f"--port={self.port}"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, f"--workers={workers}"],
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=log,
            )

    @property
    def url(self) -> str:
        """Its address as a vendor's base."""
        return f"http://127.0.0.1:{self.port}/v1"

    def wait_until_ready(self) -> None:
        """Returns once its readiness probe says so."""
        wait_for(self._is_ready, within_s=START_WITHIN_S, what="the model server")

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(errors="replace")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as told:
                return bool(told.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self) -> None:
        """End it as a cluster does."""
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(60)


@contextmanager
def running(folder: Path, *, workers: int = 2) -> Iterator[ModelServer]:
    """A server that is ready."""
    server = ModelServer(folder, workers=workers)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()
