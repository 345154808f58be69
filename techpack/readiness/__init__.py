"""What still keeps a factory from quoting and sewing; computed, never stored."""

from __future__ import annotations

from techpack.pack.rows import Merged
from techpack.readiness.checks import BEFORE_A_CATEGORY, CHECKS
from techpack.readiness.findings import Check, Finding, Readiness
from techpack.stale import stale_outputs

__all__ = ["Check", "Finding", "Readiness", "readiness_of"]

LABELS = {
    "base-views/analyze": "The view analyses",
    "close-ups/generate": "The close-ups",
    "sketches/generate": "The sketches",
}


def readiness_of(pack: Merged) -> Readiness:
    """Run every check on the pack."""
    named = bool(pack.product.category)
    checks = [check(pack) for check in (CHECKS if named else BEFORE_A_CATEGORY)]
    stale = stale_outputs(pack)
    findings = [finding for check in checks for finding in check.findings]
    blockers = [f for f in findings if f.severity == "blocker"]
    blockers += [
        Finding(
            "STALE_OUTPUT",
            f"{LABELS[row['output']]} are out of date. {row['because']}",
            row["output"],
            "steps",
        )
        for row in stale
    ]
    total = sum(check.weight for check in checks)
    score = sum(check.weight * check.share for check in checks) / total
    return Readiness(
        score=min(round(100 * score), 99 if blockers else 100),
        blockers=tuple(blockers),
        warnings=tuple(f for f in findings if f.severity == "warning"),
        clear=tuple(check.clear for check in checks if not check.findings),
        stale=stale,
    )
