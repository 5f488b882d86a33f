"""A wiki in Pyramid, put together by Paste Deploy."""
