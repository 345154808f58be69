"""Stripe as far as the product uses it, in plain Python: objects, their API, webhooks, a clock."""
