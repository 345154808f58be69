"""What is put to a model, whoever it is: a prompt, pictures, and what was wrong the last time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from generation.errors import Failure, ProviderError
from generation.prompts import Prompt
from generation.providers.protocols import Usage


@dataclass(frozen=True)
class Shown:
    """A picture as it is sent: a JPEG without metadata, and what it is, ``front``."""

    jpeg: bytes
    label: str


@dataclass(frozen=True)
class Question:
    """A question whose answer is JSON of the operation's schema."""

    operation: str
    prompt: Prompt
    pictures: Sequence[Shown]
    complaint: str = ""

    @property
    def letters(self) -> int:
        """How much text it is."""
        said = (self.prompt.instructions, self.prompt.data_text, self.complaint)
        return sum(map(len, said))


@dataclass(frozen=True)
class Told:
    """A model's text, with what it used."""

    text: str
    usage: Usage
    ref: str = ""


@dataclass(frozen=True)
class Commission:
    """A picture to be made, after ``pictures`` if there are any.

    ``width`` and ``height`` are of the picture that it should resemble in shape; ``is_final`` asks
    for the best that the model can; ``is_line_art`` for sharp lines instead of a photo.
    """

    operation: str
    prompt: Prompt
    pictures: Sequence[Shown]
    width: int
    height: int
    is_final: bool = False
    is_line_art: bool = False
    complaint: str = ""

    @property
    def text(self) -> str:
        """Everything in words, for interfaces that know no roles."""
        said = [self.prompt.instructions, self.prompt.data_text, complaint_text(self.complaint)]
        return "\n\n".join(filter(None, said))


@dataclass(frozen=True)
class Made:
    """The bytes of a picture as they came, with what it used."""

    picture: bytes
    usage: Usage
    ref: str = ""


def complaint_text(complaint: str) -> str:
    """What was wrong with the last answer, as a model is told it; "" where nothing was."""
    if not complaint:
        return ""
    return f"Your last answer could not be used. What was wrong with it: {complaint}\nAnswer again."


@contextmanager
def bought(usage: Usage, ref: str) -> Iterator[None]:
    """What goes wrong from here on has cost something all the same."""
    try:
        yield
    except ProviderError as error:
        error.usage = error.usage or usage
        error.ref = error.ref or ref
        raise


@contextmanager
def perhaps_bought(usage: Callable[[], Usage]) -> Iterator[None]:
    """Where no answer comes to what is asked here, or none that tells, it may have cost this."""
    try:
        yield
    except ProviderError as error:
        if error.failure in (Failure.AMBIGUOUS, Failure.MALFORMED_OUTPUT):
            error.usage = error.usage or usage()
        raise


@contextmanager
def prompted(prompt: Prompt) -> Iterator[None]:
    """What goes wrong from here on was prompted by this."""
    try:
        yield
    except ProviderError as error:
        error.prompt_version = prompt.version
        raise
