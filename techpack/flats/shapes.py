"""What a flat is made of, as stored and as clients see it. Coordinates are view box units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Point = tuple[float, float]
Status = Literal["measured", "estimated", "assumed", "unknown"]


class Stroke(Protocol):
    """One path: SVG data, what its line means, what it draws."""

    @property
    def d(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> str: ...


class Drawing(Protocol):
    """What :func:`techpack.flats.compose` needs of a drawing, whoever drew it."""

    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...
    @property
    def strokes(self) -> Sequence[Stroke]: ...
    @property
    def texts(self) -> Sequence[tuple[float, float, str]]: ...
    @property
    def note(self) -> str: ...


@dataclass(frozen=True)
class Line:
    """A path of a stored drawing; ``kind``: outline, seam, stitch, assumed or artwork."""

    d: str
    kind: str
    label: str = ""


@dataclass(frozen=True)
class Flat:
    """A stored drawing."""

    width: float
    height: float
    strokes: tuple[Line, ...]
    texts: tuple[tuple[float, float, str], ...] = ()
    note: str = ""


def drawing_from_json(stored: Mapping[str, Any]) -> Flat:
    """``{width, height, strokes: [{d, kind, label}], texts: [[x, y, text]], note}``."""
    return Flat(
        width=float(stored.get("width", 0)),
        height=float(stored.get("height", 0)),
        strokes=tuple(
            Line(str(row["d"]), str(row["kind"]), str(row.get("label", "")))
            for row in stored.get("strokes", ())
        ),
        texts=tuple((float(x), float(y), str(words)) for x, y, words in stored.get("texts", ())),
        note=str(stored.get("note", "")),
    )


@dataclass(frozen=True)
class Callout:
    """A numbered balloon that points at a place and is tied to a row."""

    id: str
    number: int
    label: str
    anchor: Point
    text: str = ""
    row_id: str | None = None
    provenance: str = ""
    confidence: float | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Callout:
        """Read the shape that the API documents."""
        return cls(
            id=str(stored["id"]),
            number=int(stored["number"]),
            label=str(stored.get("label", "")),
            anchor=_point(stored["anchor"]),
            text=str(stored.get("text", "")),
            row_id=stored.get("rowId"),
            provenance=str(stored.get("provenance", "")),
            confidence=stored.get("confidence"),
        )

    def to_json(self) -> dict[str, Any]:
        """``{id, number, label, anchor, text, rowId?, provenance, confidence}``."""
        shape: dict[str, Any] = {
            "id": self.id,
            "number": self.number,
            "label": self.label,
            "anchor": list(self.anchor),
            "text": self.text,
            "provenance": self.provenance,
            "confidence": self.confidence,
        }
        return shape if self.row_id is None else {**shape, "rowId": self.row_id}


@dataclass(frozen=True)
class Measurement:
    """A line of measure, tied to a point of measure by its code."""

    id: str
    code: str
    name: str
    start: Point
    end: Point
    value: float | None = None
    unit: str = "cm"
    uncertainty: float | None = None
    provenance: str = ""
    status: Status = "unknown"
    is_sure: bool = True  # false: the line's place is to be confirmed, so it is dashed

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Measurement:
        """Read the shape that the API documents; ``isSure`` is ours and optional."""
        return cls(
            id=str(stored["id"]),
            code=str(stored["code"]),
            name=str(stored.get("name", "")),
            start=_point(stored["from"]),
            end=_point(stored["to"]),
            value=stored.get("value"),
            unit=str(stored.get("unit", "cm")),
            uncertainty=stored.get("uncertainty"),
            provenance=str(stored.get("provenance", "")),
            status=stored.get("status", "unknown"),
            is_sure=bool(stored.get("isSure", True)),
        )

    def to_json(self) -> dict[str, Any]:
        """``{id, code, name, from, to, value?, unit, uncertainty?, provenance, status}``."""
        shape: dict[str, Any] = {
            "id": self.id,
            "code": self.code,
            "name": self.name,
            "from": list(self.start),
            "to": list(self.end),
            "unit": self.unit,
            "provenance": self.provenance,
            "status": self.status,
            "isSure": self.is_sure,
        }
        if self.value is not None:
            shape["value"] = self.value
        if self.uncertainty is not None:
            shape["uncertainty"] = self.uncertainty
        return shape


def _point(pair: Sequence[float]) -> Point:
    return float(pair[0]), float(pair[1])
