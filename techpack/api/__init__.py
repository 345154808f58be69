"""The API of products and their packs."""
