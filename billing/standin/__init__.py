"""The stand-in for Stripe on a developer's machine."""
