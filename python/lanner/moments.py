"""Durations and moments as the settings have them, and as Python does."""
from __future__ import annotations

import datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union

    When = Union[str, datetime.datetime]
    Duration = Union[str, int, float, datetime.timedelta]

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(value: Duration) -> float:
    """As the settings have durations: "30s", "5 m", "1h30m", or a number of seconds."""
    if isinstance(value, datetime.timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, str):
        import re

        parts = re.findall(r"([0-9.]+)([^0-9.]*)", value.strip())
        try:
            seconds = sum(float(number) * _UNITS[unit.strip()] for number, unit in parts)
        except (KeyError, ValueError):
            parts = []
        if not parts or "".join(number + unit for number, unit in parts) != value.strip():
            raise ValueError(f'"{value}" is no duration: write "30s", "5m", "1h30m", "1d" or a number of seconds')
    else:
        seconds = float(value)
    if not 0 <= seconds < 10**10:
        raise ValueError(f"{value!r} is no duration from now on")
    return seconds


def milliseconds(value: Duration) -> str:
    return f"{round(seconds(value) * 1000)}ms"


def moment(value: When) -> datetime.datetime:
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value[:-1] + "+00:00" if value.endswith("Z") else value)
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone: say at which clock it is meant, for example {value.isoformat()}+00:00")
    return value


def pause(moment: Optional[datetime.datetime], seconds: Optional[float]) -> float:
    if moment is not None:
        return (moment - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    return seconds or 0.0
