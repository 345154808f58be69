"""People and keys for support; keys are never made or changed here."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import ApiKey, User
from core.read_only import ReadOnly

# One way in: the site's own sign-in, with its throttling and its second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class NewUserForm(UserCreationForm):
    """Makes a user by e-mail address."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("email",)


@admin.register(User)
class PersonAdmin(UserAdmin, ModelAdmin):
    """Search by address; from a person to their credits."""

    form = UserChangeForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "is_active", "is_staff", "date_joined", "ledger_account")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name", "id")
    ordering = ("-date_joined",)
    readonly_fields = ("id", "date_joined", "last_login", "ledger_account")
    fieldsets = (
        (None, {"fields": ("id", "email", "password", "name")}),
        ("Preferences", {"fields": ("units", "locale", "theme")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Since", {"fields": ("date_joined", "last_login", "ledger_account")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)

    @admin.display(description="credits")
    def ledger_account(self, user: User) -> str:
        """A link to the person's ledger account, where there is one to see."""
        try:
            address = reverse("admin:credits_account_changelist")
        except NoReverseMatch:
            return "—"
        return format_html('<a href="{}?q={}">Ledger account</a>', address, user.email)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, ModelAdmin):
    """Keys as they are: read-only."""

    list_display = ("prefix", "name", "user", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("prefix", "name", "user__email")
    list_select_related = ("user",)
    exclude = ("key_hash",)
