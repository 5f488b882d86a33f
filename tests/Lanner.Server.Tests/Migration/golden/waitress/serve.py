#!/usr/bin/env python3
import logging
import os
import sys

from shop import create_app
from waitress import serve

sys.path.insert(0, "/srv/common")
logging.basicConfig(level=logging.INFO)
os.environ["MODE"] = "production"
OPTIONS = {"threads": 6, "channel_timeout": 60, "url_scheme": "https"}


def main():
    port = int(os.environ.get("PORT", 8041))
    serve(
        create_app("production"),
        host="127.0.0.1",
        port=port,
        trusted_proxy=os.environ["PROXY"],
        url_prefix="/shop",
        **OPTIONS,
    )


if __name__ == "__main__":
    main()
