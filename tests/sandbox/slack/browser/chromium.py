"""One headless Chromium for many tests: starting it takes longer than most tests, a new profile almost no time."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import processes

REQUIRED = os.environ.get("ASKBRIDGE_REQUIRE_BROWSER") == "1"
READY_SECONDS = 60.0
_STOP_SECONDS = 10.0
_SWITCHES = (
    "--headless",
    "--no-sandbox",  # Chromium's sandbox does not work as root, and only pages of this machine are opened
    "--no-startup-window",  # the first window would take three times as long as the rest of the start
    "--no-first-run",
    "--remote-debugging-port=0",  # on 127.0.0.1 alone, which is its default
    # No window is in the foreground here, and yet its timers and rendering must not be throttled.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-ipc-flooding-protection",
    # No requests of Chromium's own to the network.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-features=OptimizationHints,MediaRouter,Translate,HttpsUpgrades",
    "--disable-breakpad",
    "--disable-dev-shm-usage",  # /dev/shm is small in a container
    "--password-store=basic",
    # The same pictures on every machine.
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--mute-audio",
    # Emulate a mouse on machines without one: the page shows some controls only with a pointer that can hover.
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
)


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Start this machine's Chromium; yields its address, `ws://127.0.0.1:…`. It ends with us at the latest.

    Without a Chromium the test is skipped, or fails if ASKBRIDGE_REQUIRE_BROWSER=1. Nothing is downloaded.
    """
    program = _program()
    with tempfile.TemporaryDirectory(prefix="askbridge-test-", ignore_cleanup_errors=True) as name:
        log, profile = Path(name, "log"), Path(name, "profile")
        with log.open("wb") as written:
            child = subprocess.Popen(
                [program, *_SWITCHES, f"--user-data-dir={profile}"],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,  # so that Ctrl-C in the terminal ends the tests first
                preexec_fn=processes.dies_with_parent(signal.SIGTERM),  # noqa: PLW1509  -- prepared before the fork
            )
        try:
            yield _address(child, profile / "DevToolsActivePort", log)
        finally:
            processes.stop(child, (signal.SIGTERM, _STOP_SECONDS))


def _program() -> str:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        reason = "THE PAGE IS NOT TESTED: there is no chromium on this machine"
        if REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    return program


def _address(child: subprocess.Popen[bytes], port_file: Path, log: Path) -> str:
    """Wait until Chromium has written its port and path into `port_file`; returns its address."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not processes.ended(child, within=0.02):
        with contextlib.suppress(FileNotFoundError):
            if found := re.fullmatch(r"(\d+)\n(/devtools/browser/\S+)\s*", port_file.read_text()):
                return f"ws://127.0.0.1:{found[1]}{found[2]}"
    raise RuntimeError(f"Chromium did not start: {log.read_text(errors='replace')}")
