"""Whether an object is as the official library's own type definitions say.

They are read as source, since most of them name types that exist for a type checker alone.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from typing import Any

import stripe

HERE = Path(stripe.__file__).parent
# What the library writes down for old versions of the API alone.
FORMER = {"deleted"}
PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "Decimal": (str,),
    "Any": (object,),
}


@lru_cache(maxsize=1)
def classes() -> dict[str, ast.ClassDef]:
    """The class of each kind of object, by its ``OBJECT_NAME``."""
    found = {}
    for path in sorted(HERE.rglob("_*.py")):
        source = path.read_text()
        if "OBJECT_NAME" not in source or "params" in path.parts or "v2" in path.parts:
            continue
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and (name := _object_name(node)):
                found[name] = node
    return found


def faults(thing: Any, at: str = "") -> list[str]:
    """What is not as defined, in words; empty where all is."""
    kind = thing.get("object") if isinstance(thing, dict) else None
    if kind not in classes():
        return [f"{at}: no known object: {kind}"]
    return _faults_of(thing, classes()[kind], at or str(kind))


def _faults_of(thing: dict[str, Any], defined: ast.ClassDef, at: str) -> list[str]:
    fields = {
        node.target.id: node.annotation
        for node in defined.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    fields.pop("OBJECT_NAME", None)
    inner = {node.name: node for node in defined.body if isinstance(node, ast.ClassDef)}
    found = [f"{at}.{name} is not defined" for name in thing if name not in fields]
    for name, annotation in fields.items():
        if name in thing:
            found += _mismatch(thing[name], annotation, inner, f"{at}.{name}")
        elif not _is_optional(annotation) and name not in FORMER:
            found.append(f"{at}.{name} is missing")
    return found


def _mismatch(value: Any, wanted: ast.expr, inner: dict[str, Any], at: str) -> list[str]:
    match wanted:
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inside):
            return [] if value is None else _mismatch(value, inside, inner, at)
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=ways)):
            tried = [_mismatch(value, way, inner, at) for way in ways]
            return min(tried, key=len)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inside):
            allowed = ast.literal_eval(inside)
            allowed = allowed if isinstance(allowed, tuple) else (allowed,)
            return [] if value in allowed else [f"{at} is {value!r}"]
        case ast.Subscript(value=ast.Name(id="ExpandableField"), slice=inside):
            return [] if isinstance(value, str) else _mismatch(value, inside, inner, at)
        case ast.Subscript(value=ast.Name(id="List"), slice=inside):
            return _members(value, inside, inner, at)
        case ast.Subscript(value=ast.Name(id="ListObject"), slice=inside):
            return _page(value, inside, inner, at)
        case ast.Subscript(value=ast.Name(id="UntypedStripeObject")):
            return [] if isinstance(value, dict) else [f"{at} is {value!r}"]
        case ast.Constant():
            return faults(value, at)
        case ast.Name(id=name) if name in inner:
            return (
                _faults_of(value, inner[name], at)
                if isinstance(value, dict)
                else [f"{at} is {value!r}"]
            )
        case ast.Name(id=name) if name in PLAIN:
            is_right = isinstance(value, PLAIN[name]) and (name == "bool") == (
                isinstance(value, bool)
            )
            return [] if is_right else [f"{at} is {value!r}, no {name}"]
    return faults(value, at)


def _members(value: Any, inside: ast.expr, inner: dict[str, Any], at: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{at} is {value!r}, no list"]
    return [
        fault
        for place, member in enumerate(value)
        for fault in _mismatch(member, inside, inner, f"{at}[{place}]")
    ]


def _page(value: Any, inside: ast.expr, inner: dict[str, Any], at: str) -> list[str]:
    if not isinstance(value, dict) or set(value) != {"object", "data", "has_more", "url"}:
        return [f"{at} is no list of the API"]
    return _members(value["data"], inside, inner, f"{at}.data")


def _is_optional(annotation: ast.expr) -> bool:
    return (
        isinstance(annotation, ast.Subscript)
        and isinstance(annotation.value, ast.Name)
        and annotation.value.id == "Optional"
    )


def _object_name(node: ast.ClassDef) -> str:
    for part in node.body:
        if (
            isinstance(part, ast.AnnAssign)
            and isinstance(part.target, ast.Name)
            and part.target.id == "OBJECT_NAME"
            and part.value is not None
        ):
            return str(ast.literal_eval(part.value))
    return ""
