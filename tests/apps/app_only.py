"""A module with `app` and no `application`: `app_only` alone must find it."""
from factory_app import app  # noqa: F401
