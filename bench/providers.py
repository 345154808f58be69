"""What a call of a provider costs beyond the wire, and what a worker keeps of many.

The baseline is a bare httpx2 client that posts the same body to the same vendor and reads the
JSON. ``a large photo`` has to be made small first; ``in a job`` adds the AI operation log, the
breaker and the tallies. Then one process works on jobs of two looks and a changed photo each, and
its memory is read on the way.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.database import set_up_django
from bench.providers_vendor import SEEING
from tests.fakes.apart import vendor_of

MODEL, DRAWING_MODEL = "gpt-6.1-terra", "gpt-image-2"
PHOTO = Path(__file__).resolve().parent.parent / "tests" / "photos" / "polo-navy-front.jpg"
WARM_UP = 10
LOOKS_A_JOB = 2


def main(arguments: Sequence[str]) -> None:
    """Measure ``--calls`` calls and ``--jobs`` jobs, print tables and one JSON object."""
    parser = argparse.ArgumentParser(prog="script/bench providers")
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=500)
    options = parser.parse_args(arguments)
    set_up_django()
    from django.conf import settings

    with tempfile.TemporaryDirectory() as media, vendor_of("bench.providers_vendor") as root:
        settings.MEDIA_ROOT = media
        settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = f"{root}/v1", "sk-bench"
        settings.ROUTES = {SEEING: [f"openai:{MODEL}"], "regenerate": [f"openai:{DRAWING_MODEL}"]}
        times = _overhead(options.calls)
        _print_times(times, options.calls)
        memory = _memory(options.jobs)
        _print_memory(memory)
    median = {name: statistics.median(rows) for name, rows in times.items()}
    bare, ours = median["bare httpx2"], median["provider"]
    print(
        json.dumps(
            {
                "bare_ms": round(bare, 2),
                "provider_ms": round(ours, 2),
                "overhead_ms": round(ours - bare, 2),
                "large_photo_ms": round(median["provider, a large photo"], 2),
                "in_a_job_ms": round(median["provider in a job"], 2),
                "ratio": round(bare / ours, 3),
                "calls": options.calls,
                "rss_mb": {str(done): round(mb, 1) for done, mb in memory.items()},
                "memory_ratio": round(_growth(memory), 3),
                "jobs": options.jobs,
            }
        )
    )


def _overhead(count: int) -> dict[str, list[float]]:
    from generation.providers.openai_steps import OpenAISteps
    from generation.providers.protocols import Ask, Brief

    steps, ask, brief = OpenAISteps(*_account()), Ask(MODEL, 30.0), Brief(category="tops")
    small, large = _view(), _view(longest_px=4_000)
    ways: dict[str, Callable[[], Any]] = {
        "bare httpx2": _bare(small, brief),
        "provider": lambda: steps.analyze_view(view=small, brief=brief, ask=ask),
        "provider, a large photo": lambda: steps.analyze_view(view=large, brief=brief, ask=ask),
        "provider in a job": _in_a_job(small, brief),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(WARM_UP + count):
        for name, way in ways.items():  # in turn, so that a busy moment meets all of them
            started = time.perf_counter()
            way()
            if number >= WARM_UP:
                times[name].append((time.perf_counter() - started) * 1000)
    return times


def _account() -> tuple[str, str]:
    from django.conf import settings

    return settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY


def _view(*, longest_px: int = 0) -> Any:
    """The sample photo, or one as a camera makes it."""
    from PIL import Image

    from generation.providers.protocols import View

    data = PHOTO.read_bytes()
    with Image.open(io.BytesIO(data)) as opened:
        size = opened.size
        if longest_px:
            scale = longest_px / max(size)
            size = (round(size[0] * scale), round(size[1] * scale))
            held = io.BytesIO()
            opened.resize(size).save(held, "JPEG", quality=92)
            data = held.getvalue()
    return View("bench", "front", data, *size)


def _bare(view: Any, brief: Any) -> Callable[[], Any]:
    """The least that anybody pays: the body is made already, the client keeps its connection."""
    import httpx2

    from generation.prompts import prompt_of
    from generation.providers.asked import Question, Shown
    from generation.providers.openai_steps import response_body

    url, key = _account()
    prompt = prompt_of(SEEING, view_type="front", brief=brief)
    body = response_body(Question(SEEING, prompt, [Shown(view.data, "front")]), MODEL)
    client = httpx2.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30)
    return lambda: client.post(f"{url}/responses", json=body).json()


def _in_a_job(view: Any, brief: Any) -> Callable[[], Any]:
    """A call as the work of one running job makes it."""
    from generation.run import claim

    _register("bench/one", lambda run: None)
    job = _submit("bench/one", _user())
    run = claim(job_id=job.pk)
    assert run is not None

    def one() -> Any:
        return run.ask(
            SEEING,
            part=uuid4().hex,
            told={"view": "front"},
            put=lambda provider, ask: provider.analyze_view(view=view, brief=brief, ask=ask),
        )

    return one


def _memory(jobs: int) -> dict[int, float]:
    """Jobs done → resident memory in MB; the process has warmed up before the first."""
    from generation import operations, work
    from generation.kinds import Outcome
    from generation.providers.protocols import Brief

    brief = Brief(category="tops")

    def looks_and_draws(run: Any) -> Any:
        view = _view()
        looks = [str(number) for number in range(LOOKS_A_JOB)]
        found = [answer for _, answer in run.parallel(SEEING, looks, lambda part: look(run, part))]
        drawn = run.ask(
            "regenerate",
            part="photo",
            told={},
            put=lambda provider, ask: provider.edit_view(
                view=view, words="make it red", brief=brief, seed=1, ask=ask
            ),
        )
        made = [len(answer.data["materials"]) for answer in found]
        store = {"made": made, "image": drawn.keys["image.jpg"]}
        return Outcome(store=lambda job: store, captured=run.job.price)

    def look(run: Any, part: str) -> Any:
        view = _view()
        return run.ask(
            SEEING,
            part=part,
            told={},
            put=lambda provider, ask: provider.analyze_view(view=view, brief=brief, ask=ask),
        )

    _register("bench/looks", looks_and_draws)
    operations.ring_worker = lambda job_id: None  # the same process works: no broker between
    user = _user()
    marks, seen = {0, 100, jobs}, {}
    for done in range(-WARM_UP, jobs + 1):
        if done in marks:
            seen[done] = _resident_mb()
        job = _submit("bench/looks", user)
        work.run_job(job_id=job.pk)
        job.refresh_from_db()
        assert job.status == "succeeded", job.error
    return seen


def _register(name: str, do: Callable[[Any], Any]) -> None:
    from generation import kinds
    from generation.kinds import Kind

    kinds.register(Kind(name, name, do, lambda job: {}, asks=(SEEING, "regenerate")))


def _submit(kind: str, user: Any) -> Any:
    from core.money import CREDIT
    from generation import operations
    from generation.kinds import Prepared

    return operations.submit(
        user=user, kind=kind, price=3 * CREDIT, prepare=lambda: Prepared({}), key=uuid4().hex
    )


def _user() -> Any:
    from django.contrib.auth import get_user_model

    from core.money import CREDIT
    from credits import operations as ledger

    user = get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "unused")
    ledger.grant(
        user_id=user.pk, kind="grant", amount=10_000 * CREDIT, source_key=f"bench:{user.pk}"
    )
    return user


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _growth(memory: dict[int, float]) -> float:
    """What is resident at the end over what was after a hundred jobs, or at the start."""
    done = sorted(memory)
    return memory[done[-1]] / memory[done[-2]]


def _print_times(times: dict[str, list[float]], count: int) -> None:
    print(f"{'':26} {'median':>9} {'p95':>9}   ms per call, {count} calls")
    for name, rows in times.items():
        p95 = sorted(rows)[int(len(rows) * 0.95)]
        print(f"{name:26} {statistics.median(rows):9.2f} {p95:9.2f}")


def _print_memory(memory: dict[int, float]) -> None:
    print(f"\n{'jobs done':26} {'resident':>9}   MB")
    for done, mb in sorted(memory.items()):
        print(f"{done:26} {mb:9.1f}")
