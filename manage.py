#!/usr/bin/env python
"""Django's command line, beside the server or without it."""

import os
import secrets
import sys

from django.core.management import execute_from_command_line

from deploy.embedded.runtime import use_embedded_services

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["model_server"]:
        # It has neither rows nor sessions: no database is started, and any secret will do.
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    else:
        use_embedded_services()
    execute_from_command_line(sys.argv)
