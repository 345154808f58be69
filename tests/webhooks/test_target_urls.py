"""Which addresses are taken, as far as the address itself tells."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.addresses import is_public
from notifications.target_urls import INSIDE, url_fault


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/",
        "https://hooks.example.com/a/b?c=d&e=%20",
        "https://example.com:8443/x",
        "https://xn--bcher-kva.example/x",
        "https://bücher.example/é",
        "https://my_hooks.example.com/",
        "https://93.184.215.14/x",
        "https://[2606:4700::1111]/x",
    ],
)
def test_public_https_addresses_are_taken(url: str) -> None:
    assert url_fault(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/",
        "https://LOCALHOST/",
        "https://app.localhost/",
        "https://db.internal/",
        "https://printer.local/",
        "https://nas.home.arpa/",
        "https://127.0.0.1/",
        "https://127.0.0.1:8443/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://168.63.129.16/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fd00:ec2::254]/",
        "https://１２７.0.0.1/",
    ],
)
def test_addresses_inside_are_refused(url: str) -> None:
    assert url_fault(url) == INSIDE


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hooks",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "https://example/",
        "https://example.com./",
        "https://-a.example.com/",
        "https://a..example.com/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://017700000001/",
        "https://1.2.3.4.5/",
        "https://%31%32%37.0.0.1/",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com\\@127.0.0.1/",
        "https://127.0.0.1\\.example.com/",
        "https://example.com:22/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com/a b",
        "https://example.com/\r\nX: 1",
        "https://example.com/#part",
        "https://[::1/",
        "https://" + "a" * 300 + ".example/",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    assert url_fault(url)


@given(st.text() | st.text().map("https://".__add__))
def test_any_text_is_answered_in_words(text: str) -> None:
    assert isinstance(url_fault(text), str)


@given(st.ip_addresses())
def test_an_ip_address_is_taken_only_if_it_is_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    assert url_fault(f"https://{host}/") == ("" if is_public(address) else INSIDE)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "0x{:x}", "0{:o}"]))
def test_no_number_passes_for_a_name(number: int, spelling: str) -> None:
    assert url_fault(f"https://{spelling.format(number)}/")
