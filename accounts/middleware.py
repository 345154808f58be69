"""What holds of every page: its person's preferences, and that it is theirs alone."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.cache import add_never_cache_headers

from core.http import is_part


class PersonalLocale:
    """Dates and figures as the person wants them; strangers get LANGUAGE_CODE.

    The browser's language is not asked: our own words are in English, and a page must not
    mix them with another language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with translation.override(request.user.locale):
            return self.get_response(request)


class OwnPages:
    """A person's own pages are asked for anew each time, and are gone where they signed out.

    Going back would otherwise show what is past; or the part of a page that htmx asked for last,
    which has the page's address, in place of the page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if is_part(request) and _asks_to_sign_in(response):
            # The whole page is loaded again, and leads through the sign-in back to itself.
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and request.user.is_authenticated and "Cache-Control" not in response.headers:
            add_never_cache_headers(response)
        return response


def _asks_to_sign_in(response: HttpResponse) -> bool:
    if response.status_code not in (301, 302, 303):
        return False
    return urlsplit(response.headers["Location"]).path == resolve_url(settings.LOGIN_URL)
