"""Makes imports end silently on Ctrl-C; imported first, so it imports nothing but the standard library."""

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def silently_interrupted() -> Iterator[None]:
    """During imports, which take half a second, Ctrl-C ends the process without a traceback."""
    replace = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not if ignored, as under nohup
    replace = replace and threading.current_thread() is threading.main_thread()  # only this thread may set handlers
    if replace:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    yield
    if replace:
        signal.signal(signal.SIGINT, signal.default_int_handler)
