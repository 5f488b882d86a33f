"""When a timer, a cron line or a watched file is due. No threads and no clock of its own: both come from outside."""
from __future__ import annotations

import os
import time
from typing import Callable, Optional

LOOK_EVERY = 1.0  # seconds between two looks at a watched file
LATE = 0.01  # after the minute has begun: the kernel's coarse clock, which time.strftime reads, must show it too


class Timer:
    """Due every ``period`` seconds, ``times`` times (0: for ever). Times that were missed are not made up for."""

    def __init__(self, signal: int, period: float, times: int = 0) -> None:
        if period <= 0:
            raise ValueError(f"a timer's period must be more than 0 seconds, not {period:g}")
        self.signal = signal
        self._period = period
        self._left = times or -1
        self.due: Optional[float] = None

    def start(self, now: float, wall: float) -> None:
        self.due = now + self._period

    def take(self, now: float, wall: float) -> bool:
        assert self.due is not None
        self._left -= 1
        if self._left == 0:
            self.due = None
        else:
            following = self.due + self._period
            self.due = following if following > now else now + self._period
        return True


class Cron:
    """Due at the beginning of each minute, local time, that fits. -1 is every, -N every N-th. When both a day of the
    month and a day of the week are given, either will do, as in crontab."""

    def __init__(self, signal: int, minute: int, hour: int, day: int, month: int, weekday: int) -> None:
        self.signal = signal
        self._minute, self._hour, self._day, self._month = minute, hour, day, month
        self._weekday = 0 if weekday == 7 else weekday  # Sunday is 0 or 7
        self._looked_at = -1
        self.due: Optional[float] = None

    def start(self, now: float, wall: float) -> None:
        self._looked_at = int(wall // 60)
        self.due = now + 60 - wall % 60 + LATE

    def take(self, now: float, wall: float) -> bool:
        minute = int(wall // 60)
        fits = minute != self._looked_at and self.fits(time.localtime(wall))
        self._looked_at = minute
        self.due = now + 60 - wall % 60 + LATE
        return fits

    def fits(self, when: time.struct_time) -> bool:
        day, weekday = _fits(self._day, when.tm_mday), _fits(self._weekday, (when.tm_wday + 1) % 7)
        either = self._day != -1 and self._weekday != -1
        return (
            _fits(self._minute, when.tm_min)
            and _fits(self._hour, when.tm_hour)
            and _fits(self._month, when.tm_mon)
            and (day or weekday if either else day and weekday)
        )


class FileMonitor:
    """Due when a file or a directory has changed, come or gone since the last look."""

    def __init__(self, signal: int, path: str) -> None:
        self.signal = signal
        self._path = path
        self._seen: object = None
        self.due: Optional[float] = None

    def start(self, now: float, wall: float) -> None:
        self._seen = self._look()
        self.due = now + LOOK_EVERY

    def take(self, now: float, wall: float) -> bool:
        before, self._seen = self._seen, self._look()
        self.due = now + LOOK_EVERY
        return before != self._seen

    def _look(self) -> object:
        try:
            status = os.stat(self._path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def _fits(wanted: int, value: int) -> bool:
    return wanted == -1 or (value % -wanted == 0 if wanted < 0 else value == wanted)


class Schedule:
    """What is due when, by the clocks given: one that only goes forward, and the calendar's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._wall = wall
        self._entries: list[Timer | Cron | FileMonitor] = []

    def add(self, entry: Timer | Cron | FileMonitor) -> None:
        entry.start(self._clock(), self._wall())
        self._entries.append(entry)

    def take(self) -> list[int]:
        """The signals that are due now."""
        now, wall = self._clock(), self._wall()
        due = [entry for entry in self._entries if entry.due is not None and entry.due <= now]
        signals = [entry.signal for entry in due if entry.take(now, wall)]
        self._entries = [entry for entry in self._entries if entry.due is not None]
        return signals

    def wait(self) -> Optional[float]:
        """Seconds until something is due; None when nothing ever is."""
        return max(0.0, min(e.due for e in self._entries if e.due is not None) - self._clock()) if self._entries else None
