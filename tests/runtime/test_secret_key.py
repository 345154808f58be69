"""The key that is made once: the same for all processes, whole, and nobody else's to read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config.secret_key import secret_key

TOGETHER = 8


@pytest.fixture(autouse=True)
def _none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)


def made(folder: Path) -> str:
    return secret_key(Env(), data_dir=folder, is_relaxed=True)


def test_whoever_starts_at_once_gets_the_same_key(tmp_path: Path) -> None:
    start = Barrier(TOGETHER)

    def begin() -> str:
        start.wait(60)
        return made(tmp_path)

    with ThreadPoolExecutor(TOGETHER) as crowd:
        keys = {each.result() for each in [crowd.submit(begin) for _ in range(TOGETHER)]}
    assert len(keys) == 1
    assert len(keys.pop()) >= 50


def test_it_is_kept_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    key = made(tmp_path)
    kept = tmp_path / "secret-key"
    assert kept.read_text() == key == made(tmp_path)
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_left_empty_gets_one(tmp_path: Path) -> None:
    (tmp_path / "secret-key").touch()
    assert len(made(tmp_path)) >= 50


def test_in_production_it_has_to_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        secret_key(Env(), data_dir=tmp_path, is_relaxed=False)
    monkeypatch.setenv("SECRET_KEY", "of-the-operator")
    assert secret_key(Env(), data_dir=tmp_path, is_relaxed=False) == "of-the-operator"
    assert not (tmp_path / "secret-key").exists()
