"""Filters of the core's pages."""
