import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User

PASSWORD = "harbour-crane-7"


@pytest.fixture(autouse=True)
def _no_counts_from_before() -> None:
    cache.clear()


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@studio.example", PASSWORD, name="Ada")


@pytest.fixture
def berta(db: None) -> User:
    return User.objects.create_user("berta@studio.example", PASSWORD)


@pytest.fixture
def browser_of_ada(ada: User) -> Client:
    client = Client()
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    return client
