"""Markdown → HTML for the documentation: headings to link to, tables and code that scroll.

HTML in the source is shown as text, and only addresses that are safe to follow become links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

# Of a link, what names a file where a page is meant.
_MARKDOWN = re.compile(r"(?:(?<=/)|(?<![^/]))index\.md|\.md(?=#|$)")
LANGUAGES = {"js": "JavaScript", "json": "JSON", "python": "Python", "sh": "Shell"}


@dataclass(frozen=True)
class Heading:
    """A section of a page and where it begins."""

    anchor: str
    text: str


@dataclass(frozen=True)
class Page:
    """A rendered page: its title is no part of the body; ``links`` are those within the site."""

    title: str
    summary: str
    body: SafeString
    headings: tuple[Heading, ...]
    links: tuple[str, ...]


def page_of(text: str) -> Page:
    """Render a page that begins with its title; raises ValueError where it does not.

    Links to ``other.md`` become links to ``other``, to ``folder/index.md`` to ``folder/``.
    """
    tokens = _markdown.parse(text)
    if not tokens or tokens[0].tag != "h1":
        raise ValueError("A page begins with its title.")
    title, body = _text_of(tokens[1]), tokens[3:]
    headings = tuple(_name_headings(body))
    _name_boxes(body, title)
    _head_cells(body)
    links = tuple(_relink(body))
    summary = next((_text_of(token) for token in body if token.type == "inline"), "")
    html = _markdown.renderer.render(body, _markdown.options, {})
    return Page(title, summary, mark_safe(html), headings, links)  # noqa: S308 - html is off


def _text_of(inline: Token) -> str:
    """A line's words without their marks."""
    parts = [child.content or " " for child in inline.children or [] if not child.hidden]
    return " ".join("".join(parts).split())


def _inlines(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or []


def _name_headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Give each heading its id; yields those of the second level."""
    taken: set[str] = set()
    for at, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        text = _text_of(tokens[at + 1])
        name = slugify(text) or "section"
        anchor = next(
            one for n in count(1) if (one := f"{name}-{n}" if n > 1 else name) not in taken
        )
        taken.add(anchor)
        token.attrSet("id", anchor)
        if token.tag == "h2":
            yield Heading(anchor, text)


def _name_boxes(tokens: Sequence[Token], title: str) -> None:
    """Say what each box that scrolls by itself holds; no two of a page have the same name."""
    section, numbers = title, count(1)
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            section = _text_of(tokens[at + 1])
        elif token.type == "table_open":
            token.meta["label"] = f"Table {next(numbers)}: {section}"
        elif token.type == "fence":
            language = LANGUAGES.get(token.info, "Example")
            token.meta["label"] = f"{language} {next(numbers)}: {section}"


def _head_cells(tokens: Sequence[Token]) -> None:
    """The first row and the first column of a table are its headings."""
    is_first = False
    for token in tokens:
        if token.type == "tr_open":
            is_first = True
        elif token.type == "th_open":
            token.attrSet("scope", "col")
        elif token.type == "td_open" and is_first:
            token.tag = "th"
            token.attrSet("scope", "row")
        elif token.type == "td_close" and is_first:
            token.tag, is_first = "th", False


def _relink(tokens: Sequence[Token]) -> Iterator[str]:
    """Point links at pages instead of files; yields the links that stay within the site."""
    for token in _inlines(tokens):
        written = str(token.attrs.get("href", ""))
        if token.type != "link_open" or "://" in written:
            continue
        href = _MARKDOWN.sub("", written) or "./"
        token.attrSet("href", href)
        yield href


# --- What is drawn in another way than usual ---------------------------------------------
def _heading_open(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any
) -> str:
    token = tokens[at]
    opened = renderer.renderToken(tokens, at, options, env)
    return f'{opened}<a href="#{token.attrs["id"]}">'


def _heading_close(_: RendererHTML, tokens: Sequence[Token], at: int, *__: Any) -> str:
    return f"</a></{tokens[at].tag}>\n"


def _table_open(_: RendererHTML, tokens: Sequence[Token], at: int, *__: Any) -> str:
    label = tokens[at].meta["label"]
    return format_html(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table>', label
    )


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


def _fence(_: RendererHTML, tokens: Sequence[Token], at: int, *__: Any) -> str:
    token = tokens[at]
    return format_html(
        '<pre class="scroll" tabindex="0" role="region" aria-label="{}"><code>{}</code></pre>\n',
        token.meta["label"],
        token.content,
    )


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    rules: dict[str, Callable[..., str]] = {
        "heading_open": _heading_open,
        "heading_close": _heading_close,
        "table_open": _table_open,
        "table_close": _table_close,
        "fence": _fence,
    }
    for name, rule in rules.items():
        made.add_render_rule(name, rule)
    return made


_markdown = _made()
