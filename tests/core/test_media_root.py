"""Where files are kept is a folder, or the start ends with a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config.storage import media_root


def test_without_a_word_it_lies_with_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORAGE_URL", raising=False)
    assert media_root(Env(), data_dir=Path("/data")) == Path("/data/media")


def test_a_folder_is_taken_from_wherever_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in ("kept", str(tmp_path / "kept")):
        monkeypatch.setenv("STORAGE_URL", given)
        assert media_root(Env(), data_dir=Path("/data")) == tmp_path / "kept"


def test_what_is_no_folder_is_refused_and_no_secret_in_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STORAGE_URL", "s3://key:secret@bucket?region=eu")
    with pytest.raises(ImproperlyConfigured, match=r"STORAGE_URL .*not s3") as refused:
        media_root(Env(), data_dir=Path("/data"))
    assert "secret" not in str(refused.value)
