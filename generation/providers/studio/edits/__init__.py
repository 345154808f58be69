"""Changes a person asks for in a sentence: a field's value, or a photo.

What is understood is done; what is not is refused before anything is changed.
"""

from generation.providers.studio.edits.fields import edit_field
from generation.providers.studio.edits.photos import edit_view

__all__ = ["edit_field", "edit_view"]
