"""What becomes of films by the specification; shares no code with the product.

Amounts are in credits. A film is ``open`` while it is queued or in progress.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

PRICE_SECOND: Final = 2  # credits, at the provider that is set up
CANCELS_A_DAY: Final = 5


class Refused(Exception):
    """The user is told that this cannot be done."""


@dataclass
class OracleFilm:
    """A film as it has to be."""

    number: int
    seconds: int
    status: str = "open"
    code: str = ""
    is_late: bool = False
    is_deleted: bool = False
    is_sent: bool = False  # a worker asked the provider for it
    is_known: bool = False  # and the provider said what it calls it
    is_adrift: bool = False  # whoever began it is gone, and nobody has taken it up again
    at_provider: str = "none"
    provider_code: str = ""
    is_silent: bool = False
    captured: int = 0
    times_told: int = 0

    @property
    def price(self) -> int:
        return self.seconds * PRICE_SECOND

    @property
    def held(self) -> int:
        return self.price if self.status == "open" else 0

    @property
    def has_file(self) -> bool:
        return self.status == "completed" and not self.is_deleted


@dataclass
class Oracle:
    """One user's films and credits."""

    credits: int
    films: list[OracleFilm] = field(default_factory=list)
    cancels: int = 0

    @property
    def held(self) -> int:
        return sum(film.held for film in self.films)

    @property
    def free(self) -> int:
        return self.credits - self.held - sum(film.captured for film in self.films)

    def ask(self, seconds: int) -> OracleFilm:
        """Hold the price of a film."""
        if seconds * PRICE_SECOND > self.free:
            raise Refused
        self.films.append(OracleFilm(len(self.films), seconds))
        return self.films[-1]

    def work(self, film: OracleFilm, how: str) -> None:
        """A worker comes for it, and the provider ``accepts``, ``refuses`` or ``loses`` it."""
        film.is_adrift = False
        if film.status != "open" or film.is_sent:
            return
        film.is_sent = True
        if how == "accepts":
            film.is_known, film.at_provider = True, "open"
        elif how == "refuses":
            self._fail(film, "moderation_blocked")
        else:
            film.at_provider = "open"
            self._fail(film, "timeout")

    def look(self, film: OracleFilm) -> None:
        """Somebody asks the provider, whoever it is."""
        is_wanted = film.status in ("open", "failed") and not film.is_deleted
        if not film.is_known or film.is_silent or film.is_adrift or not is_wanted:
            return
        is_late = film.status == "failed"
        if is_late and film.code != "timeout":
            return
        if film.at_provider == "completed":
            film.status, film.code, film.is_late = "completed", "", is_late
            film.captured = 0 if is_late else film.price
            film.times_told += 1
        elif film.at_provider == "failed" and not is_late:
            self._fail(film, film.provider_code)
        elif film.at_provider == "failed":
            film.is_known = False  # nobody looks for it any more

    def pass_deadline(self, film: OracleFilm) -> None:
        """Its time is over, and the sweeper comes round."""
        if film.status == "open":
            self._fail(film, "timeout")

    def cancel(self, film: OracleFilm) -> None:
        """Its user does not want it any more."""
        if film.status != "open" or film.is_deleted:
            raise Refused
        if film.is_sent:
            if self.cancels >= CANCELS_A_DAY:
                raise Refused
            self.cancels += 1
        film.status = "canceled"

    def delete(self, film: OracleFilm) -> None:
        """Its user does not want to see it any more."""
        if film.is_deleted:
            raise Refused
        if film.status == "open":
            self.cancel(film)
        film.is_deleted = True

    def _fail(self, film: OracleFilm, code: str) -> None:
        film.status, film.code = "failed", code
        film.times_told += 1
