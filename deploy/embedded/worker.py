"""A Celery worker whose children end with it: ``-m deploy.embedded.worker QUEUES N POOL``."""

from __future__ import annotations

import os
import signal
import sys
import warnings

from celery.exceptions import SecurityWarning
from celery.signals import worker_process_init

from deploy.embedded.tether import die_with_parent


@worker_process_init.connect
def _tie_to_worker(**_: object) -> None:
    """The kernel kills a prefork child when its worker ends, however it ends."""
    die_with_parent(signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit("the worker is gone")


def main(queues: str, at_once: int, pool: str) -> None:
    """Work on queues, between commas, with ``at_once`` children or threads until SIGTERM."""
    from config.celery import app

    # Root in a container is common, and messages are JSON: nothing to be warned of.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    app.worker_main(
        [
            "--quiet",
            "worker",
            f"--queues={queues}",
            f"--hostname={queues.partition(',')[0]}@%h",
            f"--pool={pool}",
            f"--concurrency={at_once}",
            "--prefetch-multiplier=1",
            "--loglevel=INFO",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
