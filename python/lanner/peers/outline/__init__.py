"""The outline of a Python file: what it gives to names, as far as that can be known without running it.

Started by itself (``python -I -S outline FILE MODULE CALLS``) it reads the source from standard input, prints one JSON
document and imports nothing but the standard library. ``lanner migrate`` reads other servers' configuration with it.
"""
