"""Ports on 127.0.0.1: a given one, that of the last start, or any free one."""

import errno
import socket
from collections.abc import Callable, Iterable

from sandbox.children import ChildFailed
from sandbox.postgres.cluster import free_port


def check(option: str, port: int) -> None:
    """Raise ChildFailed, which names the command's option, if nothing can listen on this port."""
    if (error := _error(port)) is not None:
        why = "already in use" if error.errno == errno.EADDRINUSE else f"not to be had ({error.strerror})"
        raise ChildFailed(
            f"Port {port} is {why}. Choose another {option}, or leave it out: any free one is taken then."
        )


class Again:
    """Gives out the ports of the last start, each to one server at most, and none of the `given` ones."""

    def __init__(self, given: Iterable[int]) -> None:
        self._taken = {*given}

    def port(self, last: int) -> int:
        """This port if nothing listens on it and no server has it yet; else 0, which means any free one."""
        if last in self._taken or _error(last) is not None:
            return 0
        self._taken |= {last} - {0}
        return last


def again_or_free(port: int) -> Callable[[], int]:
    """Returns, when called, this port once if it is free then, and a free one after that."""
    first = [port]
    return lambda: (Again([]).port(first.pop()) if first else 0) or free_port()


def moved(name: str, before: int, now: int) -> str:
    """A sentence that says that something has another port than at the last start."""
    return (
        f"Port {before} of the last start is in use by another program: from now on {name} has port {now}. "
        "What uses the old address must be changed."
    )


def _error(port: int) -> OSError | None:
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
            probe.bind(("127.0.0.1", port))
    except OSError as error:
        return error
    return None
