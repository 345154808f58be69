"""What a model has to answer, operation by operation, and how that becomes our own data.

A model answers with JSON of a strict schema (``schema_of``). ``answer_data`` validates the text,
cleans it and turns it into the shapes of ``protocols.py``: permanent ids, pixels instead of
fractions, provenance "ai". What is wrong is a ProviderError (malformed output) whose message is
fit to be shown to the model.
"""

from generation.providers.answers.context import Context
from generation.providers.answers.reading import answer_data
from generation.providers.answers.schema import schema_of

__all__ = ["Context", "answer_data", "schema_of"]
