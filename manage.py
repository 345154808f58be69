#!/usr/bin/env python
"""Django's command line, beside the server or without it."""

import os
import sys

from django.core.management import execute_from_command_line

from deploy.embedded.runtime import use_embedded_services

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    use_embedded_services()
    execute_from_command_line(sys.argv)
