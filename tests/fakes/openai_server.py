"""OpenAI on loopback: Responses, chat completions, Images.

``openai_vendor.will(…)`` lines up behaviours of ``tests.fakes.openai_script`` and
``tests.fakes.trouble``; where none is left it answers well, from what the request says, so that
whole steps run. Questions of our steps are counted under the step's operation
(``sold["base-views/analyze"]``), pictures under ``images/edits`` and ``images/generations``, all
other talk under ``chat``; ``will(…, to="images/edits")`` and ``always(…, to=…)`` use these names.
"""

from __future__ import annotations

import re
from typing import Any

from generation.providers.answers.schema import ANSWERS
from tests.fakes.chat_server import ChatServer
from tests.fakes.openai_script import answers_well
from tests.fakes.vendor import Asked, Behaviour

STEPS = {name: operation for operation, (name, _) in ANSWERS.items()}
INTERFACES = ("responses", "chat/completions", "images/edits", "images/generations", "models")
_SCHEMA_IN_WORDS = re.compile(rf"\b({'|'.join(STEPS)})\b")


class OpenAIServer(ChatServer):
    """OpenAI, or the operator's own server of the same interfaces."""

    def __init__(self, usually: Behaviour = answers_well, *, port: int = 0) -> None:
        super().__init__(usually, port=port)

    def operation_of(self, asked: Asked) -> str:
        """The step, ``images/…``, ``models`` or ``chat``."""
        path = asked.path.partition("?")[0]  # Gemini's begins otherwise
        interface = next((known for known in INTERFACES if path.endswith(f"/{known}")), "")
        if interface not in ("responses", "chat/completions"):
            return interface
        return STEPS.get(schema_name(asked.body), "chat")


def schema_name(body: dict[str, Any]) -> str:
    """The name of the schema that the answer has to fit, "" where there is none."""
    told = (body.get("text") or {}).get("format") or {}
    form = body.get("response_format") or {}
    name = told.get("name") or (form.get("json_schema") or {}).get("name")
    if name or "messages" not in body:
        return str(name or "")
    first = body["messages"][0].get("content")
    found = _SCHEMA_IN_WORDS.search(first) if isinstance(first, str) else None
    return found[1] if found else ""
