"""The verbs of products and their packs; pages and API call the same ones."""

from techpack.operations.edits import edit_field, undo_edit
from techpack.operations.fields import type_values
from techpack.operations.products import (
    change_product,
    create_product,
    delete_product,
    restore_product,
    start_product,
)
from techpack.operations.revisions import (
    add_revision,
    change_revision,
    correct_outline,
    delete_revision,
    outline_of,
    place_landmarks,
    set_scale,
)
from techpack.operations.steps import (
    analyze_base_views,
    detect_category,
    generate_close_ups,
    generate_sketches,
)
from techpack.operations.views import (
    generate_views,
    regenerate_view,
    start_from_idea,
    undo_regenerate,
)

__all__ = [
    "add_revision",
    "analyze_base_views",
    "change_product",
    "change_revision",
    "correct_outline",
    "create_product",
    "delete_product",
    "delete_revision",
    "detect_category",
    "edit_field",
    "generate_close_ups",
    "generate_sketches",
    "generate_views",
    "outline_of",
    "place_landmarks",
    "regenerate_view",
    "restore_product",
    "set_scale",
    "start_from_idea",
    "start_product",
    "type_values",
    "undo_edit",
    "undo_regenerate",
]
