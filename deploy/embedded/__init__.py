"""The embedded services: PostgreSQL, Valkey and the supervisor that runs everything."""
