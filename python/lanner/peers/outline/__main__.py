"""Refuses an interpreter that is too old, then hands over. Kept to syntax that every Python 3 reads."""
import sys

if sys.version_info < (3, 9):
    sys.stdout.write(
        '{"problem": {"what": "Python %d.%d is too old: Lanner needs CPython 3.9 or later"}, "statements": []}'
        % (sys.version_info[0], sys.version_info[1])
    )
    sys.exit(0)

if __name__ == "__main__":
    import importlib
    import os

    # The package stands alone here: its parent, the package lanner, is not imported.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.append(os.path.dirname(here))
    importlib.import_module(os.path.basename(here) + ".document").main(sys.argv[1:])
