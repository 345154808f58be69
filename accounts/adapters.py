"""Where allauth asks us."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.addresses import client_address


class AccountAdapter(DefaultAccountAdapter):
    """Counts attempts by the address that our proxies vouch for."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)
