"""Shapes of the pages of webhooks."""

from __future__ import annotations

from django import forms

from core.errors import DomainError
from notifications.event_types import TYPES
from notifications.target_urls import LONGEST
from notifications.targets import LONGEST_DESCRIPTION


class WebhookForm(forms.Form):
    """An address, and what it is told of."""

    url = forms.CharField(
        max_length=LONGEST,
        label="Address",
        help_text="A public https:// address of yours that takes POST requests.",
        widget=forms.URLInput(
            attrs={"autocomplete": "off", "placeholder": "https://example.com/hooks"}
        ),
    )
    description = forms.CharField(
        max_length=LONGEST_DESCRIPTION,
        required=False,
        help_text="What it is for.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    types = forms.MultipleChoiceField(
        choices=[(name, name) for name in TYPES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Told of",
        help_text="Choose none to be told of everything.",
    )

    def refuse(self, error: DomainError) -> None:
        """Show what a verb found wrong at its field, or above all of them."""
        shown = {name: words for name, words in error.fields.items() if name in self.fields}
        for name, words in shown.items():
            self.add_error(name, words[0])
        if not shown:
            self.add_error(None, error.message)
