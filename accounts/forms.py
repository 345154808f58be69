"""Shapes of the account pages."""

from django import forms

from accounts.models import ApiKey, User
from accounts.scopes import DEFAULT_SCOPES, SCOPES
from core.money import Microcredits, from_number


class PreferencesForm(forms.ModelForm):
    """Name and how things are shown."""

    class Meta:
        model = User
        fields = ("name", "units", "locale", "theme", "may_fall_back")
        labels = {
            "locale": "Dates and figures",
            "theme": "Colours",
            "may_fall_back": "Ask another AI service while the usual one is down",
        }
        help_texts = {
            "name": "Stands as “Drawn by” in your packs.",
            "units": "For new products; a pack never mixes units.",
            "may_fall_back": "Otherwise a step is refused, and nothing is charged, until it is "
            "back. Photos go to whoever answers.",
        }
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class KeyTermsForm(forms.Form):
    """What can be changed of a key later: its name, its cap, how its chats are refused."""

    name = forms.CharField(
        max_length=100,
        help_text="Where it will be used, as in “pack exporter”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    monthly_cap = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=15,
        decimal_places=6,
        label="Most credits a month",
        help_text="Leave empty to be limited by the balance alone.",
    )
    credit_policy = forms.ChoiceField(
        choices=ApiKey.CreditPolicy.choices,
        initial=ApiKey.CreditPolicy.STRICT,
        label="When the credits do not cover a chat",
        help_text="A request can say otherwise by credit_policy.",
    )

    def clean_monthly_cap(self) -> Microcredits | None:
        """Credits → µcr."""
        credits = self.cleaned_data["monthly_cap"]
        return None if credits is None else from_number(credits)


class KeyForm(KeyTermsForm):
    """What a new key is called and may do."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, words) for scope, words in SCOPES.items()],
        initial=list(DEFAULT_SCOPES),
        widget=forms.CheckboxSelectMultiple,
        label="What it may do",
    )
    field_order = ("name", "scopes")
