"""How the API authenticates, answers and describes itself."""

from __future__ import annotations

from typing import Any, Final

REST_FRAMEWORK: Final[dict[str, Any]] = {
    "EXCEPTION_HANDLER": "core.http.api_error",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.KeyAuthentication",
        "accounts.authentication.SessionTokenAuthentication",
        "accounts.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "core.openapi.EndpointSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS: Final[dict[str, Any]] = {
    "TITLE": "Techpack Studio",
    "DESCRIPTION": "A few photos of a product in, a tech pack that a factory can sew from out.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "TAGS": [
        {"name": "products", "description": "Products, their photos and their packs."},
        {"name": "revisions", "description": "One photo: its scale, outline and landmarks."},
        {"name": "tech-pack-v2", "description": "The steps that make a pack. They hold credits."},
        {"name": "jobs", "description": "What runs in the background."},
        {"name": "videos", "description": "Films of a product. Charged when they are done."},
        {"name": "assistant", "description": "Chat about your packs, OpenAI-compatible."},
        {
            "name": "account",
            "description": "Who you are, and who may answer for a broken AI service.",
        },
        {"name": "notifications", "description": "The inbox."},
        {"name": "credits", "description": "Balance, statement, and prices before the run."},
        {"name": "billing", "description": "Buying the plan or credits, and the subscription."},
        {"name": "keys", "description": "API keys. No key manages keys."},
        {"name": "webhooks", "description": "Addresses of yours that are told of events."},
        {"name": "events", "description": "What changes, as it changes."},
        {"name": "schema", "description": "This description."},
    ],
    "POSTPROCESSING_HOOKS": ["core.openapi.camel_properties", "core.openapi.shared_parts"],
}
