"""No migrations: where tests make an app's tables at once."""
