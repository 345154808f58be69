"""What a model writes is data: it is set, and can do nothing."""

from __future__ import annotations

import pytest

from assistant.markdown import html_of


@pytest.mark.parametrize(
    ("written", "forbidden"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<img src=x onerror=alert(1)>", "<img"),
        ("text <b onclick='x()'>bold</b>", "<b "),
        ("![a picture](https://evil.example/p.png)", "<img"),
        ("[a](javascript:alert(1))", "href"),
        ("[a](JaVaScRiPt:alert(1))", "href"),
        ("[a](data:text/html;base64,PHN2Zz4=)", "href"),
        ("[out](/account/logout)", "href"),
        ("[a]: javascript:alert(1)\n\n[a]", "href"),
        ("<javascript:alert(1)>", "href"),
        ('```"><script>\nx\n```', "<script"),
        ("| a |\n|--:|\n| <i>1</i> |", "<i>"),
        ("| a |\n|--:|\n| 1 |", "style="),
        ("&lt;script&gt;", "<script"),
    ],
)
def test_nothing_that_a_model_writes_becomes_markup_of_its_own(
    written: str, forbidden: str
) -> None:
    assert forbidden not in html_of(written, answer=1)


def test_links_lead_to_the_web_and_pass_nothing_on() -> None:
    html = html_of('[a](https://a.example/?q="><b> "t") <mailto:b@b.example>', answer=1)
    assert (
        html.count('rel="nofollow noopener noreferrer"')
        == html.count("<a ")
        == 1 + ("mailto:b@b.example" in html and 'href="mailto:b@b.example"' in html)
    )
    assert "<b>" not in html


def test_tables_and_code_scroll_in_boxes_with_names_of_their_own() -> None:
    html = html_of("| a | b |\n|---|--:|\n| 1 | 2 |\n\n```\ncode\n```", answer=7)
    assert (
        '<div class="scroll" tabindex="0" role="region" aria-label="Table 1 of answer 7">' in html
    )
    assert 'aria-label="Code 2 of answer 7"' in html
    assert '<th scope="col">a</th>' in html
    assert '<td class="num">2</td>' in html
    assert html.count("<div") == html.count("</div>")


def test_headings_take_their_place_below_the_panels_own() -> None:
    assert html_of("# One\n\n###### Six", answer=1) == "<h3>One</h3>\n<h3>Six</h3>\n"


@pytest.mark.parametrize("text", ["", "   ", "测量 **尺寸**", "Länge über alles: ½ ‰", "*" * 5000])
def test_any_text_is_set(text: str) -> None:
    assert isinstance(html_of(text, answer=1), str)
