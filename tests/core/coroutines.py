"""Running a coroutine from a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def finished(function: Callable[..., Coroutine[Any, Any, Any]], *given: Any) -> Any:
    """The coroutine's result, in a thread of its own: a browser's loop may own this one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(lambda: asyncio.run(function(*given))).result()
