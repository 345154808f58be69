"""What a model is told for each operation: our instructions apart from everybody else's words.

Instructions are versioned text files beside this one; the newest of a name is used. What people
wrote, what was read from files and what was asked for is data: one line of JSON that no text in it
can leave.
"""

from generation.prompts.asked import Prompt, prompt_of
from generation.prompts.block import block_of, data_in
from generation.prompts.domain import Domain, domain_of, domains
from generation.prompts.facts import NAME_MOST, field_told, product_told, shot_told, views_told

__all__ = [
    "NAME_MOST",
    "Domain",
    "Prompt",
    "block_of",
    "data_in",
    "domain_of",
    "domains",
    "field_told",
    "product_told",
    "prompt_of",
    "shot_told",
    "views_told",
]
