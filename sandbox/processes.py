"""Children that never outlive us: how they are told that we died, and how they are stopped."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def dies_with_parent(farewell: signal.Signals) -> Callable[[], None] | None:
    """What to pass as `preexec_fn`: the kernel then sends the child `farewell` when we die, even by SIGKILL.

    Only Linux can do this; elsewhere the answer is None and the child must be looked for at the next start.
    The promise is tied to the *thread* that spawns, so it is given to the main thread only. It is made in
    the child after `user=` took effect, because a change of uid would clear it.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "A child that is to die with its parent must be spawned from the main thread: "
            "Linux watches the thread that spawned it, not the process."
        )
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork: the child may not take locks
    parent = os.getpid()

    def watch_parent() -> None:
        if prctl(_PR_SET_PDEATHSIG, int(farewell), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != parent:  # it died between fork and prctl: no signal will ever come
            os._exit(1)

    return watch_parent


def stop(child: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> int:
    """End our own child: each step is a signal and the seconds it is given; the last resort is SIGKILL.

    Returns the exit status. A child that is gone already is only reaped.
    """
    for farewell, patience in steps:
        child.send_signal(farewell)  # asks for the exit status first, so it never hits a reused pid
        try:
            return child.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    child.kill()
    return child.wait()


def ended(child: subprocess.Popen[bytes], *, within: float) -> bool:
    """Whether the child is gone, known as soon as it is and at the latest after so many seconds."""
    try:
        child.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True
