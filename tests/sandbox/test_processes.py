import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import psutil
import pytest

from sandbox import processes
from tests.sandbox.postgres.conftest import is_alive
from tests.waiting import until_sync

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")


@contextlib.contextmanager
def python(script: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


@linux
@pytest.mark.processes
def test_a_child_dies_with_its_killed_parent() -> None:
    with python(
        "import signal, subprocess\n"
        "from sandbox.processes import dies_with_parent\n"
        "child = subprocess.Popen(['sleep', '60'], preexec_fn=dies_with_parent(signal.SIGTERM))\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))

        parent.kill()

        until_sync(lambda: not is_alive(child), within=5)


@linux
@pytest.mark.processes
def test_a_child_whose_parent_died_before_it_could_listen_ends_by_itself() -> None:
    with python(
        "import os, signal, subprocess\n"
        "from sandbox.processes import dies_with_parent\n"
        "watch_parent = dies_with_parent(signal.SIGTERM)\n"
        "if os.fork() == 0:\n"  # the parent of its child is not the process that called
        "    os._exit(40 + subprocess.Popen(['sleep', '10'], preexec_fn=watch_parent).wait(5))\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))\n"
    ) as grandparent:
        assert grandparent.wait(timeout=10) == 41


def test_the_promise_is_refused_off_the_main_thread() -> None:
    refused: list[str] = []

    def ask() -> None:
        try:
            processes.dies_with_parent(signal.SIGTERM)
        except RuntimeError as error:
            refused.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()

    assert ["main thread" in reason for reason in refused] == [True]


@pytest.mark.processes
def test_a_child_that_ignores_every_signal_is_killed() -> None:
    with python(
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\n"
        "signal.sigwait([signal.SIGUSR1])\n"
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()

        assert processes.stop(child, (signal.SIGINT, 0.05), (signal.SIGINT, 0.05)) == -signal.SIGKILL


@pytest.mark.processes
def test_a_polite_child_gets_the_first_signal_only() -> None:
    with subprocess.Popen(["sleep", "600"]) as child:
        assert processes.stop(child, (signal.SIGTERM, 5), (signal.SIGQUIT, 5)) == -signal.SIGTERM
        assert processes.stop(child, (signal.SIGTERM, 5)) == -signal.SIGTERM  # a second stop only returns the status
