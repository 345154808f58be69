"""The browser of a session in words."""

from __future__ import annotations

from django import template
from django.utils.text import Truncator

register = template.Library()

# The first that is found is it: Edge says that it is Chrome too, and Chrome that it is Safari.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@register.filter
def browser(user_agent: str) -> str:
    """Such as "Firefox on Windows"; what is no browser as it calls itself, cut at 60."""
    name = next((words for sign, words in BROWSERS.items() if sign in user_agent), "")
    system = next((words for sign, words in SYSTEMS.items() if sign in user_agent), "")
    if not name:
        return Truncator(user_agent).chars(60) or "Unknown"
    return f"{name} on {system}" if system else name
