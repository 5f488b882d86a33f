"""A package; the app is `pack.wsgi:application`."""
