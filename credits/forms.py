"""The shape of a correction by hand."""

from __future__ import annotations

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from core.money import Microcredits, parse_credits


class AdjustForm(forms.Form):
    """So many credits up or down, and why; the key makes a double click harmless."""

    amount = forms.CharField(
        max_length=24,
        help_text="Credits, as in 5 or -2.25",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        max_length=300,
        help_text="The user reads this on their statement",
        widget=UnfoldAdminTextInputWidget(),
    )
    key = forms.UUIDField(widget=forms.HiddenInput())

    def clean_amount(self) -> Microcredits:
        """The amount in µcr, not 0."""
        try:
            amount = parse_credits(self.cleaned_data["amount"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if amount == 0:
            raise forms.ValidationError("Adjust by more than 0 credits.")
        return amount
