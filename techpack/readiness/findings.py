"""What a check found, and what all checks come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["blocker", "warning"]


@dataclass(frozen=True)
class Finding:
    """What a check found, with the field that clears it."""

    code: str
    message: str
    field_path: str
    section: str
    severity: Severity = "blocker"
    hint: str = ""

    @property
    def anchor(self) -> str:
        """Where in the workspace this is cleared."""
        section, _, rest = self.field_path.partition(".")
        entry = rest.rpartition(".")[0]
        known = {
            "pointsOfMeasure": f"#pom-{entry}",
            "bom": f"#bom-{entry}",
            "construction": f"#c-{entry}",
            "scale": "#scale",
            "sketches/generate": "#sketches",
            "close-ups/generate": "#close-ups",
        }
        return known.get(section, "#bench" if section == "cover" else "#analysis")

    def to_json(self) -> dict[str, str]:
        """The shape that clients rely on."""
        return {
            "code": self.code,
            "message": self.message,
            "fieldPath": self.field_path,
            "section": self.section,
        }


@dataclass(frozen=True)
class Check:
    """One check's outcome: ``share`` of it is in order, 0 to 1."""

    weight: int
    share: float
    clear: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Readiness:
    """How far the pack is from a factory's table."""

    score: int
    blockers: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    clear: tuple[str, ...]
    stale: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_draft(self) -> bool:
        """Pages are stamped DRAFT as long as something blocks."""
        return bool(self.blockers)

    def to_json(self) -> dict[str, Any]:
        """``{score, status, blockers, warnings, stale}``."""
        return {
            "score": self.score,
            "status": "draft" if self.is_draft else "ready",
            "blockers": [finding.to_json() for finding in self.blockers],
            "warnings": [finding.to_json() for finding in self.warnings],
            "stale": self.stale,
        }
