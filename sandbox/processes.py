"""Child processes that never outlive their parent: a signal at the parent's death, and an orderly stop."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def dies_with_parent(farewell: signal.Signals) -> Callable[[], None] | None:
    """The `preexec_fn` with which the kernel sends the child `farewell` when this process dies, even by SIGKILL.

    Only Linux offers this (prctl(2), PR_SET_PDEATHSIG). Elsewhere the result is None, and the next start must look
    for a child that is still running. The kernel watches the *thread* that spawns the child, so a call outside the
    main thread raises RuntimeError. The setting is made in the child after `user=` took effect, because a change of
    uid clears it.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "A child that is to die with its parent must be spawned from the main thread: "
            "Linux watches the thread that spawned it, not the process."
        )
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork: the forked child must not take locks
    parent = os.getpid()

    def watch_parent() -> None:
        if prctl(_PR_SET_PDEATHSIG, int(farewell), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != parent:  # the parent died between fork and prctl, so no signal will ever come
            os._exit(1)

    return watch_parent


def stop(child: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> int:
    """Stop our own child; returns its exit status.

    Each step is a signal and the seconds to wait for the child's end; SIGKILL follows the last step. A child that
    has already ended is only reaped.
    """
    for number, seconds in steps:
        child.send_signal(number)  # reads the exit status first, so it never signals a reused pid
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    child.kill()
    return child.wait()


def ended(child: subprocess.Popen[bytes], *, within: float) -> bool:
    """Whether the child has ended; waits for its end for at most `within` seconds."""
    try:
        child.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True
