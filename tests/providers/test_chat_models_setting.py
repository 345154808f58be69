"""The setting CHAT_MODELS: models and their prices as an operator writes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.chat_models import merged
from config.prices import CHAT_MODELS
from deploy.embedded.postgres import PROJECT

NEW = {"provider": "custom", "input_usd": "0", "output_usd": "1.25"}


def test_without_the_setting_the_price_list_stands() -> None:
    assert merged(CHAT_MODELS, {}) == CHAT_MODELS
    assert list(merged(CHAT_MODELS, {})) == list(CHAT_MODELS)


def test_a_price_is_changed_and_the_rest_stays() -> None:
    changed = merged(CHAT_MODELS, {"gpt-6-luna": {"input_usd": "0.12"}})
    assert changed["gpt-6-luna"] == {**CHAT_MODELS["gpt-6-luna"], "input_usd": Decimal("0.12")}
    assert CHAT_MODELS["gpt-6-luna"]["input_usd"] == Decimal("0.10")
    assert list(changed) == list(CHAT_MODELS)


def test_a_new_model_comes_before_the_studios() -> None:
    models = merged(CHAT_MODELS, {"llama": NEW, "house": {**NEW, "owner": "us", "upstream": "m"}})
    assert list(models) == [*list(CHAT_MODELS)[:-1], "llama", "house", "studio-1"]
    assert models["llama"] == {
        "provider": "custom",
        "owner": "custom",
        "input_usd": Decimal(0),
        "output_usd": Decimal("1.25"),
    }
    assert models["house"]["upstream"] == "m"
    assert models["house"]["owner"] == "us"


def test_a_model_is_taken_away_by_null() -> None:
    models = merged(CHAT_MODELS, {"custom-1": None, "never-there": None, "llama": NEW})
    assert list(models) == ["gpt-6.1-terra", "gpt-6-luna", "gemini-3-flash", "llama", "studio-1"]


def test_later_settings_lie_over_earlier_ones() -> None:
    models = merged(
        CHAT_MODELS, {"custom-1": {"upstream": "first"}}, {"custom-1": {"upstream": "second"}}
    )
    assert models["custom-1"]["upstream"] == "second"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "JSON object"),
        ("gpt-6-luna", "JSON object"),
        ({"a": []}, r"CHAT_MODELS\['a'\] has to be an object"),
        ({"a": {"provider": "custom", "input_usd": "1"}}, r"\['a'\] needs output_usd"),
        ({"a": {}}, "needs provider, input_usd, output_usd"),
        ({"a": {**NEW, "provider": "acme"}}, r"\['a'\]\['provider'\] is not one of openai"),
        ({"a": {**NEW, "price": "1"}}, "unknown fields: price"),
        ({"a": {**NEW, "upstream": ""}}, r"\['upstream'\] has to be a text"),
        ({"a": {**NEW, "owner": 7}}, r"\['owner'\] has to be a text"),
        (dict.fromkeys(CHAT_MODELS), "leaves no model"),
        *(
            ({"gpt-6-luna": {"input_usd": price}}, r"\['input_usd'\] has to be a decimal string")
            for price in (0.1, 1, None, True, "", "free", "-1", "NaN", "Infinity", "1e99", "1,5")
        ),
    ],
)
def test_a_wrong_setting_says_where_it_is_wrong(given: Any, says: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=says):
        merged(CHAT_MODELS, given)


def _started(**environment: str) -> subprocess.CompletedProcess[str]:
    """The settings of a new process, printed; the database is not needed for that."""
    code = "from config.settings import CHAT_MODELS as m; print(m['custom-1'])"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_setting_is_read_at_the_start() -> None:
    given = json.dumps({"custom-1": {"input_usd": "0.333"}})
    started = _started(CHAT_MODELS=given, CUSTOM_MODEL_NAME="org/model:7b")
    assert "Decimal('0.333')" in started.stdout
    assert "'upstream': 'org/model:7b'" in started.stdout


def test_a_wrong_setting_stops_the_start() -> None:
    started = _started(CHAT_MODELS='{"custom-1": {"input_usd": 0.333}}')
    assert started.returncode != 0
    assert """CHAT_MODELS['custom-1']['input_usd'] has to be a decimal string""" in started.stderr
