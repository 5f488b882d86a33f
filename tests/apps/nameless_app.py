"""A module with neither `application` nor `app`; the nearest name is `aplication`."""
from factory_app import application as aplication  # noqa: F401
