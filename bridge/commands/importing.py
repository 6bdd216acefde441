"""Imports that a person may interrupt: imported before everything else, so it needs nothing itself."""

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def silently_interrupted() -> Iterator[None]:
    """While imports take their half second, Ctrl-C ends the process without a traceback through all of them."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # and not ignored, as behind nohup
    ours = ours and threading.current_thread() is threading.main_thread()  # no other may set it
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    yield
    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
