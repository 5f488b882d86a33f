"""Disturbs a server under load and proves that no request is lost and none executed twice."""
