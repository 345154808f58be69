import pytest
from django.test import RequestFactory
from pytest_django import Settings

from accounts.addresses import UNKNOWN, attempted_email, client_address


def _address(remote: str, forwarded: str | None = None) -> str:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers))


def test_a_forwarded_header_from_a_stranger_counts_for_nothing(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    assert _address("203.0.113.9", "198.51.100.1") == "203.0.113.9"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, 10.0.0.7", "198.51.100.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("not an address", "10.0.0.2"),
        (None, "10.0.0.2"),
    ],
)
def test_behind_our_proxies_the_first_hop_that_is_not_ours_is_the_client(
    settings: Settings, forwarded: str | None, client: str
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert _address("10.0.0.2", forwarded) == client


def test_a_unix_socket_has_a_stand_in_address(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    assert _address("") == UNKNOWN


def test_an_attempt_is_counted_for_the_address_in_lower_case() -> None:
    request = RequestFactory().post("/")
    assert attempted_email(request, {"email": " Ada@Studio.Example "}) == "ada@studio.example"
    assert attempted_email(request, {"username": "ada@studio.example"}) == "ada@studio.example"
    assert attempted_email(request) == ""
