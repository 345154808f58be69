"""What the server counts of itself, in Prometheus' words."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from generation.model_server.film_desk import FilmDesk
from generation.model_server.seats import Works

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """The counters of one server."""

    def __init__(self, works: Works, films: FilmDesk) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "model_server_requests",
            "Requests by address and HTTP status.",
            ("route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "model_server_request_seconds",
            "How long requests took, waiting for a seat among it.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        for name, words, count in (
            ("seats", "Seats that were set up.", lambda: works.size),
            ("seats_busy", "Seats that work on a task.", lambda: works.busy),
            ("waiting", "Requests that wait for a seat.", lambda: works.waiting),
            ("seats_lost", "Seats whose process died, since the start.", lambda: works.lost),
            ("films_waiting", "Films that are not begun yet.", lambda: films.waiting),
            ("films_making", "Films that are being made.", lambda: films.making),
        ):
            gauge = Gauge(f"model_server_{name}", words, registry=self._registry)
            gauge.set_function(count)

    def count(self, route: str, status: int, seconds: float) -> None:
        """A request that was answered."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of them."""
        return generate_latest(self._registry)
