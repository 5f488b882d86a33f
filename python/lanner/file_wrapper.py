"""``wsgi.file_wrapper``: files as answers."""
from __future__ import annotations

import io
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PAGE = 4096


class FileWrapper:
    """``wsgi.file_wrapper``: a file that the front end sends by itself when it has a descriptor, else an iterable of blocks."""

    def __init__(self, filelike: Any, blksize: int = 65536) -> None:
        self.filelike = filelike
        self.blksize = blksize
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self) -> "FileWrapper":
        return self

    def __next__(self) -> bytes:
        data: bytes = self.filelike.read(self.blksize)
        if data:
            return data
        raise StopIteration

    def rest(self) -> tuple[int, int, int] | None:
        """(descriptor, offset, bytes to the end) of a regular file, or None."""
        try:
            if isinstance(self.filelike, io.BufferedIOBase) and not isinstance(self.filelike, (io.BufferedReader, io.BufferedRandom)):
                return None  # gzip and its like: the descriptor is that of other bytes
            descriptor = self.filelike.fileno()
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return None
            if status.st_blocks == 0 and status.st_size <= _PAGE:
                return None  # perhaps of /proc or /sys, whose sizes are not true
            offset = self.filelike.tell()
            if not 0 <= offset < 1 << 62:
                return None
        except Exception:  # a file-like object may raise anything here, or lack the methods
            return None
        return descriptor, offset, max(0, status.st_size - offset)
