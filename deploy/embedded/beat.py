"""Celery's clock without its banner: ``python -m deploy.embedded.beat SCHEDULE_FILE``."""

from __future__ import annotations

import sys


def main(schedule: str) -> None:
    """Send the tasks of the beat schedule on time until SIGTERM."""
    from config.celery import app

    app.Beat(quiet=True, schedule=schedule, loglevel="INFO", redirect_stdouts=False).run()


if __name__ == "__main__":
    main(sys.argv[1])
