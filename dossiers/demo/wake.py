"""The first thing a fresh process of the demo does. Imports no model: Django is not set up before."""

import django
from django.db import connection


def wake(database: str) -> None:
    """Set Django up on the database of the process that asked."""
    django.setup()
    connection.settings_dict["NAME"] = database
