"""Pages as a person without scripts uses them: what they say, and forms that are sent."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client


def words_in(html: str) -> str:
    """The words of a piece of a page, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def form_in(html: str, words: str) -> tuple[str, dict[str, str]]:
    """Address and hidden fields of the form that says ``words``."""
    for form in re.findall(r"<form.*?</form>", html, re.DOTALL):
        if words in words_in(form):
            action = re.search(r'action="([^"#]+)', form)
            assert action
            hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
            return action[1], {name: unescape(value) for name, value in hidden}
    raise AssertionError(f"There is no form with {words!r}.")


def panel_in(html: str) -> str:
    """The words of the panel that says which credits are missing."""
    found = re.search(r'<section class="panel flow short".*?</section>', html, re.DOTALL)
    assert found, "There is no panel."
    return words_in(found[0])


def press(client: Client, html: str, words: str, /, **more: str) -> Any:
    """Send the form that says ``words``, with ``more`` fields beside its hidden ones."""
    address, fields = form_in(html, words)
    return client.post(address, {**fields, **more})
