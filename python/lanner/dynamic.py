"""An app made anew from the live settings: one for each distinct configuration, built once in a process."""
from __future__ import annotations

import threading
import time
import traceback

from . import loading
from .frozen import thaw
from .live_settings import Snapshot, settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List, Optional

    App = Callable[..., Any]

KEPT = 4  # configurations whose apps are kept: requests of older versions may still run, and changes are taken back
RETRY_SECONDS = 5.0  # after which what could not be built is tried again


class _Build:
    """One configuration's app, or why there is none."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.ended = threading.Event()
        self.app: Optional[App] = None
        self.error: Optional[BaseException] = None
        self.retry_at = 0.0


class DynamicApp:
    """The WSGI callable that is served: hands each request to the app of the settings that it began with.

    Requests that need an app that is being built wait for it. Where it cannot be built they get the last good one, and
    the failure is told once.
    """

    def __init__(self, factory: Callable[[dict[str, Any]], App], tell: Callable[[str, str], None]) -> None:
        self._factory = factory
        self._tell = tell
        self._lock = threading.Lock()
        self._builds: List[_Build] = []  # the newest last
        self._good: Optional[App] = None
        self._ready: tuple[int, Optional[App]] = (-1, None)  # version and app of the last request

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        snapshot = settings.snapshot
        version, app = self._ready
        if app is None or version != snapshot.version:
            app = self.app_for(snapshot)
        return app(environ, start_response)

    def start(self) -> None:
        """Builds the app of the present settings; raises what the factory raises. From now on a change is built at once, before a request asks."""
        build = self._build(settings.current, wait=True)
        if build.error is not None:
            raise build.error
        settings.on_change(self.follow)

    def follow(self, snapshot: Snapshot) -> None:
        self._build(snapshot, wait=False)

    def app_for(self, snapshot: Snapshot) -> App:
        """The app of these settings, built when it is not there; the last good one when it cannot be."""
        build = self._build(snapshot, wait=True)
        if build.app is not None:
            self._ready = (snapshot.version, build.app)
            return build.app
        if self._good is None:
            assert build.error is not None
            raise build.error
        return self._good

    def _build(self, snapshot: Snapshot, wait: bool) -> _Build:
        text = snapshot.text
        with self._lock:
            build = next((known for known in self._builds if known.text == text), None)
            again = build is not None and build.error is not None and time.monotonic() >= build.retry_at
            mine = build is None or again
            if mine:
                if build is not None:
                    self._builds.remove(build)
                build = _Build(text)
                self._builds.append(build)
                del self._builds[:-KEPT]
        assert build is not None
        if mine:
            self._make(build, snapshot)
        elif wait:
            build.ended.wait()
        return build

    def _make(self, build: _Build, snapshot: Snapshot) -> None:
        try:
            app = self._factory(thaw(snapshot))
            if not callable(app):
                raise loading.LoadError(f"the app factory returned {type(app).__name__}, not an app")
            if loading.interface(app) == "asgi":
                raise loading.LoadError("the app factory returned an ASGI app, which this version does not serve yet")
            build.app = self._good = app
        except BaseException as error:
            build.error = error
            build.retry_at = time.monotonic() + RETRY_SECONDS
            if self._good is not None:
                message = traceback.format_exception_only(type(error), error)[-1].strip()
                self._tell(
                    f"no app could be made from version {snapshot.version} of the settings, the last good one serves on: {message}",
                    "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip(),
                )
        finally:
            build.ended.set()
