"""What is chosen on the pages of the stand-in."""

from __future__ import annotations

from typing import Final

from django import forms

# The world's names of ways to pay, and what becomes of each.
OUTCOMES: Final = (
    ("good", "Card that pays"),
    ("declined", "Card that is declined"),
    ("insufficient_funds", "Card without enough money"),
    ("three_d_secure", "Card that asks for 3-D Secure"),
    ("fails_later", "Card that pays now and is declined at each renewal"),
    ("bank_account", "Bank debit: decided days later, on the switchboard"),
)
# With what renewals can be paid: nobody is there to be asked.
NEW_CARDS: Final = tuple(
    one for one in OUTCOMES if one[0] in ("good", "declined", "insufficient_funds", "fails_later")
)
COUNTRIES: Final = (
    ("", "Not said"),
    ("AU", "Australia"),
    ("CA", "Canada"),
    ("FR", "France"),
    ("DE", "Germany"),
    ("NL", "Netherlands"),
    ("NO", "Norway"),
    ("CH", "Switzerland"),
    ("GB", "United Kingdom"),
    ("US", "United States"),
)


class AddressForm(forms.Form):
    """For whom an invoice is made out."""

    name = forms.CharField(label="Name on invoices", max_length=120, required=False)
    country = forms.ChoiceField(label="Country", choices=COUNTRIES, required=False)
    tax_id = forms.CharField(label="VAT id of a business", max_length=40, required=False)


class PayForm(AddressForm):
    """A checkout."""

    card = forms.ChoiceField(
        label="Pay with", choices=OUTCOMES, initial="good", widget=forms.RadioSelect
    )

    field_order = ("name", "country", "tax_id", "card")


class NewCardForm(forms.Form):
    """The card with which renewals are paid, and what is due now."""

    card = forms.ChoiceField(
        label="Another card", choices=NEW_CARDS, initial="good", widget=forms.RadioSelect
    )


MODES: Final = (
    ("once", "Once"),
    ("twice", "Twice"),
    ("reordered", "In another order"),
    ("lost", "Not at all"),
)


class DeliveryForm(forms.Form):
    """How webhooks travel."""

    mode = forms.ChoiceField(label="Each is sent", choices=MODES, widget=forms.RadioSelect)
    late_s = forms.IntegerField(
        label="Late by, in seconds", min_value=0, max_value=7 * 24 * 3600, required=False
    )
