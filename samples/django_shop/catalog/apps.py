"""The app's registration."""
from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _write_ahead(using, **kwargs):
    """SQLite remembers this mode in the file: readers no longer wait for the writer."""
    from django.db import connections

    with connections[using].cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")


class CatalogConfig(AppConfig):
    """The catalog."""

    name = "catalog"

    def ready(self):
        """Set up the database file once it has its tables."""
        post_migrate.connect(_write_ahead, sender=self)
