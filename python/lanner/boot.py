"""The script that starts a template, or reads Gunicorn's configuration: refuses an interpreter that is too old, then hands over.

Kept to syntax that every Python since 2.7 reads, so that the refusal is a sentence and not a SyntaxError.
"""
import sys

if sys.version_info < (3, 9):
    sys.stderr.write(
        "Python %d.%d at %s is too old: Lanner needs CPython 3.9 or later\n"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
    sys.exit(90)

if __name__ == "__main__":
    import os

    # A script's own folder leads sys.path. The package's parent takes its place until this package is loaded, for the app's
    # environment may have one of another version; then it goes to the end, where it is in nobody's way.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    sys.path.insert(0, os.path.dirname(here))
    import lanner

    sys.path.append(sys.path.pop(0))
    if sys.argv[1:2] == ["gunicorn"]:
        from lanner.peers.gunicorn import reading

        reading.main(sys.argv[2:])
    else:
        from lanner import template

        template.main()
