"""What a worker does for each step: fetch, ask, check, store."""
