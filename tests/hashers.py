"""Argon2 at its least: passwords of tests protect nothing."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """The product's algorithm with the smallest cost that it allows."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
