"""What an API key may be allowed to do."""

from collections.abc import Iterable

SCOPES: dict[str, str] = {
    "products:read": "See products, revisions and tech packs",
    "products:write": "Make, change and delete products",
    "generate": "Run paid steps",
    "videos": "Make and manage videos",
    "chat": "Use the assistant",
    "credits:read": "See balance and statement",
    "billing": "Buy credits and change the plan",
    "account": "Read and change account settings, and where events are sent",
}

ON_REQUEST_ONLY = frozenset({"billing", "account"})
DEFAULT_SCOPES: tuple[str, ...] = tuple(s for s in SCOPES if s not in ON_REQUEST_ONLY)


def unknown_scopes(scopes: Iterable[str]) -> list[str]:
    """Those of `scopes` that do not exist, in the order given."""
    return [scope for scope in scopes if scope not in SCOPES]
