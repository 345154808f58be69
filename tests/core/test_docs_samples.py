"""The documentation's Python samples, each run as a program of its own against a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from accounts.operations import create_key
from credits import operations as ledger
from credits import queries as credit
from tests.asgi import serving
from tests.core.docs import Sample, samples
from tests.techpack.conftest import (  # noqa: F401
    PHOTOS,
    MakeProduct,
    _at_once,
    _nothing_drifts,
    _own_media,
    make_product,
    user,
)

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]
ALL = {str(one): one for one in samples("python")}
FEW = 9_000  # µcr: less than 4096 tokens of the smallest model may cost, more than 1000 do
PHOTO = PHOTOS / "polo-navy-front.jpg"


@pytest.fixture
def run(user: Any, tmp_path: Path) -> Iterator[Run]:  # noqa: F811
    """``run(sample)`` with the address and a key in the environment; what it printed comes back."""
    cache.clear()
    key = create_key(user=user, name="samples")[1]
    with serving() as url:

        def program(sample: Sample, *arguments: str, typed: str = "") -> Any:
            done = subprocess.run(
                [sys.executable, "-c", sample.code, *arguments],
                env={**os.environ, "TECHPACK_URL": url, "TECHPACK_KEY": key},
                cwd=tmp_path,
                input=typed,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            return done

        yield program


@pytest.fixture
def poor(user: Any) -> int:  # noqa: F811
    """The user has only a few thousandths of a credit; returns how many µcr."""
    over = credit.balance(user).free - FEW
    ledger.adjust(user_id=user.pk, amount=-over, key="a test", reason="a test")
    return FEW


def spent(user: Any) -> int:  # noqa: F811
    balance = credit.balance(user)
    return credit.used_since(balance.account_id, balance.period_started_at)


OF_A_PACK = {"getting-started 2"}
OF_THE_POOR = {
    "assistant 4",
    "errors/insufficient-credits 3",
    "errors/insufficient-credits 4",
}
OF_A_FILM = {"errors/video-errors 3"}
OF_WEBHOOKS = {name for name in ALL if name.startswith("webhooks ")}  # tests/webhooks/test_samples
PLAIN = sorted(set(ALL) - OF_A_PACK - OF_THE_POOR - OF_A_FILM - OF_WEBHOOKS)


@pytest.mark.parametrize("name", PLAIN)
def test_a_sample_runs_and_says_something(
    name: str,
    run: Run,
    make_product: MakeProduct,  # noqa: F811
) -> None:
    for _ in range(3):
        make_product()
    done = run(ALL[name])
    assert (done.stdout + done.stderr).strip()


def test_the_way_to_a_pack_ends_with_its_pdf(
    run: Run,
    user: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    said = run(ALL["getting-started 2"], str(PHOTO)).stdout
    assert re.search(r"It is a .*polo", said), said
    assert "9 credits used." in said
    assert re.search(r"Readiness \d+ of 100", said)
    assert (tmp_path / "tech-pack.pdf").read_bytes().startswith(b"%PDF")
    assert format(credit.balance(user).free) == "9000000"


def test_enter_asks_again_in_the_size_that_fits(run: Run, user: Any, poor: int) -> None:  # noqa: F811
    said = run(ALL["errors/insufficient-credits 3"], typed="\n").stdout
    assert "Insufficient credits for this request." in said
    assert re.search(r"Press Enter for this: Answer in \d+ tokens or less", said)
    assert "Try setting max_tokens to" in said
    assert "I am the studio's own answerer" in said
    assert poor > credit.balance(user).free >= 0
    assert credit.balance(user).held == 0


def test_openais_client_finds_the_size_that_fits(run: Run, user: Any, poor: int) -> None:  # noqa: F811
    said = run(ALL["errors/insufficient-credits 4"]).stdout
    assert said.startswith("Insufficient credits for this request.")
    assert "I am the studio's own answerer" in said
    assert poor > credit.balance(user).free >= 0


def test_an_answer_is_shortened_to_what_the_credits_cover(
    run: Run,
    user: Any,  # noqa: F811
    poor: int,
) -> None:
    said = run(ALL["assistant 4"]).stdout
    assert re.search(r"Shortened: 4096->\d+", said), said
    assert re.search(r"Used: 0\.\d+ left: 0\.\d+", said), said
    assert poor > credit.balance(user).free >= 0


def test_a_refused_call_says_why_and_what_to_do(run: Run) -> None:
    told = next(name for name in PLAIN if name.startswith("errors/ "))
    assert run(ALL[told]).stderr.startswith("not_found: ")


def test_a_video_is_made_and_saved_or_refused_in_words(
    run: Run,
    user: Any,  # noqa: F811
    make_product: MakeProduct,  # noqa: F811
    tmp_path: Path,
) -> None:
    make_product()
    refused = run(ALL["errors/video-errors 3"], "A gory scene.").stderr
    assert refused.startswith("MODERATION_BLOCKED: Your request was blocked by our moderation")
    assert "- Leave out" in refused
    said = run(ALL["errors/video-errors 3"]).stdout
    assert "2 credits for video.mp4" in said
    assert (tmp_path / "video.mp4").read_bytes()[4:8] == b"ftyp"
    assert format(credit.balance(user).free) == "16000000"
