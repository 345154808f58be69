"""``python -m bench NAME …``: run one measurement."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path


def measurements() -> list[str]:
    """The modules beside this one that have a ``main``."""
    beside = Path(__file__).parent.glob("[a-z]*.py")
    return sorted(path.stem for path in beside if "\ndef main(" in path.read_text())


def main(arguments: Sequence[str]) -> int:
    """Dispatch by name; without a known name list what there is."""
    known = measurements()
    if not arguments or arguments[0] not in known:
        print(f"script/bench NAME, where NAME is one of: {', '.join(known)}", file=sys.stderr)
        return 2
    importlib.import_module(f"bench.{arguments[0]}").main(list(arguments[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
