from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Upper
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.price_list import in_words


@pytest.mark.django_db
def test_an_address_is_one_account_however_it_is_spelled() -> None:
    User.objects.create_user("Ada@Studio.Example", "harbour-crane-7")
    assert User.objects.get(email="ADA@studio.example").email == "ada@studio.example"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ada@STUDIO.example")


@pytest.mark.django_db
def test_the_database_itself_refuses_an_address_in_capitals(ada: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=ada.pk).update(email=Upper("email"))


@pytest.mark.django_db
def test_a_superuser_may_do_everything_in_the_admin() -> None:
    root = User.objects.create_superuser("root@studio.example", "harbour-crane-7")
    assert root.is_staff
    assert root.has_perm("accounts.change_user")


def test_a_user_needs_an_address() -> None:
    with pytest.raises(ValueError, match="address"):
        User.objects.create_user("")


@pytest.mark.django_db
def test_passwords_are_kept_as_argon2(ada: User) -> None:
    assert ada.password.startswith("argon2")


def test_prices_are_said_in_credits() -> None:
    assert in_words(0) == "Free"
    assert in_words(1_000_000) == "1 credit"
    assert in_words(600_000) == "0.60 credits"
    assert in_words(3_000_000) == "3 credits"


@given(st.integers(min_value=1, max_value=10**12))
def test_a_price_in_words_loses_nothing(amount: int) -> None:
    assert Decimal(in_words(amount).split()[0]) * 1_000_000 == amount
