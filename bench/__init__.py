"""Measurements. ``bench/NAME.py`` has ``main(argv)``, prints a table, then one line of JSON."""
