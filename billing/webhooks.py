"""What Stripe delivers: checked, stored once, answered at once, processed after."""
