"""Shapes of what people type: a correction by hand, a floor."""

from __future__ import annotations

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from core.money import Microcredits, from_number, parse_credits


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


class FloorForm(forms.Form):
    """Under which balance the user wants to be warned; empty for none."""

    floor = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=15,
        decimal_places=6,
        label="Warn me below so many credits",
        help_text="Looked at after each charge. Leave empty to be warned by the shares alone.",
    )

    def clean_floor(self) -> Microcredits | None:
        """Credits → µcr."""
        credits = self.cleaned_data["floor"]
        return None if credits is None else from_number(credits)
