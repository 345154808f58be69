"""What the environment (and ``.env``) asks of the runtime, and the embedded defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from config.events import events_url
from config.payments import payments
from config.storage import media_root
from deploy.embedded import locks
from deploy.embedded.cluster import EmbeddedServiceError
from deploy.embedded.postgres import PROJECT, ensure_postgres
from deploy.embedded.valkey import Valkey

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


@dataclass(frozen=True)
class Runtime:
    """The settings that decide what is started and where it listens."""

    data_dir: Path
    bind: str
    port: int
    public_url: str
    database_url: str
    broker_url: str
    worker_processes: int

    @classmethod
    def from_environment(cls) -> Runtime:
        """Read ``.env``, which never overrides the environment, then the environment."""
        environ.Env.read_env(PROJECT / ".env")
        env = environ.Env()
        try:
            port = env.int("PORT", default=8000)
            processes = env.int("WORKER_PROCESSES", default=max(2, os.cpu_count() or 2))
        except ValueError as error:
            raise EmbeddedServiceError(
                f"PORT and WORKER_PROCESSES must be numbers: {error}"
            ) from error
        bind = env.str("BIND", default="127.0.0.1")
        host = "localhost" if bind in ("127.0.0.1", "::1", *EVERYWHERE) else bind
        return cls(
            data_dir=Path(env.str("DATA_DIR", default=str(PROJECT / ".data"))).resolve(),
            bind=bind,
            port=port,
            public_url=env.str("PUBLIC_URL", default=f"http://{host}:{port}").rstrip("/"),
            database_url=env.str("DATABASE_URL", default=""),
            broker_url=env.str("BROKER_URL", default=""),
            worker_processes=processes,
        )

    def check_addresses(self) -> None:
        """Raises EmbeddedServiceError where events or files have nowhere to go."""
        try:
            events_url(environ.Env())
            media_root(environ.Env(), data_dir=self.data_dir)
        except ImproperlyConfigured as error:
            raise EmbeddedServiceError(str(error)) from error

    def check_payments(self) -> None:
        """Raises EmbeddedServiceError where nobody says how money is taken."""
        env = environ.Env()
        try:
            found = payments(
                env,
                is_relaxed=env.bool("DEBUG", default=True),
                bind=self.bind,
                port=self.port,
                public_url=self.public_url,
                key="",
            )
        except ImproperlyConfigured as error:
            raise EmbeddedServiceError(str(error)) from error
        if found.mode == "refused":
            raise EmbeddedServiceError(found.why)

    @property
    def lock(self) -> Path:
        """Held by the supervisor of this DATA_DIR for as long as it lives."""
        return self.data_dir / "server.lock"

    @property
    def health_url(self) -> str:
        host = EVERYWHERE.get(self.bind, self.bind)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/healthz"


def use_embedded_services() -> None:
    """Point this process at the embedded services where the environment names none.

    For commands beside the server: PostgreSQL is started when it is not up, the broker is used
    when a server runs it.
    """
    runtime = Runtime.from_environment()
    if not runtime.database_url:
        os.environ["DATABASE_URL"] = ensure_postgres(runtime.data_dir)
    if not runtime.broker_url and locks.is_held(runtime.lock):
        os.environ["BROKER_URL"] = Valkey.of(runtime.data_dir).url
