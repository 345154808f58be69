"""What a model wrote, as HTML that can do nothing: its words are data.

No HTML of its own, no pictures, links only to the web and marked as not ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

LINKS = ("https://", "http://", "mailto:")
HEADING = "h3"  # below that of the panel


class Renderer(RendererHTML):
    """HTML whose wide parts scroll in a box of their own, each with a name."""

    def table_open(self, tokens: Sequence[Token], at: int, *rest: Any) -> str:
        """A table in its box."""
        return f"{self._box(tokens, at, 'Table', rest[-1])}<table>\n"

    def table_close(self, tokens: Sequence[Token], at: int, *rest: Any) -> str:
        """The end of both."""
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], at: int, *rest: Any) -> str:
        """The head of a column."""
        return f'<th scope="col"{_side(tokens[at])}>'

    def td_open(self, tokens: Sequence[Token], at: int, *rest: Any) -> str:
        """A cell."""
        return f"<td{_side(tokens[at])}>"

    def fence(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
        """A block of code in its box."""
        return (
            f"{self._box(tokens, at, 'Code', env)}{super().fence(tokens, at, options, env)}</div>\n"
        )

    def code_block(
        self, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
    ) -> str:
        """The same, indented instead of fenced."""
        code = super().code_block(tokens, at, options, env)
        return f"{self._box(tokens, at, 'Code', env)}{code}</div>\n"

    def heading_open(self, tokens: Sequence[Token], at: int, *rest: Any) -> str:
        """All headings are of one level, that of the page's outline."""
        return f"<{HEADING}>"

    def heading_close(self, tokens: Sequence[Token], at: int, *rest: Any) -> str:
        """The end of it."""
        return f"</{HEADING}>\n"

    def link_open(
        self, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
    ) -> str:
        """A link that passes nothing on."""
        tokens[at].attrSet("rel", "nofollow noopener noreferrer")
        return self.renderToken(tokens, at, options, env)

    def _box(self, tokens: Sequence[Token], at: int, what: str, env: Any) -> str:
        env["boxes"] = env.get("boxes", 0) + 1
        name = f"{what} {env['boxes']} of answer {env['answer']}"
        return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">'


def _side(cell: Token) -> str:
    """Figures stand at the right, by a class: the page allows no inline style."""
    return ' class="num"' if "right" in str(cell.attrGet("style") or "") else ""


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}, renderer_cls=Renderer)
    reader.enable(["table", "strikethrough"]).disable("image")
    reader.validateLink = lambda url: url.lower().startswith(LINKS)  # type: ignore[method-assign]
    return reader


_READER = _reader()


def html_of(text: str, *, answer: int) -> SafeString:
    """The Markdown as HTML; ``answer`` counts, so that its parts have names of their own."""
    return mark_safe(_READER.render(text, {"answer": answer}))  # noqa: S308 - html is off
