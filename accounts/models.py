"""People, and the keys that act for them."""

from typing import Any, ClassVar

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import LowercaseEmailField
from core.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """Makes accounts; an address is all that identifies one."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Save a new user. Without a password the account opens by mail only."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Save a new user who may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account; signs in by e-mail address."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "Same as this device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Units(models.TextChoices):
        MM = "mm", "Millimetres"
        CM = "cm", "Centimetres"
        INCH = "in", "Inches, to 1/16"

    class Locale(models.TextChoices):
        EN_GB = "en-gb", "English (day first)"
        EN_US = "en-us", "English (month first)"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = LowercaseEmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.SYSTEM)
    units = models.CharField(max_length=2, choices=Units.choices, default=Units.CM)
    locale = models.CharField(max_length=12, choices=Locale.choices, default=Locale.EN_GB)
    # What the subscription says; billing writes it, credits decide by their own row.
    tier = models.CharField(max_length=16, default="free", editable=False)
    may_fall_back = models.BooleanField(
        "ask another AI service while the usual one is down", default=False
    )
    is_staff = models.BooleanField("may open the admin", default=False)
    is_active = models.BooleanField("may sign in", default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("-date_joined",)
        permissions = (("unlimited_operations", "Steps are included in the plan"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_is_lower_case",
            ),
        )

    def __str__(self) -> str:
        return self.email

    @property
    def display_name(self) -> str:
        """The person's name, or the part of the address before the @."""
        return self.name or self.email.partition("@")[0]

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class ApiKey(models.Model):
    """A bearer key. Only its hash is kept: the key itself is shown once, when made.

    `monthly_cap` is in microcredits a month of the credit account; null means that only the
    balance limits it. `credit_policy` is what chat requests do that do not say it themselves.
    """

    class CreditPolicy(models.TextChoices):
        STRICT = "strict", "Refuse what the balance does not cover"
        ADJUST = "adjust", "Shorten answers to what the balance covers"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=30))
    monthly_cap = models.BigIntegerField("monthly cap, µcr", null=True, blank=True)
    credit_policy = models.CharField(
        max_length=8, choices=CreditPolicy.choices, default=CreditPolicy.STRICT
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-id",)
        verbose_name = "API key"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(monthly_cap__isnull=True) | models.Q(monthly_cap__gte=0),
                name="apikey_cap_is_not_negative",
            ),
        )

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None
