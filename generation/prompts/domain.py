"""Product domains: what a technical designer looks for in each, in its trade's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from generation.providers.protocols import Brief

FOLDER: Final = Path(__file__).resolve().parent / "domains"
ANY: Final = "any-other"
_OPEN: Final = ("", "other")  # categories that say nothing of the product


def _listed(value: Any) -> Any:
    return [part.strip() for part in value.split(";")] if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=2)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed)]


class Domain(BaseModel):
    """A kind of product; in the files, lists are texts divided by semicolons.

    ``words`` choose it, ``categories`` are the templates that its products may have. ``sizes``
    are dimensions with how each is measured; ``unknowable`` is what no photo tells. ``flat`` and
    ``presentation`` say how it is drawn and photographed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Text
    name: Text
    categories: Texts = ("other",)
    words: Texts = ()
    unit: Text
    parts: Texts
    materials: Texts
    construction: Texts
    sizes: Texts
    close_ups: Texts
    unknowable: Texts
    flat: Text
    presentation: Text

    @property
    def text(self) -> str:
        """What to look for, as lines of a prompt."""
        lines = {
            "Parts": self.parts,
            "Materials, by how they look": self.materials,
            "Construction": self.construction,
            f"Dimensions ({self.unit})": self.sizes,
            "Worth a close-up": self.close_ups,
            "Not to be known from a photo": self.unknowable,
        }
        return "\n".join(f"- {name}: {'; '.join(rows)}." for name, rows in lines.items())


@cache
def domains() -> tuple[Domain, ...]:
    """All of them, the generic one last."""
    rows: list[Domain] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        with path.open(encoding="utf-8") as file:
            rows += [Domain.model_validate(row) for row in yaml.safe_load(file)]
    return tuple(sorted(rows, key=lambda row: row.id == ANY))


def domain_of(brief: Brief) -> Domain:
    """The domain of a product; one that fits nowhere gets the generic one. Never raises.

    A category other than ``other`` leaves only the domains whose products may have it; among
    these the subcategory speaks first, then the people's words, then the category's own name. A
    longer word wins over a shorter one (``watch strap`` over ``watch``).
    """
    category = _plain(brief.category)
    usable = [row for row in domains() if category.replace(" ", "-") in row.categories]
    if category in _OPEN or not usable:
        usable = list(domains())
    for said in (brief.subcategory, brief.words, brief.category):
        found = _named(_plain(said), usable)
        if found is not None:
            return found
    own = category.replace(" ", "-")
    return next((row for row in usable if row.id in (own, ANY)), usable[0])


def _plain(words: str) -> str:
    return re.sub(r"[\s_/-]+", " ", words.strip().lower())


@cache
def _words() -> tuple[tuple[str, re.Pattern[str], Domain], ...]:
    """Each word with its domain, longest first."""
    pairs = [(_plain(word), row) for row in domains() for word in row.words]
    pairs.sort(key=lambda pair: -len(pair[0]))
    return tuple(
        (word, re.compile(rf"(?<!\w){re.escape(word)}(?:e?s)?(?!\w)"), row) for word, row in pairs
    )


def _named(said: str, usable: Sequence[Domain]) -> Domain | None:
    ids = {row.id for row in usable}
    return next(
        (
            row
            for word, pattern, row in _words()
            if row.id in ids and word in said and pattern.search(said)
        ),
        None,
    )
