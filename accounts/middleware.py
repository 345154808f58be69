"""What a person's preferences change in every page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation


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
