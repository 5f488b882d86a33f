"""A reporting library that was written for scripts: one process, one thread. Apps have to live with such libraries.

It is a singleton behind an unlocked door, it may be set up only once in a process, it brings its own Django settings and
database, and it renders one report at a time, for what a report needs lies in attributes of a class. In a server of many
processes and threads each of these manners breaks something; app.py shows the few lines that keep it safe.
"""
from __future__ import annotations

import os
import sys
import time
from typing import Any, Optional


class Reporting:
    """The library's one object."""

    _instance: Optional["Reporting"] = None
    is_setup = False

    def __new__(cls, *args: Any, **kwargs: Any) -> "Reporting":
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __init__(self, directory: str) -> None:
        self.session = object()  # each construction begins another session
        self.directory = directory
        os.environ["REPORTING_DIRECTORY"] = directory

    def setup(self) -> None:
        """To be called once in a process. It does not defend itself against two threads that come at the same time."""
        if Reporting.is_setup:
            raise RuntimeError("setup() can only be called once.")
        sys.path.append(self.directory)
        import django
        from django.conf import settings

        if not settings.configured:
            settings.configure(
                DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(self.directory, f"reports-{os.getpid()}.sqlite3")}},
                INSTALLED_APPS=["django.contrib.contenttypes"],
            )
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        note("set up")
        Reporting.is_setup = True

    @classmethod
    def get_instance(cls) -> "Reporting":
        if cls._instance is None:
            raise RuntimeError("there is no instance")
        return cls._instance

    @classmethod
    def ensure_setup(cls) -> None:
        if not cls.is_setup:
            raise RuntimeError("setup() has not been called")


class Report:
    """A report: its parts are kept in the class while it is rendered."""

    _title: Optional[str] = None
    _lines: list[str] = []

    def __init__(self, title: str) -> None:
        Reporting.ensure_setup()
        self.title = title

    def render(self, lines: int) -> str:
        Report._title, Report._lines = self.title, []
        for number in range(lines):
            time.sleep(0.001)  # a template engine at work
            Report._lines.append(f"{Report._title}: line {number}")
        from django.contrib.contenttypes.models import ContentType

        return "\n".join([f"# {Report._title}", *Report._lines, f"{ContentType.objects.count()} kinds of content"])


def note(event: str) -> None:
    """Tells a test what happened, where."""
    path = os.environ.get("REPORTING_LEDGER")
    if path:
        with open(path, "a", encoding="utf-8") as ledger:
            ledger.write(f"{event} {os.getpid()}\n")
