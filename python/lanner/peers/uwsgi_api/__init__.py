"""What the modules ``uwsgi`` and ``uwsgidecorators`` are made of. Written from uWSGI's documentation."""
