"""The documentation's pages as tests see them: their text, and the samples in it."""

from __future__ import annotations

import re
from typing import NamedTuple

from core.docs import files

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\| (.*) \|$", re.MULTILINE)


class Sample(NamedTuple):
    """One block of code of a page."""

    address: str
    number: int
    code: str

    def __str__(self) -> str:
        return f"{self.address or 'index'} {self.number}"


def text_of(address: str) -> str:
    """A page as it is written."""
    return files()[address].read_text()


def samples(language: str) -> list[Sample]:
    """Every block of that language, in all pages."""
    return [
        Sample(address, number, code)
        for address in files()
        for number, (name, code) in enumerate(FENCE.findall(text_of(address)), 1)
        if name == language
    ]


def table_of(address: str, *, below: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = text_of(address).partition(f"# {below}\n")[2]
    assert section, f"{address} has no section {below}"
    found = section[section.index("\n|") + 1 :].partition("\n\n")[0]
    rows = [re.split(r" \| ", row) for row in ROW.findall(found)]
    return rows[2:] if set("".join(rows[1])) <= set("- |:") else rows[1:]
