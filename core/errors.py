"""What can go wrong, in the words of the domain. ``core.http`` alone knows status codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal or failure that a user is told about.

    ``message`` says what happened, ``detail`` says it in full, ``suggestions`` what to
    do; ``fields`` names what was wrong in the input, by path.
    """

    type: ClassVar[str] = "internal_error"
    default_code: ClassVar[str | None] = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        detail: str | None = None,
        suggestions: Sequence[str] = (),
        context: Mapping[str, Any] | None = None,
        fields: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code or self.type.upper()
        self.detail = detail or message
        self.suggestions = list(suggestions)
        self.context = dict(context or {})
        self.fields = {path: list(words) for path, words in (fields or {}).items()}


class Unauthenticated(DomainError):
    """Nobody is signed in, or the credential is wrong."""

    type = "unauthenticated"


class InsufficientCredits(DomainError):
    """The balance does not cover what was asked; ``shortage`` is the ledger's own account of it."""

    type = "insufficient_credits"
    shortage: object | None = None


class PermissionDenied(DomainError):
    """The credential lacks the scope."""

    type = "permission_denied"


class NotFound(DomainError):
    """There is no such object, or it belongs to somebody else."""

    type = "not_found"


class MethodNotAllowed(DomainError):
    """The address does not answer this method."""

    type = "method_not_allowed"


class Conflict(DomainError):
    """The state of the object forbids it now."""

    type = "conflict"


class PayloadTooLarge(DomainError):
    """More bytes than are taken."""

    type = "payload_too_large"


class UnsupportedMediaType(DomainError):
    """The content is of a kind that is not taken."""

    type = "unsupported_media_type"


class InvalidRequest(DomainError):
    """The input is wrong; ``fields`` says where."""

    type = "invalid_request"
    default_code = "INVALID_FIELD"


class IdempotencyKeyReused(DomainError):
    """The idempotency key came with other content before."""

    type = "idempotency_key_reused"


class RateLimited(DomainError):
    """Too many requests; ``retry_after_s`` says when to come back.

    ``limit`` is how many are allowed until then, where they are counted by time.
    """

    type = "rate_limited"

    def __init__(
        self, message: str, *, retry_after_s: int = 1, limit: int | None = None, **rest: Any
    ) -> None:
        super().__init__(message, **rest)
        self.retry_after_s = retry_after_s
        self.limit = limit


class GenerationFailed(DomainError):
    """An AI step failed; ``context.charged`` says what it cost."""

    type = "generation_failed"

    def __init__(self, message: str, *, charged: str = "0", **rest: Any) -> None:
        context = {"charged": charged, **dict(rest.pop("context", None) or {})}
        super().__init__(message, context=context, **rest)


class ProviderUnavailable(DomainError):
    """The AI service is refusing or unreachable; asked before anything is held.

    ``retry_after_s`` says when to come back, where that is known.
    """

    type = "provider_unavailable"

    def __init__(self, message: str, *, retry_after_s: int | None = None, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.retry_after_s = retry_after_s
