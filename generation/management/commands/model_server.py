"""Serve the embedded studio as a model, over OpenAI's HTTP interfaces."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """``manage.py model_server --port 8100``; needs no database."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Each may come from the environment, for containers."""
        env = os.environ.get
        parser.add_argument("--host", default=env("MODEL_SERVER_HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=env("MODEL_SERVER_PORT", "8100"))
        parser.add_argument(
            "--workers",
            type=int,
            default=env("MODEL_SERVER_WORKERS", str(os.cpu_count() or 1)),
            help="pictures that are worked on at once, each by a process of its own",
        )
        parser.add_argument(
            "--waiting",
            type=int,
            default=env("MODEL_SERVER_WAITING", "16"),
            help="requests that may wait for a free one; the next is answered with 429",
        )
        parser.add_argument(
            "--timeout", type=float, default=env("MODEL_SERVER_TIMEOUT", "100"), help="seconds"
        )
        parser.add_argument(
            "--key",
            default=env("MODEL_SERVER_KEY", ""),
            help="what clients have to send as bearer; better by MODEL_SERVER_KEY, as arguments "
            "can be read by everybody on the machine",
        )

        _add_films(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until asked to stop."""
        from generation.model_server.film_desk import FilmTerms
        from generation.model_server.serving import run

        if options["workers"] < 1 or options["waiting"] < 0 or options["timeout"] <= 0:
            raise CommandError("--workers and --timeout have to be above 0, --waiting not below.")
        if min(options["films"], options["films_hours"], options["films_mb"]) <= 0:
            raise CommandError("--films, --films-hours and --films-mb have to be above 0.")
        _check_address(options["films_address"])
        folder = options["films_folder"]
        run(
            host=options["host"],
            port=options["port"],
            workers=options["workers"],
            waiting_most=options["waiting"],
            timeout_s=options["timeout"],
            key=options["key"],
            films=FilmTerms(
                folder=Path(folder) if folder else None,
                address=options["films_address"],
                port=options["port"],
                waiting_most=options["films"],
                keep_s=options["films_hours"] * 3600,
                most_bytes=options["films_mb"] * 2**20,
            ),
        )


def _add_films(parser: ArgumentParser) -> None:
    env = os.environ.get
    parser.add_argument(
        "--films",
        type=int,
        default=env("MODEL_SERVER_FILMS", "16"),
        help="films that may wait to be made; the next is answered with 429",
    )
    parser.add_argument(
        "--films-folder",
        default=env("MODEL_SERVER_FILMS_FOLDER", ""),
        help="where films are kept, which several servers may share; without: a temporary "
        "folder, gone with the server",
    )
    parser.add_argument(
        "--films-address",
        default=env("MODEL_SERVER_FILMS_ADDRESS", ""),
        help="this server's IP where several stand behind one address: each asks the others, on "
        "the same port, about films of theirs; they need a key in common",
    )
    parser.add_argument(
        "--films-hours",
        type=float,
        default=env("MODEL_SERVER_FILMS_HOURS", "24"),
        help="how long a film is kept",
    )
    parser.add_argument(
        "--films-mb",
        type=int,
        default=env("MODEL_SERVER_FILMS_MB", "1024"),
        help="room for films that are done; the oldest have to go first",
    )


def _check_address(told: str) -> None:
    try:
        if told:
            ip_address(told)
    except ValueError:
        raise CommandError("--films-address has to be an IP address.") from None
