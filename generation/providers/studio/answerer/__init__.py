"""The embedded model of the assistant: an answerer over a pack's data, not a language model."""

from generation.providers.studio.answerer.chat import Answerer

__all__ = ["Answerer"]
