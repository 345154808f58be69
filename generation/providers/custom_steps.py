"""The steps by any server that speaks OpenAI's chat completions and, for drawing, its Images API.

Many such servers speak it in part. What a server takes for the form of an answer is found out by
refusals, which buy nothing, and remembered as long as the client lives.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from generation.errors import Failure, ProviderError
from generation.providers.answers import schema_of
from generation.providers.asked import Commission, Made, Question, Told, complaint_text
from generation.providers.costs import usage_of
from generation.providers.drawing import Drawing
from generation.providers.failures import is_content_code, name_of, objects_in
from generation.providers.openai_steps import data_url, drawn_by, made_of, ref_of
from generation.providers.protocols import Ask
from generation.providers.seeing import Seeing
from generation.providers.step_failures import RequestWrong, content_refused
from generation.providers.wire import Wire

# How an answer's form is asked for, the best first; where a server refuses one, the next is tried.
FORMS: Final = ("json_schema", "json_object", "words")


class CustomSteps(Seeing, Drawing):
    """A server of the operator's own, by its address; it may need no key."""

    name = "custom"
    is_resubmittable = False
    at_once = 8

    def __init__(self, url: str, key: str) -> None:
        self._wire = Wire(vendor=self.name, base_url=url, api_key=key, is_openai=False)
        self._form = FORMS[0]

    def _told(self, question: Question, ask: Ask) -> Told:
        answer = self._completion(question, ask)
        ref = ref_of(answer)
        usage = usage_of(
            ask.model, answer.get("usage"), prompt="prompt_tokens", completion="completion_tokens"
        )
        choice = next(iter(objects_in(answer.get("choices"))), {})
        message = choice.get("message")
        message = message if isinstance(message, Mapping) else {}
        reason = name_of(choice.get("finish_reason"))
        if message.get("refusal") or is_content_code(reason):
            code = reason if is_content_code(reason) else ""
            raise content_refused(self.name, code=code, ref=ref, usage=usage)
        text = _text_of(message)
        if reason == "length" or not text:
            complaint = (
                "The answer was cut off: it has to be shorter."
                if reason == "length"
                else "The answer holds no text."
            )
            raise ProviderError(Failure.MALFORMED_OUTPUT, complaint, usage=usage, ref=ref)
        return Told(text, usage, ref)

    def _completion(self, question: Question, ask: Ask) -> Any:
        """The answer in the best form that the server takes."""
        due = time.monotonic() + ask.timeout_s
        for form in FORMS[FORMS.index(self._form) :]:
            try:
                body = chat_body(question, ask.model, form)
                left_s = due - time.monotonic()
                answer = self._wire.send("/chat/completions", body, timeout_s=left_s)
            except RequestWrong as error:
                is_about_form = not error.param or error.param.startswith("response_format")
                if form == FORMS[-1] or not is_about_form:
                    raise
                continue
            self._form = form
            return answer
        raise AssertionError("the last form answers or raises")

    def _made(self, commission: Commission, ask: Ask) -> Made:
        answer = drawn_by(self._wire, commission, ask, {"response_format": "b64_json"})
        pictures = objects_in(answer.get("data"))
        if pictures and pictures[0].get("url") and not pictures[0].get("b64_json"):
            # An address that a server names is nothing that we fetch.
            raise ProviderError(Failure.CONFIGURATION, f"{self.name}: an address, no picture")
        return made_of(answer, model=ask.model)


def chat_body(question: Question, model: str, form: str) -> dict[str, Any]:
    """A chat completion with pictures, its answer asked for in one of ``FORMS``."""
    name, schema = schema_of(question.operation)
    system = question.prompt.instructions
    content: list[dict[str, Any]] = [_text(question.prompt.data_text)]
    for number, picture in enumerate(question.pictures, start=1):
        content += [
            _text(f"Picture {number}"),
            {"type": "image_url", "image_url": {"url": data_url(picture.jpeg), "detail": "high"}},
        ]
    if question.complaint:
        content.append(_text(complaint_text(question.complaint)))
    body: dict[str, Any] = {"model": model}
    if form == "json_schema":
        described = {"name": name, "schema": schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": described}
    else:
        system += f"\n\nThe JSON schema of the answer, {name}:\n{json.dumps(schema)}"
        if form == "json_object":
            body["response_format"] = {"type": "json_object"}
    body["messages"] = [
        {"role": "system", "content": system},
        {"role": "user", "content": content},
    ]
    return body


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _text_of(message: Mapping[str, Any]) -> str:
    """The message's words, which some servers send in parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    texts = [part.get("text") for part in objects_in(content)]
    return "".join(text for text in texts if isinstance(text, str))
