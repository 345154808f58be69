"""Stripe as far as the product uses it, in plain Python: objects, their API, webhooks, a clock."""

from .answering import Answer
from .cards import CARDS, Card
from .deliveries import Delivery, Switches
from .errors import Declined, Refused
from .seeding import ForSale
from .world import World, deliver_due, respond

__all__ = [
    "CARDS",
    "Answer",
    "Card",
    "Declined",
    "Delivery",
    "ForSale",
    "Refused",
    "Switches",
    "World",
    "deliver_due",
    "respond",
]
