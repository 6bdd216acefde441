"""One headless Chromium for many tests: to start one costs more than most of them, a new profile next to nothing."""

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
    "--no-sandbox",  # it cannot have one as root; it sees nothing but this machine's own pages
    "--no-startup-window",  # a window nobody looks at costs three times the rest
    "--no-first-run",
    "--remote-debugging-port=0",  # on 127.0.0.1 alone, which is its default
    # A window is never in front of all others here, and yet must go on as if it were.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-ipc-flooding-protection",
    # Nothing of it asks the network anything.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-features=OptimizationHints,MediaRouter,Translate,HttpsUpgrades",
    "--disable-breakpad",
    "--disable-dev-shm-usage",  # a container's is small
    "--password-store=basic",
    # Pictures are the same on every machine.
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--mute-audio",
    # A mouse, where there is none; the page shows some things only to who has one.
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
)


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Start this machine's own, and tell where it takes commands, as `ws://127.0.0.1:…`; it ends with us at the latest.

    Without one the test is skipped, or fails if ASKBRIDGE_REQUIRE_BROWSER=1. Nothing is downloaded.
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
                start_new_session=True,  # a Ctrl-C in the terminal ends the tests first
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


def _address(child: subprocess.Popen[bytes], told: Path, log: Path) -> str:
    """Where it listens, as soon as it has written that down."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not processes.ended(child, within=0.02):
        with contextlib.suppress(FileNotFoundError):
            if found := re.fullmatch(r"(\d+)\n(/devtools/browser/\S+)\s*", told.read_text()):
                return f"ws://127.0.0.1:{found[1]}{found[2]}"
    raise RuntimeError(f"Chromium did not start: {log.read_text(errors='replace')}")
