"""Somebody's account by API: signed up without a browser, then a bearer key for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.servers import Server

PASSWORD = "harbour-crane-7"
PHOTOS = Path(__file__).resolve().parent.parent / "photos"
V2 = "/api/tech-pack-v2"
DETECT, ANALYZE, CLOSE_UPS, SKETCHES = (
    "category/detect",
    "base-views/analyze",
    "close-ups/generate",
    "sketches/generate",
)
ANSWERS_WITHIN_S = 120.0


class Account:
    """A person's API client; every call must succeed unless it says otherwise."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    @classmethod
    @contextmanager
    def signed_up(cls, server: Server) -> Iterator[Account]:
        """Sign up as a mobile app does, and make a key with the session."""
        with httpx.Client(base_url=server.url, timeout=ANSWERS_WITHIN_S) as http:
            person = {"email": f"{uuid4().hex[:12]}@studio.example", "password": PASSWORD}
            made = http.post("/_allauth/app/v1/auth/signup", json=person)
            assert made.status_code == 200, made.text
            token = made.json()["meta"]["session_token"]
            key = http.post(
                "/api/keys", json={"name": "walk"}, headers={"X-Session-Token": token}
            ).raise_for_status()
            http.cookies.clear()
            http.headers["Authorization"] = f"Bearer {key.json()['key']}"
            yield cls(http)

    def get(self, path: str) -> Any:
        """The answer's JSON."""
        return self.http.get(path).raise_for_status().json()

    def send(self, method: str, path: str, body: Any) -> Any:
        """The JSON that a call with a JSON body answers."""
        answer = self.http.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def run(self, step: str, body: Mapping[str, Any], **headers: str) -> Any:
        """Run a step and wait for its result; ``headers`` by name with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("Prefer", "wait=60")
        answer = self.http.post(f"{V2}/{step}", json=dict(body), headers=sent)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def queue(self, step: str, body: Mapping[str, Any]) -> str:
        """Submit a step without waiting; the id of its job."""
        answer = self.http.post(
            f"{V2}/{step}", json=dict(body), headers={"Prefer": "respond-async"}
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def make_product(self, **photos: str) -> str:
        """A product with photos by view, named by a person so that nothing runs by itself."""
        product = str(self.send("POST", "/api/products", {"name": "Pier Polo"})["id"])
        named = {"category": "tops", "subcategory": "polo shirt"}
        self.send("PATCH", f"/api/products/{product}", named)
        for view_type, name in photos.items():
            self.add_photo(product, name, view_type)
        return product

    def add_photo(self, product: str, name: str, view_type: str) -> Any:
        """Upload a sample photo as one of the product's views."""
        answer = self.http.post(
            f"/api/products/{product}/revisions",
            files={"image": (name, (PHOTOS / name).read_bytes(), "image/jpeg")},
            data={"viewType": view_type},
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def analysis_body(self, product: str) -> dict[str, Any]:
        """The input of the analysis of every current photo."""
        photos = self.get(f"/api/products/{product}/revisions")["results"]
        return {"productId": product, "revisionIds": [photo["id"] for photo in photos]}

    def available(self) -> Decimal:
        """Credits free to use."""
        return Decimal(self.get("/api/credits")["available"])

    def statement_of(self, job: str) -> list[Any]:
        """The lines of the statement that belong to a job."""
        lines = self.get("/api/credits/statement")["results"]
        return [line for line in lines if line.get("jobId") == job]
