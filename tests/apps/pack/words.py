"""What pack.wsgi imports relatively."""

WORD = b"pack\n"
