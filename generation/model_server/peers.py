"""Several servers behind one address: a film's name says, signed, which of them has it.

Whoever is asked about a film of another's asks that one. The address in a name is followed only
where it bears our signature, so that nobody can have us ask, or send our key, elsewhere.
"""

from __future__ import annotations

import hmac
import secrets
from ipaddress import ip_address
from typing import Final

import httpx2

from generation.model_server.exchange import Reply, Request
from generation.model_server.refusals import no_such_film

PATIENCE: Final = httpx2.Timeout(30.0, connect=2.0)
ASKED: Final = "x-asked-by-another"  # whoever is asked by another asks nobody
_SIGNS: Final = 32  # hexadecimal digits of the random part, and of the signature


class Peers:
    """Servers that share a key, each reached at its own IP address on the same port.

    Without ``address`` or ``key`` there is one server alone.
    """

    def __init__(self, *, address: str = "", port: int = 0, key: str = "") -> None:
        is_one_of_many = bool(address and key)
        self._home = ip_address(address).packed.hex() if is_one_of_many else ""
        self._port, self._key = port, key.encode()

    def new_ref(self) -> str:
        """A name for a film that is made here; nobody can guess it."""
        random = secrets.token_hex(_SIGNS // 2)
        return f"video_{self._home}{random}{self._signature(self._home, random)}"

    def home_of(self, ref: str) -> str:
        """The address of the server that has a film; "" where that is this one, or nobody."""
        told = ref.removeprefix("video_")
        home, random, signature = told[: -2 * _SIGNS], told[-2 * _SIGNS : -_SIGNS], told[-_SIGNS:]
        if not self._home or home in ("", self._home):
            return ""
        if not hmac.compare_digest(signature.encode(), self._signature(home, random).encode()):
            return ""
        address = ip_address(bytes.fromhex(home))
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"http://{host}:{self._port}"

    async def ask(self, request: Request, method: str, home: str, more: str = "") -> Reply:
        """What the server that has a film says. Raises Refused where it says nothing."""
        url = f"{home}/v1/videos/{request.video_id}{more}?{request.query}"
        headers = {"authorization": request.headers.get("authorization", ""), ASKED: "1"}
        try:
            async with httpx2.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
                answer = await client.request(method, url, headers=headers)
        except httpx2.HTTPError:
            raise no_such_film() from None
        kind = answer.headers.get("content-type", "application/octet-stream")
        return Reply(answer.content, answer.status_code, kind)

    def _signature(self, home: str, random: str) -> str:
        if not home:
            return ""
        return hmac.new(self._key, f"{home}{random}".encode(), "sha256").hexdigest()[:_SIGNS]
