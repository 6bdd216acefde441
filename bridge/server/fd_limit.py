"""How many file descriptors this process may have, and how they are allotted: every open connection needs one."""

import contextlib
import resource
from dataclasses import dataclass

MOST = 65_536  # more are not asked for: as many waiting agents would need gigabytes
FEW = 4_096  # from here on nobody needs to be told of them
OURS = 400  # Slack 70, webhooks 58, files and metrics some dozen; and up to 128 that are accepted before one is judged
HELD = 0.75  # of the connections, that may belong to requests that stay open


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotment:
    """What a replica's descriptors may be used for."""

    number: int
    connections: int  # at the doors; the others are for the database, Slack, webhooks and files
    open_requests: int  # of these, for streams and for requests that wait


def raised() -> int:
    """Have as many descriptors as this process may give itself, at most MOST; how many that are.

    The usual 1,024 are a custom of programs that call select(), which is not done here.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # some systems have a bound beside it that they do not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(soft, MOST)


def allot(number: int, *, database: int) -> Allotment:
    """Share out so many descriptors, of which the database's connections need `database`."""
    connections = max(number - OURS - database, number // 2)
    return Allotment(number=number, connections=connections, open_requests=int(connections * HELD))
