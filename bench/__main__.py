"""``python -m bench NAME …``: run one measurement."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import bench

NOT_MEASUREMENTS = {"__main__", "database"}


def main(arguments: Sequence[str]) -> int:
    """Dispatch by name; without a known name list what there is."""
    known = sorted(
        {module.name for module in pkgutil.iter_modules(bench.__path__)} - NOT_MEASUREMENTS
    )
    if not arguments or arguments[0] not in known:
        print(
            f"script/bench NAME, where NAME is one of: {', '.join(known)}",
            file=sys.stderr,
        )
        return 2
    importlib.import_module(f"bench.{arguments[0]}").main(list(arguments[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
