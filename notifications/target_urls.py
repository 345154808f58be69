"""Which addresses of users' own events may be sent to.

What can be seen in the address itself is said when it is given. Where its name leads is looked
at with each sending, by ``core.pinned``, as a name may lead elsewhere tomorrow.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import Final

from core.addresses import is_public
from core.pinned import NotAllowed, Reach, checked_url

LONGEST: Final = 2000
INSIDE: Final = "This address is not on the public internet."
NO_HOST: Final = "This is not the name of a server on the internet."
_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))+")
_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
# Names that only mean something inside a network.
_INSIDE: Final = ("localhost", "local", "internal", "intranet", "lan", "home.arpa")


@cache
def targets_reach() -> Reach:
    """The open internet, encrypted: what is sent is an account's own."""
    return Reach(schemes=("https",))


def url_fault(url: str) -> str:
    """What is wrong with an address, in words for who gave it; "" where nothing can be seen."""
    if len(url) > LONGEST:
        return f"Use at most {LONGEST} characters."
    try:
        parts = checked_url(url, targets_reach())
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
    except NotAllowed as refused:
        return str(refused)
    except ValueError:
        return "This is not a web address."
    if "#" in url:
        return "Leave out what follows the #: it is never sent."
    return _host_fault(host)


def _host_fault(host: str) -> str:
    try:
        return "" if is_public(ipaddress.ip_address(host)) else INSIDE
    except ValueError:
        pass
    if host == "localhost" or host.endswith(tuple(f".{name}" for name in _INSIDE)):
        return INSIDE
    # Resolvers read 0x7f.1 and 2130706433 as addresses; a name does not end in a number.
    is_name = len(host) <= 253 and _NAME.fullmatch(host)
    return "" if is_name and not _NUMBER.fullmatch(host.rpartition(".")[2]) else NO_HOST
