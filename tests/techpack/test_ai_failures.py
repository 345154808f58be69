"""The documentation's table of failures is what really happens, in every step.

A row that has drifted is shown as it has to be written.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.cache import cache

from core.docs import FOLDER
from generation import asking
from tests.fakes.openai_server import OpenAIServer
from tests.servers import free_port
from tests.techpack.conftest import Api, MakeProduct
from tests.techpack.failing import (
    FAILURES,
    PICTURES,
    STEPS,
    UNHEARD,
    V2,
    Came,
    behaviour_of,
    happens,
    run,
    where,
)

PAGE: Path = FOLDER / "errors" / "ai-failures.md"
QUICK = ("connection lost", "content refused", "account used up")
FREE = ("category",)


def table() -> dict[str, list[str]]:
    """The rows under the last heading: failure → the other cells."""
    section = PAGE.read_text().partition("## What comes of each")[2]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {failure: cells for failure, *cells in rows}


def expected(failure: str, came: Came, step: str) -> str:
    """The row as it has to be, from what came of it in a step."""
    if step in FREE:
        cells = table()[failure]
        came = replace(came, told=cells[-2], charged=cells[-4])
    return " | ".join([where(failure), *came.cells()])


def test_the_table_tells_of_every_failure_that_the_vendor_can_do() -> None:
    assert list(table()) == list(FAILURES)


@pytest.mark.parametrize(
    "failure",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.thorough) for name in FAILURES],
)
def test_what_the_table_says_is_what_comes_of_it_in_every_step(
    failure: str,
    api: Api,
    user: Any,
    make_product: MakeProduct,
    openai_vendor: OpenAIServer,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "FIRST_WAIT_S", 0.001)
    cache.clear()
    product = make_product()
    analysis = STEPS["analysis"]
    body = {**analysis.body(product), "category": "tops"}
    assert api.send("POST", f"{V2}/{analysis.path}", body).status_code == 200
    settings.AI_DEADLINES = {"*": 2 if failure == "no answer in time" else 60}
    if failure == UNHEARD:
        settings.OPENAI_BASE_URL = f"http://127.0.0.1:{free_port()}/v1"

    drifted = {}
    for name, step in STEPS.items():
        if not happens(failure, step):
            continue
        if (behaviour := behaviour_of(failure, step)) is not None:
            for operation in PICTURES if step.draws else (step.asks,):
                openai_vendor.always(behaviour, to=operation)
        came = run(api, user, openai_vendor, product, step)
        if name in FREE:
            assert (came.told, came.charged) == ("nobody", "nothing")
        if (row := expected(failure, came, name)) != " | ".join(table()[failure]):
            drifted[name] = row
    assert not drifted, f"{PAGE.relative_to(configured.BASE_DIR)} has to say of {failure!r}:\n" + (
        "\n".join(f"| {failure} | {row} |  ({step})" for step, row in drifted.items())
    )
