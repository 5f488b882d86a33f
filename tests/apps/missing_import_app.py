"""Imports a module that does not exist: the fault lies inside the app, not in its name."""
import lanner_tests_no_such_module  # noqa: F401

application = None
