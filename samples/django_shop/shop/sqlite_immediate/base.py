"""The backend that Django loads for ENGINE = "shop.sqlite_immediate"."""
from pathlib import Path

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite whose transactions take the write lock at once, in a folder that is made when it is missing."""

    def get_new_connection(self, conn_params):
        """Make the folder of the database first."""
        name = str(conn_params["database"])
        if not name.startswith(("file:", ":")):
            Path(name).resolve().parent.mkdir(parents=True, exist_ok=True)
        return super().get_new_connection(conn_params)

    def _start_transaction_under_autocommit(self):
        self.cursor().execute("BEGIN IMMEDIATE")
