"""Raises the limit of file descriptors and allots them: every open connection needs one."""

import contextlib
import resource
from dataclasses import dataclass

MAX_DESCRIPTORS = 65_536  # the process requests no more: as many waiting agents would need gigabytes
FEW = 4_096  # below this number the startup log warns
RESERVED = 400  # Slack 70, webhooks 58, files and metrics a few dozen, and up to 128 accepted before one is limited
OPEN_REQUESTS_SHARE = 0.75  # of the connections, for requests that stay open


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotment:
    """How a replica divides its file descriptors."""

    number: int
    connections: int  # of clients; the other descriptors are for the database, Slack, webhooks and files
    open_requests: int  # of these, for streams and for requests that wait


def raised() -> int:
    """Raise the soft limit to the hard limit, at most MAX_DESCRIPTORS; returns the number of descriptors then allowed.

    The usual soft limit of 1,024 protects programs that call select(); this program does not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # some systems have another limit that they do not report
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_DESCRIPTORS if soft == resource.RLIM_INFINITY else min(soft, MAX_DESCRIPTORS)


def allot(number: int, *, database: int) -> Allotment:
    """Divide this number of descriptors, `database` of which the connections to the database need."""
    connections = max(number - RESERVED - database, number // 2)
    return Allotment(number=number, connections=connections, open_requests=int(connections * OPEN_REQUESTS_SHARE))
