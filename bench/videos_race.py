"""Films whose end everybody hears of at once: status checks, callbacks, the background look.

The product runs as it is served, its workers are killed, some callbacks are lost and some come
twice. Afterwards every film is compared with what its provider did and what its client was told.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from bench.videos_race_crowd import LOOKERS, Crowd, Journal
from bench.videos_race_kills import Killer
from bench.videos_race_plan import Plan, number_of, plan
from bench.videos_race_stage import CREW, DEADLINE_S, Stage, stage

# Whoever is not over by then is not going to be: the deadline, the sweep and a lease.
PATIENCE_S: Final = DEADLINE_S + 60.0
SHOWN: Final = 20


@dataclass(frozen=True)
class Race:
    """What happened, and what it left."""

    plan: Plan
    seconds: float
    killed: Mapping[str, int]
    journals: list[Journal]
    callbacks: Mapping[str, int]
    sold: Mapping[int, int]
    verdict: Any

    def summary(self) -> dict[str, Any]:
        """By name, as the last line has it."""
        ends = self.verdict.ends
        told = [each for journal in self.journals for each in journal.told]
        return {
            "videos": len(self.plan.fates),
            "seed": self.plan.seed,
            "seconds": round(self.seconds, 1),
            "status_checks": len(told),
            "checks_that_met_the_end": sum(journal.together for journal in self.journals),
            "callbacks": dict(self.callbacks),
            "killed": dict(self.killed),
            "completed_and_charged_once": ends["completed"],
            "failed_and_released": ends["failed"],
            "lost_with_their_worker": ends["lost"],
            "completed_late_and_free": ends["late"],
            "left_open": ends["open"],
            "bought": sum(self.sold.values()),
            "bought_twice": sum(count > 1 for count in self.sold.values()),
            "refused_requests": sum(len(journal.refused) for journal in self.journals),
            "drift": self.verdict.drift,
            "wrong": len(self.verdict.wrong),
            "ratio": 1.0 if self.verdict.is_clean else 0.0,
        }


def main(arguments: Sequence[str]) -> None:
    """Race; exits non-zero unless every film is as it should be."""
    parser = argparse.ArgumentParser(prog="script/bench videos --race")
    parser.add_argument("--videos", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    sys.exit(report(videos=options.videos, seed=options.seed))


def report(*, videos: int, seed: int) -> int:
    """Run a race, print what came of it; 0 where everything is as it should be."""
    found = race(videos=videos, seed=seed)
    for name, figure in found.summary().items():
        print(f"{name:28} {figure if not isinstance(figure, dict) else _spelled(figure):>10}")
    for wrong in found.verdict.wrong[:SHOWN]:
        print(wrong)
    for refused in [each for journal in found.journals for each in journal.refused][:SHOWN]:
        print(refused)
    print(json.dumps(found.summary()))
    return 0 if found.verdict.is_clean else 1


def race(*, videos: int, seed: int) -> Race:
    """So many films, each looked at by everybody in the moment of its end."""
    drawn = plan(videos=videos, seed=seed)
    with stage(seed=seed) as place:
        killer = Killer(place.server, drawn.kills, random.Random(seed))
        crowd = Crowd(place.places, patience_s=PATIENCE_S)
        started = time.perf_counter()
        killer.start()
        try:
            journals = crowd.run(drawn.fates)
        finally:
            killer.stop()
        seconds = time.perf_counter() - started
        return _judged(place, drawn, seconds, killer, journals)


def _judged(
    place: Stage, drawn: Plan, seconds: float, killer: Killer, journals: list[Journal]
) -> Race:
    """Ask the provider what it sold, and the database what is there."""
    from bench.videos_race_verdict import Evidence, charged, judge, rows
    from credits import audit

    found = httpx.get(f"{place.places.vendor}/control/state").raise_for_status().json()
    sold = {number_of(prompt): count for prompt, count in found["purchases"].items()}
    evidence = Evidence(
        rows=rows(),
        fates=drawn.fates,
        sold=sold,
        told=[each for journal in journals[:LOOKERS] for each in journal.told],
        drift=audit.drift(audit.differences()),
        charged=charged(),
        lost_at_most=killer.killed["processes"] + CREW * killer.killed["crews"],
    )
    callbacks = _counted(found["callbacks"])
    return Race(drawn, seconds, killer.killed, journals, callbacks, sold, judge(evidence))


def _counted(told: Mapping[str, Any]) -> dict[str, int]:
    """How many callbacks were lost, sent a second time, and answered how."""
    answered = Counter(f"answered {status}" for status in told["statuses"])
    return {"lost": told["lost"], "sent twice": told["repeated"], **answered}


def _spelled(figures: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in figures.items()) or "none"
