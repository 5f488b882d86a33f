"""The project: settings, addresses, WSGI."""
