"""Gunicorn's command line, configuration file and hooks."""
